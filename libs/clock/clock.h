#pragma once

#include <mutex>

#include "absl/time/time.h"

namespace sluice::clock {

// The port through which time enters. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time: for what people and records see. It may jump either way; never measure with it.
  virtual absl::Time Now() const = 0;
  // Time since an arbitrary fixed moment; never goes back, counts while the process or the machine is suspended
  // (CLOCK_BOOTTIME). For deadlines, leases and measurements.
  virtual absl::Duration MonotonicNow() const = 0;
};

// The machine's clocks. Lives for the whole process.
const Clock& RealClock();

// Stands still until told to move. For tests and seeded simulations.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time start = absl::FromUnixSeconds(1'750'000'000)) : wall_(start) {}

  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;
  // Both clocks move on by `step` (≥ 0).
  void Advance(absl::Duration step);
  // The wall clock alone jumps, as after an operator's correction.
  void SetWall(absl::Time wall);

 private:
  mutable std::mutex mutex_;
  absl::Time wall_;
  absl::Duration monotonic_ = absl::Seconds(1);
};

}  // namespace sluice::clock
