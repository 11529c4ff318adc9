#include "services/provisioner/adapters/grpc/handlers/organization_handlers.h"

#include <utility>

#include "libs/base/status.h"
#include "libs/grpc/request/update_mask.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {

using rpc::Call;

rpc::ServiceMethods OrganizationHandlers::Methods() {
  constexpr std::string_view s = "sluice.provisioner.v1.OrganizationService";
  using H = OrganizationHandlers;
  return {std::string(s),
          {
              BindMethod(s, "CreateOrganization", this, &H::CreateOrganization),
              BindMethod(s, "GetOrganization", this, &H::GetOrganization),
              BindMethod(s, "ListOrganizations", this, &H::ListOrganizations),
              BindMethod(s, "CreateEnvironment", this, &H::CreateEnvironment),
              BindMethod(s, "GetEnvironment", this, &H::GetEnvironment),
              BindMethod(s, "ListEnvironments", this, &H::ListEnvironments),
              BindMethod(s, "UpdateEnvironment", this, &H::UpdateEnvironment),
              BindMethod(s, "DeleteEnvironment", this, &H::DeleteEnvironment),
              BindMethod(s, "CreateApiKey", this, &H::CreateApiKey),
              BindMethod(s, "GetApiKey", this, &H::GetApiKey),
              BindMethod(s, "ListApiKeys", this, &H::ListApiKeys),
              BindMethod(s, "DeleteApiKey", this, &H::DeleteApiKey),
              BindMethod(s, "CreateRoleBinding", this, &H::CreateRoleBinding),
              BindMethod(s, "GetRoleBinding", this, &H::GetRoleBinding),
              BindMethod(s, "ListRoleBindings", this, &H::ListRoleBindings),
              BindMethod(s, "DeleteRoleBinding", this, &H::DeleteRoleBinding),
              BindMethod(s, "WhoAmI", this, &H::WhoAmI),
          }};
}

absl::StatusOr<std::string> OrganizationHandlers::AllowOrganization(const Call& call, const std::string& name,
                                                                    std::string_view field) {
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(name, {"organizations"}, field));
  RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, name));
  return path.organization();
}

absl::StatusOr<std::string> OrganizationHandlers::AllowBelow(const Call& call, const std::string& name,
                                                             std::string_view collection) {
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(name, {"organizations", collection}, "name"));
  RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, name));
  return path.organization();
}

absl::StatusOr<v1::CreateOrganizationResponse> OrganizationHandlers::CreateOrganization(
    const Call& call, const v1::CreateOrganizationRequest& request) {
  RETURN_IF_ERROR(access_.Allow(call, {}, "organizations/" + request.organization_id()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const CreatedOrganization created,
                   commands_.Create(caller, {.id = request.organization_id(),
                                             .display_name = request.organization().display_name(),
                                             .labels = LabelsOf(request.organization().labels())}));
  v1::CreateOrganizationResponse response;
  *response.mutable_organization() = records::ToApi(created.organization);
  *response.mutable_admin_key() = records::ToApi(created.admin_key);
  response.set_secret(created.bearer);
  return response;
}

absl::StatusOr<v1::Organization> OrganizationHandlers::GetOrganization(const Call& call,
                                                                       const v1::GetOrganizationRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(request.name(), {"organizations"}, "name"));
  // The platform's people see every organization's name and labels, and nothing below.
  if (!access_.IsPlatformAdmin(call)) {
    RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, request.name()));
  }
  ASSIGN_OR_RETURN(const Organization organization, queries_.GetOrganization(request.name()));
  return records::ToApi(organization);
}

absl::StatusOr<v1::ListOrganizationsResponse> OrganizationHandlers::ListOrganizations(
    const Call& call, const v1::ListOrganizationsRequest& request) {
  RETURN_IF_ERROR(access_.Allow(call, {}, "organizations"));
  const std::string only = access_.IsPlatformAdmin(call) ? "" : IdentityOf(call)->organization;
  const PageBinding binding(pages_, {call.method, only});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListOrganizations(only, page));
  v1::ListOrganizationsResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_organizations(), [](const Organization& o) { return std::optional(records::ToApi(o)); },
      [](const Organization& o) { return PositionByName(o.meta); })));
  return response;
}

absl::StatusOr<v1::Environment> OrganizationHandlers::CreateEnvironment(const Call& call,
                                                                        const v1::CreateEnvironmentRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const Environment created,
                   commands_.CreateEnvironmentIn(caller, {.organization = organization,
                                                          .id = request.environment_id(),
                                                          .display_name = request.environment().display_name(),
                                                          .labels = LabelsOf(request.environment().labels())}));
  return records::ToApi(created);
}

absl::StatusOr<v1::Environment> OrganizationHandlers::GetEnvironment(const Call& call,
                                                                     const v1::GetEnvironmentRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(request.name(), {"organizations", "environments"}, "name"));
  RETURN_IF_ERROR(access_.Allow(call, {path.organization(), path.environment()}, request.name()));
  ASSIGN_OR_RETURN(const Environment environment, queries_.GetEnvironment(request.name()));
  return records::ToApi(environment);
}

absl::StatusOr<v1::ListEnvironmentsResponse> OrganizationHandlers::ListEnvironments(
    const Call& call, const v1::ListEnvironmentsRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  const PageBinding binding(pages_, {call.method, request.parent()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListEnvironments(organization, page));
  v1::ListEnvironmentsResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_environments(),
      [&](const Environment& e) {
        return access_.MaySee(call, {organization, e.id}) ? std::optional(records::ToApi(e)) : std::nullopt;
      },
      [](const Environment& e) { return PositionByName(e.meta); })));
  return response;
}

absl::StatusOr<v1::Environment> OrganizationHandlers::UpdateEnvironment(const Call& call,
                                                                        const v1::UpdateEnvironmentRequest& request) {
  const v1::Environment& wish = request.environment();
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(wish.name(), {"organizations", "environments"}, "environment.name"));
  RETURN_IF_ERROR(access_.Allow(call, {path.organization(), path.environment()}, wish.name()));
  ASSIGN_OR_RETURN(auto mask, rpc::CheckUpdateMask(request.update_mask(), {"display_name", "labels"}));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const Environment updated, commands_.Update(caller, {.name = wish.name(),
                                                                        .etag = wish.etag(),
                                                                        .display_name = wish.display_name(),
                                                                        .labels = LabelsOf(wish.labels()),
                                                                        .update_mask = std::move(mask)}));
  return records::ToApi(updated);
}

absl::StatusOr<google::protobuf::Empty> OrganizationHandlers::DeleteEnvironment(
    const Call& call, const v1::DeleteEnvironmentRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(request.name(), {"organizations", "environments"}, "name"));
  // The organization's own: an environment's admin does not delete it.
  RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, request.name()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(
      commands_.Delete(caller, provisioner::DeleteEnvironment{.name = request.name(), .etag = request.etag()}));
  return Empty();
}

absl::StatusOr<v1::WhoAmIResponse> OrganizationHandlers::WhoAmI(const Call& call, const v1::WhoAmIRequest&) {
  RETURN_IF_ERROR(access_.Allow(call, {}, ""));
  const ApiIdentity& identity = *IdentityOf(call);
  v1::WhoAmIResponse response;
  response.set_principal(identity.principal);
  response.set_organization("organizations/" + identity.organization);
  for (const RoleBinding& binding : identity.bindings) *response.add_role_bindings() = records::ToApi(binding);
  return response;
}

}  // namespace sluice::provisioner
