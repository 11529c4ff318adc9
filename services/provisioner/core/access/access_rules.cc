#include "services/provisioner/core/access/access_rules.h"

#include <algorithm>

#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {
namespace {

#define ORGANIZATIONS "/sluice.provisioner.v1.OrganizationService/"
#define CLUSTERS "/sluice.provisioner.v1.KafkaClusterService/"
#define DATA_PLANES "/sluice.provisioner.v1.DataPlaneService/"
#define OPERATIONS "/google.longrunning.Operations/"

constexpr AccessRule kRules[] = {
    {ORGANIZATIONS "CreateOrganization", Right::kPlatform},
    {ORGANIZATIONS "GetOrganization", Right::kMember},
    {ORGANIZATIONS "ListOrganizations", Right::kKnown},
    {ORGANIZATIONS "CreateEnvironment", Right::kAdminister},
    {ORGANIZATIONS "GetEnvironment", Right::kView},
    {ORGANIZATIONS "ListEnvironments", Right::kMember},
    {ORGANIZATIONS "UpdateEnvironment", Right::kEdit},
    {ORGANIZATIONS "DeleteEnvironment", Right::kAdminister},
    {ORGANIZATIONS "CreateApiKey", Right::kAdminister},
    {ORGANIZATIONS "GetApiKey", Right::kView},
    {ORGANIZATIONS "ListApiKeys", Right::kView},
    {ORGANIZATIONS "DeleteApiKey", Right::kAdminister},
    {ORGANIZATIONS "CreateRoleBinding", Right::kAdminister},
    {ORGANIZATIONS "GetRoleBinding", Right::kView},
    {ORGANIZATIONS "ListRoleBindings", Right::kView},
    {ORGANIZATIONS "DeleteRoleBinding", Right::kAdminister},
    {ORGANIZATIONS "WhoAmI", Right::kKnown},

    {CLUSTERS "CreateKafkaCluster", Right::kEdit},
    {CLUSTERS "GetKafkaCluster", Right::kView},
    // Of "environments/-" those that the caller may see.
    {CLUSTERS "ListKafkaClusters", Right::kView},
    {CLUSTERS "UpdateKafkaCluster", Right::kEdit},
    {CLUSTERS "DeleteKafkaCluster", Right::kEdit},
    {CLUSTERS "UndeleteKafkaCluster", Right::kEdit},
    {CLUSTERS "CreateKafkaKey", Right::kEdit},
    {CLUSTERS "GetKafkaKey", Right::kView},
    {CLUSTERS "ListKafkaKeys", Right::kView},
    {CLUSTERS "DeleteKafkaKey", Right::kEdit},
    {CLUSTERS "CreateTopic", Right::kEdit},
    {CLUSTERS "GetTopic", Right::kView},
    {CLUSTERS "ListTopics", Right::kView},
    {CLUSTERS "UpdateTopic", Right::kEdit},
    {CLUSTERS "DeleteTopic", Right::kEdit},

    {DATA_PLANES "RegisterDataPlane", Right::kPlatform},
    {DATA_PLANES "GetDataPlane", Right::kPlatform},
    {DATA_PLANES "ListDataPlanes", Right::kPlatform},
    {DATA_PLANES "UpdateDataPlane", Right::kPlatform},
    {DATA_PLANES "CreateEnrolmentToken", Right::kPlatform},
    {DATA_PLANES "DeleteDataPlane", Right::kPlatform},
    {DATA_PLANES "EnrolSatellite", Right::kOpen},
    {DATA_PLANES "RenewSatellite", Right::kOpen},

    // An operation's environment is known once it was read: kView or kEdit over it is asked then.
    {OPERATIONS "GetOperation", Right::kMember},
    {OPERATIONS "ListOperations", Right::kMember},
    {OPERATIONS "WaitOperation", Right::kMember},
    {OPERATIONS "CancelOperation", Right::kMember},
    {OPERATIONS "DeleteOperation", Right::kMember},

    // "dataPlanes" is asked about as the platform.
    {"/sluice.provisioner.v1.WatchService/Watch", Right::kMember},
};

#undef ORGANIZATIONS
#undef CLUSTERS
#undef DATA_PLANES
#undef OPERATIONS

bool Covers(const Grant& grant, const Scope& scope) {
  return !grant.platform && grant.organization == scope.organization &&
         (grant.environment.empty() || grant.environment == scope.environment);
}

bool Gives(const Grant& grant, Right right, const Scope& scope) {
  switch (right) {
    case Right::kOpen:
    case Right::kKnown:
      return true;
    case Right::kMember:
      return !grant.platform && grant.organization == scope.organization;
    case Right::kView:
      return Covers(grant, scope);
    case Right::kEdit:
      return Covers(grant, scope) && grant.role != Role::kViewer;
    case Right::kAdminister:
      return Covers(grant, scope) && grant.role == Role::kOrganizationAdmin;
    case Right::kPlatform:
      return grant.platform;
  }
  return false;
}

bool IsPlatform(std::span<const Grant> grants) {
  return std::any_of(grants.begin(), grants.end(), [](const Grant& grant) { return grant.platform; });
}

}  // namespace

std::span<const AccessRule> AccessRules() { return kRules; }

const AccessRule* RuleOf(std::string_view rpc) {
  const auto* it =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const auto& rule) { return rule.rpc == rpc; });
  return it == std::end(kRules) ? nullptr : it;
}

std::vector<Grant> GrantsOf(std::span<const RoleBinding> bindings) {
  std::vector<Grant> grants;
  for (const RoleBinding& binding : bindings) {
    if (binding.meta.delete_time) continue;
    if (binding.scope == "platform" || binding.role == Role::kPlatformAdmin) {
      if (binding.scope == "platform" && binding.role == Role::kPlatformAdmin) {
        grants.push_back({.role = binding.role, .platform = true});
      }
      continue;
    }
    auto path = ResourcePath::Parse(binding.scope, {"organizations", "environments"}, "scope");
    if (!path.ok()) path = ResourcePath::Parse(binding.scope, {"organizations"}, "scope");
    if (!path.ok() || path->organization() != binding.organization) continue;
    if (binding.role == Role::kOrganizationAdmin && !path->environment().empty()) continue;
    grants.push_back({.role = binding.role, .organization = path->organization(), .environment = path->environment()});
  }
  return grants;
}

Verdict Decide(Right right, const Scope& scope, std::span<const Grant> grants, std::string_view own_organization) {
  if (right == Right::kOpen || right == Right::kKnown) return Verdict::kAllowed;
  if (right == Right::kPlatform) return IsPlatform(grants) ? Verdict::kAllowed : Verdict::kTooWeak;
  if (scope.organization != own_organization) return Verdict::kHidden;
  for (const Grant& grant : grants) {
    if (Gives(grant, right, scope)) return Verdict::kAllowed;
  }
  return Verdict::kTooWeak;
}

std::string_view RoleNeeded(Right right, const Scope& scope) {
  switch (right) {
    case Right::kPlatform:
      return "PLATFORM_ADMIN";
    case Right::kAdminister:
      return "ORGANIZATION_ADMIN";
    case Right::kEdit:
      return scope.environment.empty() ? "ORGANIZATION_ADMIN" : "ENVIRONMENT_ADMIN";
    default:
      return "VIEWER";
  }
}

Verdict DecideBinding(Role role, std::span<const Grant> grants) {
  return role != Role::kPlatformAdmin || IsPlatform(grants) ? Verdict::kAllowed : Verdict::kTooWeak;
}

}  // namespace sluice::provisioner
