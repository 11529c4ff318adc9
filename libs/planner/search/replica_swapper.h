#pragma once

#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// What single moves cannot mend: exchanges a replica of a broker outside its window for one of another broker, where
// the two together better both. Dear to search (replicas × replicas, sampled), so it comes last and within the budget.
class ReplicaSwapper {
 public:
  ReplicaSwapper(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);

  // One exchange for `broker`; appends the other broker.
  bool Improve(int broker, std::vector<int>& touched);

  // From here on it looks at more partners and more replicas of each: some ten times the work of an exchange.
  void LookWider() { view_ = kWide; }

 private:
  struct View {
    size_t partners, own_sample, partner_sample;
  };
  static constexpr View kUsual = {4, 200, 60}, kWide = {12, 300, 150};

  using Gauge = BalanceGoal::Gauge<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>;
  struct Replica {
    LoadVector load;
    uint32_t slot;
  };
  void RankPartners(int broker);
  // Puts the partner's replicas side by side, each once for all the pairs that it is in.
  void LookUp(int partner);
  bool Movable(uint32_t slot) const { return !state_.IsPinned(state_.PartitionOf(slot)); }

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  View view_ = kUsual;
  size_t turn_ = 0;  // shifts the sample, so that the next look sees other replicas
  std::vector<std::pair<double, int>> ranked_;
  std::vector<Replica> theirs_;
};

}  // namespace sluice::planner
