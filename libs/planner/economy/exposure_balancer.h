#pragma once

#include <cstdint>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/economy/moved.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Evens what brokers would have to send were they to lead all that they hold, at no cost: two replicas that move anyway
// go each where the other went, where that leaves both brokers as even as they have to be in all else. After the loss
// of a broker its partitions are led by others, so a broker with many replicas that are read a lot is one failure away
// from a full link (Cruise Control's PotentialNwOutGoal).
class ExposureBalancer {
 public:
  ExposureBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, const ReasonLog& reasons);

  void Run();

 private:
  // Its potential network out over the mean.
  double Exposure(int broker) const {
    return goal_.Relative(broker, kPotentialOut, state_.Load(broker)[kPotentialOut]);
  }
  bool IsTooMuch(int broker) const { return Exposure(broker) > 1 + goal_.window(); }
  void Lower(int broker);
  void ChangeDestination(uint32_t slot);
  // How much nearer to the mean both are when `broker` has `less` to send and `other` more.
  double Gain(int broker, int other, double less) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  const ReasonLog& reasons_;
  std::vector<std::vector<Moved>> arrived_;  // by broker
  std::vector<int> least_exposed_;
};

}  // namespace sluice::planner
