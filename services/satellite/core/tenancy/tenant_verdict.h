#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/satellite/core/tenancy/tenant_planner.h"

namespace sluice::satellite {

// What is known of one key's login.
struct KeyReadiness {
  bool ready = false;         // it logged in on every live broker
  std::string error_reason;   // it will not become ready by waiting; empty: it may
  std::string error_message;  // also while it waits: for what

  friend bool operator==(const KeyReadiness&, const KeyReadiness&) = default;
};

struct VerdictCondition {
  std::string type;    // Accepted, Ready, TopicCreation
  std::string status;  // TRUE, FALSE, UNKNOWN
  std::string reason;
  std::string message;

  friend bool operator==(const VerdictCondition&, const VerdictCondition&) = default;
};

enum class TenantState { kProvisioning, kReady, kSuspended, kFailed, kDeleting, kGone, kRejected };

struct TenantVerdict {
  TenantState state = TenantState::kProvisioning;
  std::vector<VerdictCondition> conditions;
  std::string message;
};

// What hinders a tenant at this moment; empty strings when nothing does.
struct TenantHindrance {
  std::string refusal;      // the document cannot be acted on
  std::string no_capacity;  // this cell has no room for it
  std::string waits_for;    // the cell, a retry after an error; says which
};

// How the logical cluster stands. `remaining` is what PlanTenant still finds against what is seen now. READY is about
// the cluster itself: a key that is not ready yet or a topic that failed is told beside it, per key and per wish.
TenantVerdict JudgeTenant(const TenantWish& wish, const TenantSeen& seen, const TenantPlan& remaining,
                          const TenantHindrance& hindrance);

// How full a cell is, all tenants together.
struct CellFill {
  int64_t replicas = 0;
  int brokers = 0;
  int64_t used_bytes = 0;
  int64_t total_bytes = 0;  // 0: not known
};

// "" when a new tenant can be taken, else why not. Kafka's operators' rule of thumb is 4,000 replicas on a broker
// (Apache Kafka blog, "Apache Kafka Supports 200K Partitions Per Cluster", 2018); the disk's bound is the safety gate's
// 85 % (docs/architecture.md).
std::string NoRoomOn(const CellFill& fill, int max_replicas_per_broker);

}  // namespace sluice::satellite
