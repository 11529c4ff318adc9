#pragma once

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// The least that brings every broker that is near or over a limit away from it: leader changes for links and CPU first,
// then the fewest bytes for what is left. For the hour when a disk or a link is nearly full; evenness can wait.
class Relief {
 public:
  Relief(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);
  void Run();

 private:
  // How far above what is near its limit the broker is, relative to that.
  double Excess(int broker, int dimension) const;
  bool HandOverLeaders(int broker, int dimension);
  bool MoveReplicas(int broker, int dimension);
  bool MoveAway(uint32_t slot, int dimension);

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
};

}  // namespace sluice::planner
