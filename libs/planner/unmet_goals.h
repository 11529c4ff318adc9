#pragma once

#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/plan.h"

namespace sluice::planner {

// The brokers that would make a plan start again when this one has ended, and what stands in the way: over a limit
// (modes even-out and relieve), outside `goal`, whose window is the one that starts a plan (even-out), or new and below
// it (fill). `loads` are those after the plan.
std::vector<Unmet> FindUnmetGoals(const ClusterState& end, const BalanceGoal& goal, const Plan& plan, Mode mode);

}  // namespace sluice::planner
