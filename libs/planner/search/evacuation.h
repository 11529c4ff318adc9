#pragma once

#include <string>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/plan.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// A replica that must go and cannot.
struct Obstacle {
  uint32_t partition = 0;
  int broker = 0;       // where the replica is
  std::string because;  // the constraint in the way, for people
  Constraint constraint = Constraint::kCapacity;
};

// The moves that are not a matter of taste: replicas leave brokers that are dead or leaving, and partitions that break
// the rack rule get a replica in another rack. Each goes where the goal wants it most, largest first, so that these
// bytes even the cluster out as far as they can.
class Evacuation {
 public:
  Evacuation(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);

  void EmptyBrokersThatGo();
  void RepairRacks();
  const std::vector<Obstacle>& obstacles() const { return obstacles_; }

 private:
  struct Refusal {
    std::string because;
    Constraint constraint = Constraint::kCapacity;
  };
  // The best broker for the replica; -1 and the reason when there is none.
  int Destination(uint32_t slot, bool any_rack, double* score, Refusal* refusal);
  // A reassignment never ends while its target names a dead broker: such a partition keeps all its replicas.
  void LeaveAlone(uint32_t partition);
  void RepairRacksOf(uint32_t partition);
  // Is another of the partition's replicas in the rack of this one?
  bool SharesRack(uint32_t slot) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  std::vector<Obstacle> obstacles_;
};

}  // namespace sluice::planner
