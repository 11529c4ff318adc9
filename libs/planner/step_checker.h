#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner {

// What carrying a plan out would do wrong, counted; all 0 for a good plan.
struct StepViolations {
  int64_t over_during = 0;  // broker and resource above its limit while a batch runs
  int64_t over_after = 0;   // or when it has ended
  int64_t rack = 0;         // a partition on fewer racks than it was
  int64_t gone_broker = 0;  // a copy or a leadership on a broker that is dead, leaving or cordoned
  int64_t fewer = 0;        // fewer replicas than before, or one broker twice
  int64_t twice = 0;        // a partition in two steps of one batch
  int64_t in_sync = 0;      // a leader that was not in sync, or fewer in sync than before and than min ISR
  std::string first;        // the first of them, in words

  int64_t total() const { return over_during + over_after + rack + gone_broker + fewer + twice + in_sync; }
};

// Carries `batches` out on paper, apart from the code that made them: the planner's second pair of eyes. Within a batch
// a broker is taken to have all that it gains and still all that it had, and the throttle besides, unless it takes part
// in one step only; then the moments of that step are looked at one by one. A broker above a limit may not get worse.
// Disk is looked at for every log dir, with both copies of a replica that changes its own, and for the broker as a
// whole, which such a replica makes no fuller.
StepViolations CheckSteps(const Snapshot& snapshot, std::span<const Batch> batches, double throttle_kbps);

}  // namespace sluice::planner
