#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/metrics/metrics.h"
#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"
#include "services/balancer-planner/core/lifecycle/planned_batches.h"

namespace sluice::balancer_planner {

struct PlanWish {
  planner::Mode mode = planner::Mode::kEvenOut;
  double window = 0.03;
  int64_t throttle_bytes_per_second = 0;  // 0: 8 % of the smallest link, or kDefaultThrottle
};

// Runs the planner, `slots` plans at a time: calls cannot take the loop's processor, nor the other way round.
// Thread-safe.
class Planning {
 public:
  // Where links have no limit: Self-Balancing Clusters' default.
  static constexpr int64_t kDefaultThrottle = 10 * 1024 * 1024;

  Planning(int slots, const clock::Clock& clock, metrics::Registry& metrics);

  // RESOURCE_EXHAUSTED / PLANNING_BUSY when no slot became free within `patience`; INVALID_ARGUMENT / INVALID_OPTION as
  // planner::MakePlan.
  absl::StatusOr<PlanOutcome> Plan(const planner::Snapshot& snapshot, const PlanWish& wish, absl::Duration patience);

 private:
  bool TakeSlot(absl::Duration patience);
  void GiveSlotBack();

  const clock::Clock& clock_;
  metrics::Histogram& seconds_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int free_;
};

}  // namespace sluice::balancer_planner
