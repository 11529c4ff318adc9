#include "libs/planner/economy/exchange.h"

#include <algorithm>

namespace sluice::planner {

Exchange::Exchange(const ClusterState& state, const BalanceGoal& goal, uint32_t slot, int there)
    : state_(state),
      goal_(goal),
      slot_(slot),
      here_(state.BrokerOf(slot)),
      there_(there),
      load_(state.Contribution(slot)),
      gauge_here_(goal, here_, state.Load(here_)),
      gauge_there_(goal, there_, state.Load(there_)),
      allowed_here_(std::max(goal.good_enough(), gauge_here_.Cost())),
      allowed_there_(std::max(goal.good_enough(), gauge_there_.Cost())) {}

std::optional<double> Exchange::CostWith(uint32_t other) const {
  const LoadVector load = state_.Contribution(other);
  LoadVector more_there;
  for (int k = 0; k < kDimensions; ++k) more_there[k] = load_[k] - load[k];
  const double cost_there = gauge_there_.CostWith(more_there, 1);
  if (cost_there > allowed_there_) return std::nullopt;
  const double cost_here = gauge_here_.CostWith(more_there, -1);
  if (cost_here > allowed_here_) return std::nullopt;
  LoadVector more_here;
  for (int k = 0; k < kDimensions; ++k) more_here[k] = -more_there[k];
  if (goal_.OverLimit(there_, state_.Load(there_), more_there) ||
      goal_.OverLimit(here_, state_.Load(here_), more_here)) {
    return std::nullopt;
  }
  return cost_there + cost_here;
}

bool Exchange::IsAllowed(uint32_t other) const {
  return state_.BrokerOf(other) == there_ && state_.PartitionOf(other) != state_.PartitionOf(slot_) &&
         state_.MayMove(slot_, there_) && state_.MayMove(other, here_);
}

void Exchange::Apply(ClusterState& state, uint32_t other) const {
  state.Move(other, here_);
  state.Move(slot_, there_);
}

}  // namespace sluice::planner
