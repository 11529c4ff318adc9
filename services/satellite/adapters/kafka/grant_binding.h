#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/kafka_admin/access.h"
#include "services/satellite/core/tenancy/grant.h"

namespace sluice::satellite {

// "User:" + the logical cluster's id: what the broker's plugin makes of each of its keys.
std::string PrincipalOf(std::string_view logical_cluster);
// The logical cluster of a principal; nothing for another one.
std::optional<std::string> TenantOfPrincipal(std::string_view principal);

kafka_admin::AclBinding BindingOf(std::string_view logical_cluster, const Grant& grant);
// Exactly that binding.
kafka_admin::AclFilter FilterOf(const kafka_admin::AclBinding& binding);
// Nothing for a binding that no grant of ours says: another host, another operation.
std::optional<Grant> GrantOf(const kafka_admin::AclBinding& binding);

}  // namespace sluice::satellite
