#include "libs/operator/moves/move_pace.h"

#include <algorithm>

namespace sluice::op {

Pace NextPace(const PacePolicy& policy, Pace pace, const std::map<int32_t, BrokerStress>& stress, Moment sampled_at) {
  if (pace.at_once == 0) return {policy.first, sampled_at};
  if (stress.empty() || (pace.changed_at && sampled_at <= *pace.changed_at)) return pace;
  BrokerStress worst;
  for (const auto& [broker, one] : stress) {
    worst.idle = std::min(worst.idle, one.idle);
    worst.produce_local_ms = std::max(worst.produce_local_ms, one.produce_local_ms);
  }
  const bool stressed = worst.idle < policy.stressed_idle || worst.produce_local_ms > policy.stressed_produce_ms;
  const bool calm = worst.idle >= policy.calm_idle && worst.produce_local_ms <= policy.calm_produce_ms;
  int next = pace.at_once;
  if (stressed) {
    next = std::max(policy.least, pace.at_once / 2);
  } else if (calm && sampled_at - pace.changed_at.value_or(sampled_at) >= policy.between_raises) {
    next = std::min(policy.most, pace.at_once + 1);
  }
  if (next != pace.at_once) pace = {next, sampled_at};
  return pace;
}

}  // namespace sluice::op
