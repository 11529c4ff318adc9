#pragma once

#include "absl/status/statusor.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/adapters/grpc/gate/key_ring.h"
#include "services/provisioner/app/organization_commands.h"
#include "services/provisioner/app/queries.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner {

// OrganizationService. Thread-safe.
class OrganizationHandlers {
 public:
  OrganizationHandlers(OrganizationCommands& commands, Queries& queries, Authorizer& access, KeyRing& keys,
                       const rpc::TokenSealer& pages)
      : commands_(commands), queries_(queries), access_(access), keys_(keys), pages_(pages) {}

  rpc::ServiceMethods Methods();

 private:
  template <typename T>
  using Result = absl::StatusOr<T>;
  using Empty = google::protobuf::Empty;

  Result<v1::CreateOrganizationResponse> CreateOrganization(const rpc::Call&, const v1::CreateOrganizationRequest&);
  Result<v1::Organization> GetOrganization(const rpc::Call&, const v1::GetOrganizationRequest&);
  Result<v1::ListOrganizationsResponse> ListOrganizations(const rpc::Call&, const v1::ListOrganizationsRequest&);
  Result<v1::Environment> CreateEnvironment(const rpc::Call&, const v1::CreateEnvironmentRequest&);
  Result<v1::Environment> GetEnvironment(const rpc::Call&, const v1::GetEnvironmentRequest&);
  Result<v1::ListEnvironmentsResponse> ListEnvironments(const rpc::Call&, const v1::ListEnvironmentsRequest&);
  Result<v1::Environment> UpdateEnvironment(const rpc::Call&, const v1::UpdateEnvironmentRequest&);
  Result<Empty> DeleteEnvironment(const rpc::Call&, const v1::DeleteEnvironmentRequest&);
  Result<v1::CreateApiKeyResponse> CreateApiKey(const rpc::Call&, const v1::CreateApiKeyRequest&);
  Result<v1::ApiKey> GetApiKey(const rpc::Call&, const v1::GetApiKeyRequest&);
  Result<v1::ListApiKeysResponse> ListApiKeys(const rpc::Call&, const v1::ListApiKeysRequest&);
  Result<Empty> DeleteApiKey(const rpc::Call&, const v1::DeleteApiKeyRequest&);
  Result<v1::RoleBinding> CreateRoleBinding(const rpc::Call&, const v1::CreateRoleBindingRequest&);
  Result<v1::RoleBinding> GetRoleBinding(const rpc::Call&, const v1::GetRoleBindingRequest&);
  Result<v1::ListRoleBindingsResponse> ListRoleBindings(const rpc::Call&, const v1::ListRoleBindingsRequest&);
  Result<Empty> DeleteRoleBinding(const rpc::Call&, const v1::DeleteRoleBindingRequest&);
  Result<v1::WhoAmIResponse> WhoAmI(const rpc::Call&, const v1::WhoAmIRequest&);

  // The organization (id) of "organizations/{o}/{collection}/{id}", once the caller is allowed.
  Result<std::string> AllowBelow(const rpc::Call& call, const std::string& name, std::string_view collection);
  Result<std::string> AllowOrganization(const rpc::Call& call, const std::string& name, std::string_view field);

  OrganizationCommands& commands_;
  Queries& queries_;
  Authorizer& access_;
  KeyRing& keys_;
  const rpc::TokenSealer& pages_;
};

}  // namespace sluice::provisioner
