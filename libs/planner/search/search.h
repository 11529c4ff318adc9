#pragma once

#include <compare>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/economy/chain_shortener.h"
#include "libs/planner/economy/exposure_balancer.h"
#include "libs/planner/economy/move_lightener.h"
#include "libs/planner/economy/topic_spreader.h"
#include "libs/planner/plan.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/evacuation.h"
#include "libs/planner/search/leader_balancer.h"
#include "libs/planner/search/log_dir_balancer.h"
#include "libs/planner/search/replica_balancer.h"
#include "libs/planner/search/replica_swapper.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// One search from a snapshot to the end state that a mode asks for. The snapshot and the budget, which others may
// share, must outlive it.
class Search {
 public:
  Search(const Snapshot& snapshot, const PlanOptions& options, WorkBudget& budget,
         const ReplicaBalancer::Sampling& sampling = {});

  void Run();

  // Might a search that starts where this one has ended find more to do? Not when every broker is where it should be.
  bool MayGoOn() const;
  // Takes over what `next`, a search from this one's end, has come to. False when it changed nothing.
  bool Adopt(const Search& next);

  // How many brokers its end leaves outside, and what it copies to get there.
  struct Outcome {
    int brokers_outside = 0;
    double bytes_mb = 0;
    auto operator<=>(const Outcome&) const = default;
  };
  Outcome outcome() const;
  // Of every broker, when the search was made.
  const std::vector<LoadVector>& loads_before() const { return loads_before_; }

  const ClusterState& state() const { return state_; }
  const BalanceGoal& goal() const { return goal_; }
  const BalanceGoal& start_goal() const { return start_goal_; }
  const ReasonLog& reasons() const { return reasons_; }
  const std::vector<Obstacle>& obstacles() const { return evacuation_.obstacles(); }
  // Where steps have to be left out: is what the others reach worth more than what the needed ones alone do? Without
  // this a plan that cannot be ordered would be followed by plans that move a little here and there, and never end.
  bool IsWorthwhile(const std::vector<LoadVector>& after_all, const std::vector<LoadVector>& after_needed) const;
  // Did it end for want of work?
  bool work_spent() const { return work_spent_; }

 private:
  void RunMode();
  void EvenOut();
  void Polish();
  // False: all is within, or a further round is not worth its work.
  bool PolishOnce();
  void FollowMean();
  void Economize();
  bool IsWithin(int broker) const;
  bool AllWithin() const;
  // Outside the window that starts a plan, which is wider than the one that ends it.
  double StartCost() const;
  bool AdoptPartition(const Search& next, uint32_t partition);

  const PlanOptions options_;
  ClusterState state_;
  const std::vector<LoadVector> loads_before_;
  BalanceGoal goal_, start_goal_;
  WorkBudget& budget_;
  bool work_spent_ = false;
  bool must_move_ = false;  // there was something to do besides evening out
  ReasonLog reasons_;
  Evacuation evacuation_;
  ReplicaBalancer replicas_;
  LeaderBalancer leaders_;
  ReplicaSwapper swapper_;
  ChainShortener chains_;
  MoveLightener lightener_;
  TopicSpreader topics_;
  ExposureBalancer exposure_;
  LogDirBalancer log_dirs_;
};

}  // namespace sluice::planner
