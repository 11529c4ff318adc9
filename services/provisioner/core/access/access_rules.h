#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/provisioner/core/model/organization.h"

// Who may do what: one row per RPC, and a pure decision on a caller's roles.
namespace sluice::provisioner {

// What an RPC asks of its caller.
enum class Right {
  // No key: a satellite proves itself otherwise.
  kOpen,
  // Any key that is valid.
  kKnown,
  // Any role in the organization; what is shown is then filtered by kView on each environment.
  kMember,
  kView,
  kEdit,
  kAdminister,
  kPlatform,
};

struct AccessRule {
  // "/sluice.provisioner.v1.KafkaClusterService/GetKafkaCluster"
  std::string_view rpc;
  Right right;
};

// One row for each RPC that is served; health and reflection are not asked about.
std::span<const AccessRule> AccessRules();
// Null for an RPC without a row: nobody may call it.
const AccessRule* RuleOf(std::string_view rpc);

// What an RPC is about. Environment empty: the organization as a whole. Both empty: the platform.
struct Scope {
  std::string organization;
  std::string environment;
};

// A role binding, as the decision needs it.
struct Grant {
  Role role = Role::kViewer;
  bool platform = false;
  std::string organization;
  std::string environment;  // empty: all of the organization
};

// Bindings whose scope is malformed, lies in another organization than the binding itself or does not fit the role give
// nothing.
std::vector<Grant> GrantsOf(std::span<const RoleBinding> bindings);

enum class Verdict {
  kAllowed,
  // In the caller's own organization, but for a stronger role: PERMISSION_DENIED.
  kTooWeak,
  // Not the caller's: it must look as if it did not exist.
  kHidden,
};

// `own_organization`: the organization (id) of the caller's key. PLATFORM_ADMIN sees every organization's name, and
// nothing inside of those that are not its own.
Verdict Decide(Right right, const Scope& scope, std::span<const Grant> grants, std::string_view own_organization);

// The weakest role that has the right over the scope: for the message of a refusal.
std::string_view RoleNeeded(Right right, const Scope& scope);

// Whether the caller may hand out `role` over `scope` in an organization that it administers: PLATFORM_ADMIN only by
// PLATFORM_ADMIN.
Verdict DecideBinding(Role role, std::span<const Grant> grants);

}  // namespace sluice::provisioner
