#pragma once

#include <optional>
#include <span>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/economy/exchange.h"
#include "libs/planner/economy/moved.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Makes one move of two, where a search has sent one replica to a broker and another of about the same load away from
// it: the first goes straight to where the second went, and the second stays at home. Brokers that gave while they were
// too full and took once they were not leave many such pairs behind; each costs a move and the second replica's bytes.
class ChainShortener {
 public:
  ChainShortener(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, const ReasonLog& reasons);

  void Run();

 private:
  void ShortenThrough(int broker);
  // The one of `arrived` that goes on at no cost worth a move; none where there is no such.
  std::optional<Moved> BestToGoOn(const Exchange& exchange, std::span<const Moved> arrived) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  const ReasonLog& reasons_;
  std::vector<std::vector<Moved>> arrived_, departed_;  // by broker
};

}  // namespace sluice::planner
