#pragma once

#include <memory>
#include <string>

#include "libs/grpc/client/client.h"
#include "services/satellite/ports/enrolment_client.h"
#include "sluice/provisioner/v1/data_plane_service.grpc.pb.h"

namespace sluice::satellite {

// EnrolSatellite and RenewSatellite over TLS, without a bearer key: the token, or the signature, is the proof.
class GrpcEnrolmentClient final : public EnrolmentClient {
 public:
  // `endpoint` is host:port, `ca_file` the PEM of the API's CA. Does not connect yet.
  static absl::StatusOr<std::unique_ptr<EnrolmentClient>> Connect(const std::string& endpoint,
                                                                  const std::string& ca_file,
                                                                  const std::string& version);

  absl::StatusOr<EnrolmentGrant> Enrol(const EnrolmentRequest& request) override;
  absl::StatusOr<EnrolmentGrant> Renew(const RenewalRequest& request) override;

 private:
  GrpcEnrolmentClient(std::unique_ptr<rpc::Client> client, std::string version)
      : client_(std::move(client)),
        version_(std::move(version)),
        stub_(provisioner::v1::DataPlaneService::NewStub(client_->channel())) {}

  const std::unique_ptr<rpc::Client> client_;
  const std::string version_;
  const std::unique_ptr<provisioner::v1::DataPlaneService::Stub> stub_;
};

}  // namespace sluice::satellite
