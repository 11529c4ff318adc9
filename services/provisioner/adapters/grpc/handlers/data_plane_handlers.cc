#include "services/provisioner/adapters/grpc/handlers/data_plane_handlers.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/grpc/request/update_mask.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/adapters/records/proto_values.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {
namespace {

constexpr std::size_t kSealingKeyBytes = 32;

absl::Status CheckSealingKey(const std::string& key, bool required) {
  if (key.size() == kSealingKeyBytes || (key.empty() && !required)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "sealing_public_key has not 32 bytes",
                   {.reason = "INVALID_FIELD", .field = "sealing_public_key", .remedy = "send an X25519 public key"});
}

bool IsStrangersFault(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnauthenticated || status.code() == absl::StatusCode::kPermissionDenied;
}

}  // namespace

using rpc::Call;

rpc::ServiceMethods DataPlaneHandlers::Methods() {
  constexpr std::string_view s = "sluice.provisioner.v1.DataPlaneService";
  using H = DataPlaneHandlers;
  return {std::string(s),
          {
              BindMethod(s, "RegisterDataPlane", this, &H::Register),
              BindMethod(s, "GetDataPlane", this, &H::Get),
              BindMethod(s, "ListDataPlanes", this, &H::List),
              BindMethod(s, "UpdateDataPlane", this, &H::Update),
              BindMethod(s, "CreateEnrolmentToken", this, &H::CreateToken),
              BindMethod(s, "DeleteDataPlane", this, &H::Delete),
              BindMethod(s, "EnrolSatellite", this, &H::Enrol, {.open = true}),
              BindMethod(s, "RenewSatellite", this, &H::Renew, {.open = true}),
          }};
}

absl::Status DataPlaneHandlers::Allow(const Call& call, const std::string& name, std::string_view field) {
  RETURN_IF_ERROR(parts_.access.Allow(call, {}, name));
  return ResourcePath::Parse(name, {"dataPlanes"}, field).status();
}

absl::StatusOr<v1::RegisterDataPlaneResponse> DataPlaneHandlers::Register(const Call& call,
                                                                          const v1::RegisterDataPlaneRequest& request) {
  RETURN_IF_ERROR(parts_.access.Allow(call, {}, "dataPlanes/" + request.data_plane_id()));
  ASSIGN_OR_RETURN(DataPlaneWish wish, WishOf(request.data_plane(), TypeRule::kRequired));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const RegisteredDataPlane registered,
                   parts_.commands.Register(caller, {.id = request.data_plane_id(), .wish = std::move(wish)}));
  v1::RegisterDataPlaneResponse response;
  *response.mutable_data_plane() = records::ToApi(registered.data_plane);
  response.set_enrolment_token(registered.enrolment_token);
  records::Put(registered.enrolment_token_expire_time, response.mutable_enrolment_token_expire_time());
  return response;
}

absl::StatusOr<v1::DataPlane> DataPlaneHandlers::Get(const Call& call, const v1::GetDataPlaneRequest& request) {
  RETURN_IF_ERROR(Allow(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const DataPlaneView view, parts_.queries.GetDataPlane(request.name()));
  return records::ToApi(view);
}

absl::StatusOr<v1::ListDataPlanesResponse> DataPlaneHandlers::List(const Call& call,
                                                                   const v1::ListDataPlanesRequest& request) {
  RETURN_IF_ERROR(parts_.access.Allow(call, {}, "dataPlanes"));
  const PageBinding binding(parts_.pages, {call.method});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, parts_.queries.ListDataPlanes(page));
  v1::ListDataPlanesResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_data_planes(),
      [](const DataPlaneView& view) { return std::optional(records::ToApi(view)); },
      [](const DataPlaneView& view) { return PositionByName(view.data_plane.meta); })));
  return response;
}

absl::StatusOr<v1::DataPlane> DataPlaneHandlers::Update(const Call& call, const v1::UpdateDataPlaneRequest& request) {
  const v1::DataPlane& data_plane = request.data_plane();
  RETURN_IF_ERROR(Allow(call, data_plane.name(), "data_plane.name"));
  ASSIGN_OR_RETURN(auto mask,
                   rpc::CheckUpdateMask(request.update_mask(), {"display_name", "labels", "warm_cells", "max_brokers",
                                                                "max_logical_clusters_per_cell"}));
  ASSIGN_OR_RETURN(DataPlaneWish wish, WishOf(data_plane, TypeRule::kIgnored));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const DataPlane updated, parts_.commands.Update(caller, {.name = data_plane.name(),
                                                                            .etag = data_plane.etag(),
                                                                            .wish = std::move(wish),
                                                                            .update_mask = std::move(mask)}));
  return records::ToApi(updated);
}

