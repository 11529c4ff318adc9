#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace sluice::kafka_admin {

// A point on the monotonic clock by which a call must be done. The wall clock may step; this does not.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // A duration of a year or more, infinite ones included, counts as a year.
  static Deadline After(absl::Duration timeout) {
    absl::Duration bounded = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24 * 365));
    return Deadline(Clock::now() + absl::ToChronoNanoseconds(bounded));
  }

  Deadline Sooner(absl::Duration timeout) const { return Deadline(std::min(at_, After(timeout).at_)); }

  absl::Duration Remaining() const {
    return std::max(absl::ZeroDuration(), absl::FromChrono(std::chrono::nanoseconds(at_ - Clock::now())));
  }
  bool Expired() const { return Clock::now() >= at_; }
  // For poll(): rounded up, so that a wait does not end just before the deadline.
  int RemainingForPollMs() const {
    return static_cast<int>(
        std::min<int64_t>(absl::ToInt64Milliseconds(Remaining() + absl::Microseconds(999)), 60'000));
  }
  Clock::time_point at() const { return at_; }

 private:
  explicit Deadline(Clock::time_point at) : at_(at) {}

  Clock::time_point at_;
};

}  // namespace sluice::kafka_admin
