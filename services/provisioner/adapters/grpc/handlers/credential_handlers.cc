// API keys and role bindings of OrganizationService.

#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"
#include "services/provisioner/adapters/grpc/handlers/organization_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"

namespace sluice::provisioner {

using rpc::Call;

absl::StatusOr<v1::CreateApiKeyResponse> OrganizationHandlers::CreateApiKey(const Call& call,
                                                                            const v1::CreateApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  ASSIGN_OR_RETURN(const auto expire_time, ExpireTimeOf(request.api_key()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const CreatedApiKey created,
                   commands_.CreateKey(caller, {.organization = organization,
                                                .id = request.api_key_id(),
                                                .display_name = request.api_key().display_name(),
                                                .expire_time = expire_time}));
  v1::CreateApiKeyResponse response;
  *response.mutable_api_key() = records::ToApi(created.key);
  response.set_secret(created.bearer);
  return response;
}

absl::StatusOr<v1::ApiKey> OrganizationHandlers::GetApiKey(const Call& call, const v1::GetApiKeyRequest& request) {
  RETURN_IF_ERROR(AllowBelow(call, request.name(), "apiKeys").status());
  ASSIGN_OR_RETURN(const ApiKey key, queries_.GetApiKey(request.name()));
  return records::ToApi(key);
}

absl::StatusOr<v1::ListApiKeysResponse> OrganizationHandlers::ListApiKeys(const Call& call,
                                                                          const v1::ListApiKeysRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  const PageBinding binding(pages_, {call.method, request.parent()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListApiKeys(organization, page));
  v1::ListApiKeysResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_api_keys(), [](const ApiKey& k) { return std::optional(records::ToApi(k)); },
      [](const ApiKey& k) { return PositionByName(k.meta); })));
  return response;
}

absl::StatusOr<google::protobuf::Empty> OrganizationHandlers::DeleteApiKey(const Call& call,
                                                                           const v1::DeleteApiKeyRequest& request) {
  RETURN_IF_ERROR(AllowBelow(call, request.name(), "apiKeys").status());
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(commands_.Delete(caller, provisioner::DeleteApiKey{.name = request.name()}));
  keys_.RefreshOnce();
  return Empty();
}

absl::StatusOr<v1::RoleBinding> OrganizationHandlers::CreateRoleBinding(const Call& call,
                                                                        const v1::CreateRoleBindingRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  const v1::RoleBinding& wish = request.role_binding();
  ASSIGN_OR_RETURN(const Role role, RoleOf(wish));
  if (DecideBinding(role, IdentityOf(call)->grants) != Verdict::kAllowed) {
    RETURN_IF_ERROR(access_.AllowRight(call, Right::kPlatform, {}, request.parent()));
  }
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const RoleBinding bound, commands_.Bind(caller, {.organization = organization,
                                                                    .id = request.role_binding_id(),
                                                                    .principal = wish.principal(),
                                                                    .role = role,
                                                                    .scope = wish.scope()}));
  keys_.RefreshOnce();
  return records::ToApi(bound);
}

absl::StatusOr<v1::RoleBinding> OrganizationHandlers::GetRoleBinding(const Call& call,
                                                                     const v1::GetRoleBindingRequest& request) {
  RETURN_IF_ERROR(AllowBelow(call, request.name(), "roleBindings").status());
  ASSIGN_OR_RETURN(const RoleBinding binding, queries_.GetRoleBinding(request.name()));
  return records::ToApi(binding);
}

absl::StatusOr<v1::ListRoleBindingsResponse> OrganizationHandlers::ListRoleBindings(
    const Call& call, const v1::ListRoleBindingsRequest& request) {
  ASSIGN_OR_RETURN(const std::string organization, AllowOrganization(call, request.parent(), "parent"));
  const PageBinding binding(pages_, {call.method, request.parent()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListRoleBindings(organization, page));
  v1::ListRoleBindingsResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_role_bindings(), [](const RoleBinding& b) { return std::optional(records::ToApi(b)); },
      [](const RoleBinding& b) { return PositionByName(b.meta); })));
  return response;
}

absl::StatusOr<google::protobuf::Empty> OrganizationHandlers::DeleteRoleBinding(
    const Call& call, const v1::DeleteRoleBindingRequest& request) {
  RETURN_IF_ERROR(AllowBelow(call, request.name(), "roleBindings").status());
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(commands_.Delete(caller, provisioner::DeleteRoleBinding{.name = request.name()}));
  keys_.RefreshOnce();
  return Empty();
}

}  // namespace sluice::provisioner
