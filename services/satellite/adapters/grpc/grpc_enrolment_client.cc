#include "services/satellite/adapters/grpc/grpc_enrolment_client.h"

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::satellite {
namespace {

using provisioner::v1::EnrolSatelliteRequest;
using provisioner::v1::EnrolSatelliteResponse;
using provisioner::v1::RenewSatelliteRequest;

constexpr std::string_view kCollection = "dataPlanes/";

absl::StatusOr<EnrolmentGrant> ToGrant(const EnrolSatelliteResponse& response) {
  const std::string_view name = response.data_plane();
  if (!name.starts_with(kCollection) || response.certificate_pem().empty() || response.ca_certificate_pem().empty() ||
      response.bus_bootstrap_servers().empty()) {
    return MakeError(absl::StatusCode::kInternal, "the control plane's answer to the enrolment is not complete",
                     {.reason = "ENROLMENT_INCOMPLETE", .remedy = "Check the versions of satellite and provisioner."});
  }
  return EnrolmentGrant{.data_plane = std::string(name.substr(kCollection.size())),
                        .certificate_pem = response.certificate_pem(),
                        .ca_certificate_pem = response.ca_certificate_pem(),
                        .bus_bootstrap_servers = response.bus_bootstrap_servers()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<EnrolmentClient>> GrpcEnrolmentClient::Connect(const std::string& endpoint,
                                                                              const std::string& ca_file,
                                                                              const std::string& version) {
  ASSIGN_OR_RETURN(auto client, rpc::Client::Connect({.endpoint = endpoint,
                                                      .ca_file = ca_file,
                                                      .timeout = absl::Seconds(10),
                                                      .user_agent = "sluice-satellite/" + version}));
  return std::unique_ptr<EnrolmentClient>(new GrpcEnrolmentClient(std::move(client), version));
}

absl::StatusOr<EnrolmentGrant> GrpcEnrolmentClient::Enrol(const EnrolmentRequest& request) {
  EnrolSatelliteRequest message;
  message.set_enrolment_token(request.token);
  message.set_certificate_request_pem(request.certificate_request_pem);
  message.set_sealing_public_key(request.sealing_public_key);
  message.set_satellite_version(version_);
  // The token is used up by a call whose answer is lost: the caller decides about a repeat.
  ASSIGN_OR_RETURN(const auto response,
                   client_->Call<EnrolSatelliteResponse>(message, {.max_attempts = 1},
                                                         [&](auto* context, const auto& in, auto* out) {
                                                           return stub_->EnrolSatellite(context, in, out);
                                                         }));
  return ToGrant(response);
}

absl::StatusOr<EnrolmentGrant> GrpcEnrolmentClient::Renew(const RenewalRequest& request) {
  RenewSatelliteRequest message;
  message.set_data_plane(std::string(kCollection) + request.data_plane);
  message.set_current_certificate_pem(request.current_certificate_pem);
  message.set_certificate_request_pem(request.certificate_request_pem);
  message.set_sealing_public_key(request.sealing_public_key);
  message.set_signature(request.signature);
  ASSIGN_OR_RETURN(const auto response,
                   client_->Call<EnrolSatelliteResponse>(message, {}, [&](auto* context, const auto& in, auto* out) {
                     return stub_->RenewSatellite(context, in, out);
                   }));
  return ToGrant(response);
}

}  // namespace sluice::satellite
