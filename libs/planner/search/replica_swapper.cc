#include "libs/planner/search/replica_swapper.h"

#include <algorithm>
#include <cmath>

namespace sluice::planner {
namespace {

constexpr double kLeastGain = 1e-9;
// What one pair takes, in looks of the budget.
constexpr int kLooksPerPair = 2;
// Of a partner's replicas.
constexpr size_t kMostLookedUp = 1500;

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

void ReplicaSwapper::LookUp(int partner) {
  theirs_.clear();
  const auto replicas = state_.On(partner);
  const size_t stride = Stride(replicas.size(), kMostLookedUp);
  for (size_t i = turn_ % stride; i < replicas.size(); i += stride) {
    if (Movable(replicas[i].slot)) theirs_.push_back({state_.Contribution(replicas[i].slot), replicas[i].slot});
  }
  budget_.Spend(theirs_.size());
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
  size_t looked_at = 0;
  for (const auto& [rank, partner] : ranked_) {
    // Those that suit less are only for what the first cannot do.
    if (best > 0 && looked_at >= kUsual.partners) break;
    ++looked_at;
    const Gauge other(goal_, partner, state_.Load(partner));
    const double partner_cost = other.Cost();
    LookUp(partner);
    const size_t partner_stride = Stride(theirs_.size(), view_.partner_sample);
    for (size_t i = turn_ % own_stride; i < own_replicas.size(); i += own_stride) {
      const uint32_t mine = own_replicas[i].slot;
      if (!Movable(mine)) continue;
      const LoadVector my_load = state_.Contribution(mine);
      for (size_t j = (turn_ + i) % partner_stride; j < theirs_.size(); j += partner_stride) {
        const Replica& theirs = theirs_[j];
        LoadVector change;
        for (int k = 0; k < kDimensions; ++k) change[k] = theirs.load[k] - my_load[k];
        budget_.Spend(kLooksPerPair);
        double gain = own_cost + partner_cost - own.CostWith(change, 1);
        if (gain <= kLeastGain) continue;
        gain -= other.CostWith(change, -1);
        if (gain <= kLeastGain) continue;
        const double score = gain / (state_.mean_replica_mb() + theirs.load[kDiskUse] + my_load[kDiskUse]);
        if (score <= best || state_.PartitionOf(mine) == state_.PartitionOf(theirs.slot) ||
            !state_.MayMove(mine, partner) || !state_.MayMove(theirs.slot, broker)) {
          continue;
        }
        best = score, own_slot = mine, other_slot = theirs.slot;
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
