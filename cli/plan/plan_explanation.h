#pragma once

#include <string>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// For people: each step of each batch with why it is there, 40 steps of a batch at most unless `all`.
std::string ExplainPlan(const planner::Snapshot& snapshot, const planner::Plan& plan, bool all);

// Before and after for the dimensions, a line each.
std::string BalanceTable(const planner::Plan& plan);

}  // namespace sluice::cli
