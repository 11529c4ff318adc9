#pragma once

#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Brings leader counts, network out and CPU of every broker into the goal's window by handing leadership to other
// replicas of the same partition. It copies nothing, so it goes before and after all moves of replicas.
class LeaderBalancer {
 public:
  LeaderBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);

  void Run();
  // The same, but only of partitions whose replicas move anyway.
  void RunWhereReplicasMove();
  // Only changes of leadership that better a broker that was added.
  void LeadFromNewBrokers();
  // One attempt for one broker; appends the brokers that it changed.
  bool Improve(int broker, std::vector<int>& touched);
  // Gives leadership back where the window does not need the change after all.
  void Trim();

 private:
  struct Candidate {
    double score;
    uint32_t slot;  // the replica that would lead
  };
  double Cost(int broker, const LoadVector& change, double sign) const {
    return goal_.CostWith<kLeaders, kOut, kCpuUse>(broker, state_.Load(broker), change, sign);
  }
  // The penalty that goes when `slot` leads its partition.
  double Gain(uint32_t slot) const;
  // Appends every change of leadership that takes from or gives to `broker` and helps, of about `sample` of its
  // replicas.
  void Scan(int broker, size_t sample);
  bool ImproveSome(int broker, size_t sample, std::vector<int>& touched);
  bool MayLead(uint32_t slot) const;
  bool ReplicasMove(uint32_t partition) const;
  Reason Why(int from, int to) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  size_t turn_ = 0;  // shifts the samples
  bool only_where_replicas_move_ = false;
  std::vector<Candidate> candidates_;
  std::vector<double> cost_now_;  // by broker, while scanning
};

}  // namespace sluice::planner
