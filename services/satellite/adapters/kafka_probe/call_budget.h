#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace sluice::satellite {

// What is left of one timeout over several calls.
class CallBudget {
 public:
  CallBudget(const clock::Clock& clock, absl::Duration timeout) : clock_(clock), end_(clock.MonotonicNow() + timeout) {}
  absl::Duration Left() const { return std::max(absl::Milliseconds(1), end_ - clock_.MonotonicNow()); }
  absl::Duration Left(absl::Duration at_most) const { return std::min(at_most, Left()); }

 private:
  const clock::Clock& clock_;
  const absl::Duration end_;
};

}  // namespace sluice::satellite
