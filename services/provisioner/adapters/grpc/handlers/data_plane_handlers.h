#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/api_gate.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/adapters/grpc/handlers/satellite_signer.h"
#include "services/provisioner/app/data_plane_commands.h"
#include "services/provisioner/app/queries.h"
#include "sluice/provisioner/v1/data_plane_service.pb.h"

namespace sluice::provisioner {

struct DataPlaneHandlerParts {
  DataPlaneCommands& commands;
  Queries& queries;
  Authorizer& access;
  ApiGate& gate;
  const rpc::TokenSealer& pages;
  const SatelliteSigner& signer;
  // Told to a satellite that enrols: where the control-plane Kafka is.
  std::string bus_bootstrap_servers;
};

// DataPlaneService. Thread-safe.
class DataPlaneHandlers {
 public:
  explicit DataPlaneHandlers(DataPlaneHandlerParts parts) : parts_(std::move(parts)) {}

  rpc::ServiceMethods Methods();

 private:
  using Empty = google::protobuf::Empty;

  absl::StatusOr<v1::RegisterDataPlaneResponse> Register(const rpc::Call&, const v1::RegisterDataPlaneRequest&);
  absl::StatusOr<v1::DataPlane> Get(const rpc::Call&, const v1::GetDataPlaneRequest&);
  absl::StatusOr<v1::ListDataPlanesResponse> List(const rpc::Call&, const v1::ListDataPlanesRequest&);
  absl::StatusOr<v1::DataPlane> Update(const rpc::Call&, const v1::UpdateDataPlaneRequest&);
  absl::StatusOr<v1::CreateEnrolmentTokenResponse> CreateToken(const rpc::Call&,
                                                               const v1::CreateEnrolmentTokenRequest&);
  absl::StatusOr<Empty> Delete(const rpc::Call&, const v1::DeleteDataPlaneRequest&);
  absl::StatusOr<v1::EnrolSatelliteResponse> Enrol(const rpc::Call&, const v1::EnrolSatelliteRequest&);
  absl::StatusOr<v1::EnrolSatelliteResponse> Renew(const rpc::Call&, const v1::RenewSatelliteRequest&);

  absl::Status Allow(const rpc::Call& call, const std::string& name, std::string_view field);
  absl::StatusOr<v1::EnrolSatelliteResponse> TryEnrol(const rpc::Call&, const v1::EnrolSatelliteRequest&);
  absl::StatusOr<v1::EnrolSatelliteResponse> TryRenew(const rpc::Call&, const v1::RenewSatelliteRequest&);
  v1::EnrolSatelliteResponse Answer(const DataPlane& data_plane, const SatelliteCertificate& certificate) const;

  DataPlaneHandlerParts parts_;
};

}  // namespace sluice::provisioner
