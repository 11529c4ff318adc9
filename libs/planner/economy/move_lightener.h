#pragma once

#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/economy/exchange.h"
#include "libs/planner/economy/moved.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Lets a lighter replica go in a heavier one's place, where both brokers stay within their windows with that: a search
// that takes the best of few overshoots, and every byte beyond the window's edge is copied for nothing.
class MoveLightener {
 public:
  MoveLightener(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);

  void Run();

 private:
  void LightenFrom(int broker);
  void Lighten(uint32_t heavy);
  // The disk that the one may keep and the other do without, and both be within their windows.
  double Slack(const Exchange& exchange) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  std::vector<std::vector<Moved>> departed_;  // by broker
};

}  // namespace sluice::planner
