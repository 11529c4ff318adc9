#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Brings replica counts, disk and network in of every broker into the goal's window by moving replicas, at few bytes
// and few moves.
//
// A greedy search on the goal's penalty. The worst broker pushes its excess out, or pulls in what it lacks; of the
// replicas and partners that help, those with the most penalty removed per price go first. The price of a move is a
// part for the move itself and a part for its bytes, where bytes that have to cross the window's edge anyway are nearly
// free: so the sum of bytes comes close to what any plan must move (Slicer, OSDI 2016, ranks by imbalance removed per
// byte; the discount is what lowers the count of moves).
//
// O(moves × (replicas looked at in a scan ÷ moves per scan + partners)).
class ReplicaBalancer {
 public:
  // How many of a large broker's replicas a scan looks at while that finds something: the best of so many is nearly the
  // best of all, and what is taken stays typical of what there is. Another sampling comes to another end.
  struct Sampling {
    size_t push = 400;
    size_t pull = 48;                      // of each partner
    size_t turn = 0;                       // where to begin
    int least_moves = 4, most_moves = 12;  // that one scan of a broker may lead to: fewer near its window
  };

  ReplicaBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons,
                  const Sampling& sampling);

  void Run();
  // Pulls replicas to brokers that were added, until each is within its window; moves nothing between the others.
  void FillNewBrokers();
  // One attempt for one broker, over all dimensions when `leaders_too`; appends the brokers that it changed.
  bool Improve(int broker, bool leaders_too, std::vector<int>& touched);
  // Takes back moves that the window does not need after all, dearest first.
  void Trim();

 private:
  // Score and slot in one number, so that ranking many compares one word each: scores are above 0, and the bits of such
  // floats are ordered as they are.
  class Candidate {
   public:
    Candidate(double score, uint32_t slot)
        : rank_(uint64_t{std::bit_cast<uint32_t>(static_cast<float>(score))} << 32 | ~slot) {}
    float score() const { return std::bit_cast<float>(static_cast<uint32_t>(rank_ >> 32)); }
    uint32_t slot() const { return ~static_cast<uint32_t>(rank_); }
    // Of equals the lower slot is better.
    static bool Better(const Candidate& a, const Candidate& b) { return a.rank_ > b.rank_; }

   private:
    uint64_t rank_;
  };
  // What a replica's move from one broker to another costs.
  struct Pricing {
    double move_price;
    double useful_mb;  // so much has to move anyway
    double Of(double disk) const;
  };
  template <int... Ks>
  bool Push(int from, std::vector<int>& touched);
  template <int... Ks>
  bool Pull(int to, std::vector<int>& touched);
  template <int... Ks>
  bool PushSome(int from, size_t sample, std::vector<int>& touched);
  template <int... Ks>
  bool PullSome(int to, size_t sample, std::vector<int>& touched);
  template <int... Ks>
  void ChoosePartners(int broker, const LoadVector& typical, double sign);
  template <int... Ks>
  bool HasTooMuch(int broker) const;
  // Leaves the best `count` candidates, in no order.
  void KeepBest(size_t count);
  // The best first, and before them those of topics of which their broker has too much.
  void Rank();
  Pricing PricingOf(int from, int to) const;
  int Quota(int broker) const;
  bool Movable(uint32_t slot) const { return !state_.IsPinned(state_.PartitionOf(slot)); }
  void FindDirection();
  Reason Why(int from, int to) const;

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  double move_price_ = 0;  // of one move, in bytes as disk loads are
  // Is more disk use above the windows than missing below? Then the bytes that leave are the bound, else those that
  // come.
  bool leaving_binds_ = true;
  const Sampling sampling_;
  size_t turn_;  // shifts the samples
  std::vector<Candidate> candidates_;
  std::vector<int> partners_;
  std::vector<std::pair<double, int>> ranked_;
};

}  // namespace sluice::planner
