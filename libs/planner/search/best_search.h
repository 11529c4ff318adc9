#pragma once

#include <memory>

#include "libs/planner/plan.h"
#include "libs/planner/search/search.h"
#include "libs/planner/search/work_budget.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner {

// A search that has run. Of small clusters, where a replica or two more decide, the best of a few that sample
// differently, unless the first one copies hardly more than any plan has to; of large ones, and where the caller limits
// the work, the first. The snapshot and
// the budget must outlive it.
std::unique_ptr<Search> BestSearch(const Snapshot& snapshot, const PlanOptions& options, WorkBudget& budget);

}  // namespace sluice::planner
