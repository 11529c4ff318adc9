#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"
#include "services/balancer-planner/core/model/rebalance.h"

namespace sluice::balancer_planner {

// A planner's plan as it is kept, said and shown.
struct PlanOutcome {
  PlanSummary summary;
  std::vector<BrokerBalance> brokers;
  std::vector<PlannedBatch> batches;
  int64_t throttle_bytes_per_second = 0;
};

// Each move carries the replicas that it begins with, those of earlier batches included. A batch that would fill more
// than kBatchBytes of a document becomes several: since its moves may run in any order, any part of it may run before
// the rest.
PlanOutcome OutcomeOf(const planner::Snapshot& snapshot, const planner::Plan& plan);

// Why one step is there, for people: "broker 3 is dead".
std::string Sentence(const planner::Snapshot& snapshot, const planner::Step& step);

// What a document says of the moves besides at most this, so that with its other fields it stays below 256 KiB.
inline constexpr int64_t kWindowBytes = 200 * 1024;
inline constexpr int64_t kBatchBytes = 64 * 1024;

// At least as many bytes as the move takes in a plan document.
int64_t EncodedBytesAtMost(const PlannedMove& move);

// How many batches from `first` on fit into one document: at least one where there is one.
int32_t WindowFrom(const std::vector<PlannedBatch>& batches, int32_t first);

}  // namespace sluice::balancer_planner
