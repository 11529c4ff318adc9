#include "libs/clock/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace sluice::clock {
namespace {

class MachineClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration MonotonicNow() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

const Clock& RealClock() {
  static const MachineClock* const clock = new MachineClock;
  return *clock;
}

absl::Time FakeClock::Now() const {
  std::lock_guard lock(mutex_);
  return wall_;
}

absl::Duration FakeClock::MonotonicNow() const {
  std::lock_guard lock(mutex_);
  return monotonic_;
}

void FakeClock::Advance(absl::Duration step) {
  std::lock_guard lock(mutex_);
  wall_ += step;
  monotonic_ += step;
}

void FakeClock::SetWall(absl::Time wall) {
  std::lock_guard lock(mutex_);
  wall_ = wall;
}

}  // namespace sluice::clock
