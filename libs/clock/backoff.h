#pragma once

#include <algorithm>

#include "absl/time/time.h"
#include "libs/clock/random.h"

namespace sluice::clock {

// Exponential back-off with full jitter below a ceiling: the wait before try n is uniform in
// [first/2, first × 2^n] up to `longest` (Brooker, "Exponential Backoff And Jitter", AWS 2015, with a floor so that
// a retry is never at once). Not thread-safe.
class BackOff {
 public:
  BackOff(Random& random, absl::Duration first, absl::Duration longest)
      : random_(random), first_(first), longest_(longest), ceiling_(first) {}

  absl::Duration Next() {
    const absl::Duration wait = first_ / 2 + (ceiling_ - first_ / 2) * random_.Fraction();
    ceiling_ = std::min(longest_, ceiling_ * 2);
    return wait;
  }
  void Reset() { ceiling_ = first_; }

 private:
  Random& random_;
  const absl::Duration first_;
  const absl::Duration longest_;
  absl::Duration ceiling_;
};

}  // namespace sluice::clock
