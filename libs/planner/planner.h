#pragma once

#include "absl/status/statusor.h"
#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner {

// Plans the moves that bring a cluster to where `options.mode` wants it, ordered into batches that keep disk, network
// and CPU of every broker below their limits at every moment, and the rack rule.
//
// Pure and deterministic: the same snapshot and options give the same bytes. When the work is spent it gives the best
// that it has. What cannot be done is in Plan::unresolved with the constraint in the way; the rest is planned
// nevertheless.
//
// INVALID_ARGUMENT / INVALID_OPTION: a window outside (0, 1], a negative throttle or work.
absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options);

// The clock of the shell, for figures: called at each named stage's end. Never looked at by the plan.
class StageObserver {
 public:
  virtual ~StageObserver() = default;
  virtual void Reached(const char* stage) = 0;  // "target", "plan"
};
absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options, StageObserver& observer);

}  // namespace sluice::planner
