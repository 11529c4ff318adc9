#pragma once

#include <algorithm>
#include <vector>

#include "services/balancer-planner/ports/rebalance_store.h"

namespace sluice::balancer_planner {

// What the newest `ended` of a cluster, the newest first, and its last generation come to.
inline EndedRebalances EndedOf(const std::vector<Rebalance>& ended, int64_t generation) {
  EndedRebalances result{.generation = generation};
  for (const Rebalance& rebalance : ended) {
    if (!result.last_end || *rebalance.end_time > *result.last_end) result.last_end = rebalance.end_time;
  }
  for (const Rebalance& rebalance : ended) {
    // What nobody approved, what was cancelled and what the cluster's change ended is no failure, and excuses none.
    const bool unbegun = rebalance.stage == RebalanceStage::kExpired && rebalance.said.time != absl::InfinitePast();
    if (rebalance.stage == RebalanceStage::kDone) break;
    if (rebalance.reason == "GENERATION_CHANGED" || rebalance.reason == "STALE_GENERATION") continue;
    if (rebalance.stage == RebalanceStage::kFailed || unbegun) ++result.failures;
  }
  return result;
}

}  // namespace sluice::balancer_planner
