#include "libs/planner/search/replica_swapper.h"

#include <algorithm>
#include <cmath>

namespace sluice::planner {
namespace {

constexpr double kLeastGain = 1e-9;
// What one pair takes, in looks of the budget.
constexpr int kLooksPerPair = 3;

size_t Stride(size_t size, size_t sample) { return std::max<size_t>(1, size / sample); }

}  // namespace

ReplicaSwapper::ReplicaSwapper(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void ReplicaSwapper::RankPartners(int broker) {
  ranked_.clear();
  for (size_t b = 0; b < state_.brokers(); ++b) {
    if (static_cast<int>(b) == broker || !state_.MayReceive(b)) continue;
    double apart = 0;
    for (int k = 0; k < kDimensions; ++k) {
      const double own = goal_.Relative(broker, k, state_.Load(broker)[k]);
      if (own > goal_.High(broker, k)) apart += own - goal_.Relative(b, k, state_.Load(b)[k]);
      if (own < goal_.Low(broker, k)) apart += goal_.Relative(b, k, state_.Load(b)[k]) - own;
    }
    ranked_.emplace_back(-apart, b);
  }
  const size_t kept = std::min(view_.partners, ranked_.size());
  std::partial_sort(ranked_.begin(), ranked_.begin() + kept, ranked_.end());
  ranked_.resize(kept);
}

bool ReplicaSwapper::Improve(int broker, std::vector<int>& touched) {
  if (!state_.MayReceive(broker)) return false;
  RankPartners(broker);
  ++turn_;
  double best = 0;
  uint32_t own_slot = 0, other_slot = 0;
  const Gauge own(goal_, broker, state_.Load(broker));
  const double own_cost = own.Cost();
  const auto own_replicas = state_.On(broker);
  const size_t own_stride = Stride(own_replicas.size(), view_.own_sample);
  for (const auto& [rank, partner] : ranked_) {
    const Gauge other(goal_, partner, state_.Load(partner));
    const double partner_cost = other.Cost();
    const auto partner_replicas = state_.On(partner);
    const size_t partner_stride = Stride(partner_replicas.size(), view_.partner_sample);
    for (size_t i = turn_ % own_stride; i < own_replicas.size(); i += own_stride) {
      const uint32_t mine = own_replicas[i].slot;
      if (!Movable(mine)) continue;
      const LoadVector my_load = state_.Contribution(mine);
      for (size_t j = (turn_ + i) % partner_stride; j < partner_replicas.size(); j += partner_stride) {
        const uint32_t theirs = partner_replicas[j].slot;
        if (state_.PartitionOf(mine) == state_.PartitionOf(theirs) || !Movable(theirs)) continue;
        LoadVector change = state_.Contribution(theirs);
        for (int k = 0; k < kDimensions; ++k) change[k] -= my_load[k];
        budget_.Spend(kLooksPerPair);
        const double gain = own_cost + partner_cost - own.CostWith(change, 1) - other.CostWith(change, -1);
        if (gain <= kLeastGain) continue;
        const double score = gain / (state_.mean_replica_mb() + partner_replicas[j].disk + own_replicas[i].disk);
        if (score <= best || !state_.MayMove(mine, partner) || !state_.MayMove(theirs, broker)) continue;
        best = score, own_slot = mine, other_slot = theirs;
      }
    }
  }
  if (best <= 0) return false;
  const int partner = state_.BrokerOf(other_slot);
  for (uint32_t slot : {own_slot, other_slot}) reasons_.copies[slot] = {Reason::kTooMuch, kReplicas, 1, 1};
  state_.Move(own_slot, partner);
  state_.Move(other_slot, broker);
  touched.push_back(partner);
  return true;
}

}  // namespace sluice::planner
