#include "libs/operator/moves/move_pace.h"

#include <algorithm>

namespace sluice::op {

Pace NextPace(const PacePolicy& policy, Pace pace, const std::map<int32_t, double>& idle, Moment sampled_at) {
  if (pace.at_once == 0) return {policy.first, sampled_at};
  if (idle.empty() || (pace.changed_at && sampled_at <= *pace.changed_at)) return pace;
  double lowest = 1;
  for (const auto& [broker, fraction] : idle) lowest = std::min(lowest, fraction);
  int next = pace.at_once;
  if (lowest < policy.stressed_idle) {
    next = std::max(policy.least, pace.at_once / 2);
  } else if (lowest >= policy.calm_idle && sampled_at - pace.changed_at.value_or(sampled_at) >= policy.between_raises) {
    next = std::min(policy.most, pace.at_once + 1);
  }
  if (next != pace.at_once) pace = {next, sampled_at};
  return pace;
}

}  // namespace sluice::op
