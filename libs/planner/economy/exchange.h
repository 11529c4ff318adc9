#pragma once

#include <cstdint>
#include <optional>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"

namespace sluice::planner {

// Two replicas change brokers, where both brokers stay as even as they are or as they have to be: with less to copy
// when one of them comes home by that, or to be even in something else.
class Exchange {
 public:
  // `slot` goes to the broker `there`; for what, each of the calls below asks.
  Exchange(const ClusterState& state, const BalanceGoal& goal, uint32_t slot, int there);

  uint32_t slot() const { return slot_; }
  int here() const { return here_; }
  int there() const { return there_; }
  // What is left of both brokers' penalty when `other`, which is there, comes here; none when that is too much or a
  // limit would be passed. The rack rule is not looked at: IsAllowed tells.
  std::optional<double> CostWith(uint32_t other) const;
  // Is `other` there still, the rack rule kept, and nobody left with a second replica of a partition?
  bool IsAllowed(uint32_t other) const;

  void Apply(ClusterState& state, uint32_t other) const;

 private:
  using Gauge = BalanceGoal::Gauge<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>;

  const ClusterState& state_;
  const BalanceGoal& goal_;
  const uint32_t slot_;
  const int here_, there_;
  const LoadVector load_;
  const Gauge gauge_here_, gauge_there_;
  const double allowed_here_, allowed_there_;
};

}  // namespace sluice::planner
