#pragma once

#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Moves replicas between the log dirs of one broker: out of those over their limit, and, where asked for, until the
// broker's log dirs are used about alike. No network is needed, but every move is a copy on the broker's own disks.
class LogDirBalancer {
 public:
  LogDirBalancer(ClusterState& state, WorkBudget& budget, ReasonLog& reasons);

  // A replica that the search sent away and back, or another of its partition in its place, is in the log dir that it
  // was in: it has not moved at all.
  void KeepWhatStays();
  void Relieve();
  void EvenOut();

 private:
  // Brings down the log dirs that are far fuller than the mean of their broker.
  void LevelBroker(int broker);
  // Moves out of `from` what brings it down by `excess_mb` or a little more, as far as there is room.
  void MoveOut(int broker, int from, double excess_mb);
  bool TryMove(int broker, uint32_t slot);
  double Use(int broker, int log_dir) const;

  ClusterState& state_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
};

}  // namespace sluice::planner
