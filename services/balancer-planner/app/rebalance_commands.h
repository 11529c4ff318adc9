#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/balancer-planner/app/balance_ports.h"
#include "services/balancer-planner/app/planning.h"
#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"

namespace sluice::balancer_planner {

// Who calls, and how.
struct CallContext {
  std::string principal;
  std::string traceparent;
  // Without a request_id: not remembered.
  std::optional<RememberedCall> remembered;
  absl::Time deadline = absl::InfiniteFuture();
};

struct StartWish {
  PlanWish plan;
  bool require_approval = false;
};

// A plan that nobody keeps.
struct PlannedRebalance {
  Rebalance rebalance;
  std::vector<PlannedBatch> batches;
};

// The use cases behind the API; whether the caller may is decided before. Thread-safe.
//
// Errors besides those named: LOAD_UNKNOWN (UNAVAILABLE) while the cluster's load is not known, or not since
// its last rebalance ended, PLANNING_BUSY, INVALID_FIELD, RESOURCE_NOT_FOUND for a rebalance that is not the cluster's,
// and the store's.
class RebalanceCommands {
 public:
  RebalanceCommands(BalancePorts ports, BalanceOptions options) : ports_(ports), options_(options) {}

  absl::StatusOr<PlannedRebalance> Preview(const CallContext& context, const ClusterKey& key, const PlanWish& wish);
  // ALREADY_EXISTS REBALANCE_OPEN; FAILED_PRECONDITION NOTHING_TO_MOVE (metadata: summary) when the plan has no move.
  absl::StatusOr<Rebalance> Start(const CallContext& context, const ClusterKey& key, const StartWish& wish);
  absl::StatusOr<Rebalance> Get(const ClusterKey& key, const std::string& uid);
  absl::StatusOr<std::vector<Rebalance>> List(const ClusterKey& key, const std::string& before, int limit);
  // REBALANCE_STATE_CONFLICT, ETAG_MISMATCH.
  absl::StatusOr<Rebalance> Change(const CallContext& context, const ClusterKey& key, const std::string& uid, Call call,
                                   const std::string& etag);

 private:
  absl::StatusOr<std::optional<Rebalance>> AnsweredBefore(const CallContext& context);

  const BalancePorts ports_;
  const BalanceOptions options_;
};

// Fills in what a change says and commits it: the moves are read where the document needs them.
absl::Status CommitTransition(RebalanceStore& store, Transition transition, std::optional<RememberedCall> call,
                              const std::string& traceparent);

}  // namespace sluice::balancer_planner
