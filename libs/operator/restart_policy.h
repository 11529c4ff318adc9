#pragma once

#include "absl/time/time.h"

namespace sluice::op {

// When a crashed node is started again. Exponential with jitter and a cap, as Kubernetes' CrashLoopBackOff; the first
// restart is nearly at once, since most crashes come alone and a tenant waits.
struct RestartPolicy {
  absl::Duration first = absl::Milliseconds(200);
  absl::Duration second = absl::Seconds(2);
  absl::Duration longest = absl::Seconds(60);
  // A process that was ready for so long has left its crashes behind.
  absl::Duration stable = absl::Seconds(120);
};

// Crashes in a row after one more. `ready_for`: how long the process that crashed had been ready, zero when never.
int CrashesInARow(const RestartPolicy& policy, int before, absl::Duration ready_for);

// The wait between the `crashes`-th crash in a row (≥ 1) and the next start: half of it fixed, half by `jitter` (0–1).
absl::Duration RestartDelay(const RestartPolicy& policy, int crashes, double jitter);

}  // namespace sluice::op
