#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"
#include "services/balancer-planner/core/model/rebalance.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

// The idempotency key of a call.
struct RememberedCall {
  std::string principal;
  std::string request_id;
  std::string payload_hash;
};

// Everything that one call or one look changes, committed in one transaction together with its event and its plan
// document.
struct RebalanceChange {
  Transition transition;
  // All of the plan's moves: of a new rebalance, and with each Say::kDocument.
  std::vector<PlannedBatch> batches;
  std::optional<RememberedCall> call;
  std::string traceparent;
};

// A cluster's latest rebalances that have ended.
struct EndedRebalances {
  std::optional<absl::Time> last_end;
  // That failed in a row, the newest ones.
  int32_t failures = 0;
  // Of the cluster's last plan document or tombstone; 0: there was none.
  int64_t generation = 0;
};

struct RebalanceQuery {
  ClusterKey cluster;
  // The uid of the last one seen; empty: from the newest on.
  std::string before;
  int limit = 100;
};

// The balancer's memory. Each call is a transaction. Thread-safe.
//
// Errors: ABORTED VERSION_CONFLICT when the row is not at transition.after.version - 1 (read again, decide again);
// ALREADY_EXISTS REBALANCE_OPEN (metadata: rebalance) for a new one of a cluster that has an open one; INVALID_ARGUMENT
// REQUEST_ID_REUSED; UNAVAILABLE BUS_BACKLOG; and libs/postgres/pool.h's.
class RebalanceStore {
 public:
  virtual ~RebalanceStore() = default;

  virtual absl::Status Commit(const RebalanceChange& change) = 0;

  virtual absl::StatusOr<std::optional<Rebalance>> Find(const std::string& uid) = 0;
  // The plan's moves; empty when it has none or is pruned.
  virtual absl::StatusOr<std::vector<PlannedBatch>> BatchesOf(const std::string& uid) = 0;
  virtual absl::StatusOr<std::vector<Rebalance>> Open() = 0;
  // The newest first.
  virtual absl::StatusOr<std::vector<Rebalance>> List(const RebalanceQuery& query) = 0;
  virtual absl::StatusOr<EndedRebalances> Ended(const ClusterKey& cluster) = 0;
  // The uid that this call was answered with before, or nothing. REQUEST_ID_REUSED when its payload was another.
  virtual absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedCall& call) = 0;
  // Forgets calls made before `calls` and rebalances ended before `ended`, some hundreds of each at a time; how many
  // went.
  virtual absl::StatusOr<int> Prune(absl::Time calls, absl::Time ended) = 0;
};

}  // namespace sluice::balancer_planner
