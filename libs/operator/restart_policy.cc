#include "libs/operator/restart_policy.h"

#include <algorithm>

namespace sluice::op {

int CrashesInARow(const RestartPolicy& policy, int before, absl::Duration ready_for) {
  return ready_for >= policy.stable ? 1 : before + 1;
}

absl::Duration RestartDelay(const RestartPolicy& policy, int crashes, double jitter) {
  if (crashes <= 1) return policy.first;
  absl::Duration ceiling = policy.second;
  for (int i = 2; i < crashes && ceiling < policy.longest; ++i) ceiling *= 2;
  ceiling = std::min(ceiling, policy.longest);
  return ceiling / 2 + ceiling / 2 * std::clamp(jitter, 0.0, 1.0);
}

}  // namespace sluice::op
