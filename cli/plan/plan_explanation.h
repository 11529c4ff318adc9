#pragma once

#include <string>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// For people: what the plan costs, for which reasons, what each broker gives and gets, and each step with why it is
// there; 20 steps of a batch at most unless `all`, those that copy most first.
std::string ExplainPlan(const planner::Snapshot& snapshot, const planner::Plan& plan, bool all);

// Before and after for the dimensions, a line each.
std::string BalanceTable(const planner::Plan& plan);

// "1.5 TB", "31 GB", "450 MB": decimal, as disks are sold. `mb` >= 0.
std::string MbForPeople(double mb);
// "5 h 16 min", "12 min", "40 s". `hours` >= 0.
std::string HoursForPeople(double hours);

}  // namespace sluice::cli
