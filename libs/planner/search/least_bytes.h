#pragma once

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"

namespace sluice::planner {

// What any plan has to copy at least, in MB, to bring every broker's disk into its window: what is over must leave,
// what is missing must come, and what is on brokers that go must leave. Where there are as many racks as replicas each
// rack has to do so by itself. Ignores all but disk, so it may be loose, never wrong. O(brokers).
double LeastBytesMb(const ClusterState& start, const BalanceGoal& goal);

}  // namespace sluice::planner
