#include "services/satellite/adapters/kafka/grant_binding.h"

#include <utility>

namespace sluice::satellite {
namespace {

using kafka_admin::AclBinding;
using kafka_admin::AclOperation;
using kafka_admin::AclPatternType;
using kafka_admin::AclPermission;
using kafka_admin::AclResourceType;

constexpr std::string_view kUser = "User:";

constexpr std::pair<Grant::Resource, AclResourceType> kResources[] = {
    {Grant::Resource::kTopic, AclResourceType::kTopic},
    {Grant::Resource::kGroup, AclResourceType::kGroup},
    {Grant::Resource::kTransactionalId, AclResourceType::kTransactionalId},
    {Grant::Resource::kCluster, AclResourceType::kCluster},
};

constexpr std::pair<Grant::Operation, AclOperation> kOperations[] = {
    {Grant::Operation::kAll, AclOperation::kAll},
    {Grant::Operation::kRead, AclOperation::kRead},
    {Grant::Operation::kWrite, AclOperation::kWrite},
    {Grant::Operation::kCreate, AclOperation::kCreate},
    {Grant::Operation::kDelete, AclOperation::kDelete},
    {Grant::Operation::kAlter, AclOperation::kAlter},
    {Grant::Operation::kDescribe, AclOperation::kDescribe},
    {Grant::Operation::kDescribeConfigs, AclOperation::kDescribeConfigs},
    {Grant::Operation::kAlterConfigs, AclOperation::kAlterConfigs},
};

}  // namespace

std::string PrincipalOf(std::string_view logical_cluster) { return std::string(kUser).append(logical_cluster); }

std::optional<std::string> TenantOfPrincipal(std::string_view principal) {
  if (!principal.starts_with(kUser)) return std::nullopt;
  principal.remove_prefix(kUser.size());
  if (!principal.starts_with("lkc-") || principal.find('.') != std::string_view::npos) return std::nullopt;
  return std::string(principal);
}

AclBinding BindingOf(std::string_view logical_cluster, const Grant& grant) {
  AclBinding binding;
  for (const auto& [ours, kafkas] : kResources) {
    if (ours == grant.resource) binding.resource_type = kafkas;
  }
  binding.resource_name = grant.name;
  binding.pattern_type = grant.prefixed ? AclPatternType::kPrefixed : AclPatternType::kLiteral;
  binding.principal = PrincipalOf(logical_cluster);
  for (const auto& [ours, kafkas] : kOperations) {
    if (ours == grant.operation) binding.operation = kafkas;
  }
  binding.permission = grant.deny ? AclPermission::kDeny : AclPermission::kAllow;
  return binding;
}

kafka_admin::AclFilter FilterOf(const AclBinding& binding) {
  return {.resource_type = binding.resource_type,
          .resource_name = binding.resource_name,
          .pattern_type = binding.pattern_type,
          .principal = binding.principal,
          .host = binding.host,
          .operation = binding.operation,
          .permission = binding.permission};
}

std::optional<Grant> GrantOf(const AclBinding& binding) {
  Grant grant;
  bool known = false;
  for (const auto& [ours, kafkas] : kResources) {
    if (kafkas != binding.resource_type) continue;
    grant.resource = ours;
    known = true;
  }
  if (!known || binding.host != "*") return std::nullopt;
  known = false;
  for (const auto& [ours, kafkas] : kOperations) {
    if (kafkas != binding.operation) continue;
    grant.operation = ours;
    known = true;
  }
  if (!known) return std::nullopt;
  grant.name = binding.resource_name;
  grant.prefixed = binding.pattern_type == AclPatternType::kPrefixed;
  grant.deny = binding.permission == AclPermission::kDeny;
  return grant;
}

}  // namespace sluice::satellite