absl::StatusOr<v1::CreateEnrolmentTokenResponse> DataPlaneHandlers::CreateToken(
    const Call& call, const v1::CreateEnrolmentTokenRequest& request) {
  RETURN_IF_ERROR(Allow(call, request.data_plane(), "data_plane"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const RegisteredDataPlane registered,
                   parts_.commands.CreateEnrolmentToken(caller, request.data_plane()));
  v1::CreateEnrolmentTokenResponse response;
  response.set_enrolment_token(registered.enrolment_token);
  records::Put(registered.enrolment_token_expire_time, response.mutable_expire_time());
  return response;
}

absl::StatusOr<google::protobuf::Empty> DataPlaneHandlers::Delete(const Call& call,
                                                                  const v1::DeleteDataPlaneRequest& request) {
  RETURN_IF_ERROR(Allow(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(parts_.commands.Delete(caller, {.name = request.name(), .etag = request.etag()}));
  return Empty();
}

absl::StatusOr<v1::EnrolSatelliteResponse> DataPlaneHandlers::Enrol(const Call& call,
                                                                    const v1::EnrolSatelliteRequest& request) {
  RETURN_IF_ERROR(parts_.gate.CheckStranger(call.peer));
  absl::StatusOr<v1::EnrolSatelliteResponse> response = TryEnrol(call, request);
  if (IsStrangersFault(response.status())) parts_.gate.StrangerFailed(call.peer);
  return response;
}

absl::StatusOr<v1::EnrolSatelliteResponse> DataPlaneHandlers::TryEnrol(const Call& call,
                                                                       const v1::EnrolSatelliteRequest& request) {
  RETURN_IF_ERROR(CheckSealingKey(request.sealing_public_key(), /*required=*/true));
  ASSIGN_OR_RETURN(const DataPlane data_plane, parts_.commands.CheckEnrolment(request.enrolment_token()));
  ASSIGN_OR_RETURN(const SatelliteCertificate certificate,
                   parts_.signer.Sign(request.certificate_request_pem(), data_plane.id));
  ASSIGN_OR_RETURN(Caller caller, CallerOf(call, request));
  caller.principal = data_plane.meta.name;
  ASSIGN_OR_RETURN(const DataPlane enrolled,
                   parts_.commands.Enrol(caller, {.token = request.enrolment_token(),
                                                  .sealing_public_key = request.sealing_public_key(),
                                                  .key_fingerprint = certificate.key_fingerprint,
                                                  .satellite_version = request.satellite_version()}));
  return Answer(enrolled, certificate);
}

absl::StatusOr<v1::EnrolSatelliteResponse> DataPlaneHandlers::Renew(const Call& call,
                                                                    const v1::RenewSatelliteRequest& request) {
  RETURN_IF_ERROR(parts_.gate.CheckStranger(call.peer));
  absl::StatusOr<v1::EnrolSatelliteResponse> response = TryRenew(call, request);
  if (IsStrangersFault(response.status())) parts_.gate.StrangerFailed(call.peer);
  return response;
}

absl::StatusOr<v1::EnrolSatelliteResponse> DataPlaneHandlers::TryRenew(const Call& call,
                                                                       const v1::RenewSatelliteRequest& request) {
  RETURN_IF_ERROR(CheckSealingKey(request.sealing_public_key(), /*required=*/false));
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(request.data_plane(), {"dataPlanes"}, "data_plane"));
  const std::string& id = path.Id("dataPlanes");
  ASSIGN_OR_RETURN(std::string current,
                   parts_.signer.CheckCurrent(request.current_certificate_pem(), id,
                                              request.certificate_request_pem() + request.sealing_public_key(),
                                              request.signature()));
  ASSIGN_OR_RETURN(const SatelliteCertificate certificate, parts_.signer.Sign(request.certificate_request_pem(), id));
  ASSIGN_OR_RETURN(Caller caller, CallerOf(call, request));
  caller.principal = request.data_plane();
  ASSIGN_OR_RETURN(const DataPlane renewed,
                   parts_.commands.Renew(caller, {.name = request.data_plane(),
                                                  .current_key_fingerprint = std::move(current),
                                                  .new_key_fingerprint = certificate.key_fingerprint,
                                                  .sealing_public_key = request.sealing_public_key()}));
  return Answer(renewed, certificate);
}

v1::EnrolSatelliteResponse DataPlaneHandlers::Answer(const DataPlane& data_plane,
                                                     const SatelliteCertificate& certificate) const {
  v1::EnrolSatelliteResponse response;
  response.set_data_plane(data_plane.meta.name);
  response.set_certificate_pem(certificate.certificate_pem);
  response.set_ca_certificate_pem(parts_.signer.ca_certificate_pem());
  response.set_bus_bootstrap_servers(parts_.bus_bootstrap_servers);
  response.mutable_certificate_lifetime()->set_seconds(absl::ToInt64Seconds(parts_.signer.lifetime()));
  return response;
}

}  // namespace sluice::provisioner
