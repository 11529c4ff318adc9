#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/economy/exchange.h"
#include "libs/planner/economy/moved.h"
#include "libs/planner/reason.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Spreads topics over brokers at no cost: where a broker holds more of a topic than its fair share and a little,
// another replica of no more bytes moves in place of one that moves anyway, so that the topic is less crowded.
class TopicSpreader {
 public:
  TopicSpreader(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons);

  void Run();

 private:
  void SpreadFrom(int broker);
  bool IsOfCrowdedTopic(uint32_t slot) const;
  // The replicas that began on `broker`, were on it when first asked for, and may move.
  const std::vector<Moved>& NativesOf(int broker);
  // It came here, and returns; another of its home comes in its place.
  bool SendAnother(uint32_t arrived);
  // It came here, and goes where another went, which comes here: where it came from is gone, or has no other.
  void ChangeDestination(uint32_t arrived);
  // It was always here, and goes where one that left went, which returns.
  void GoInstead(uint32_t crowded);
  bool Betters(const Exchange& exchange, uint32_t other) const;
  void Apply(const Exchange& exchange, uint32_t returns, uint32_t goes);

  ClusterState& state_;
  const BalanceGoal& goal_;
  WorkBudget& budget_;
  ReasonLog& reasons_;
  std::vector<std::vector<Moved>> departed_, arrived_;  // by broker, as it was at the start
  std::vector<std::vector<Moved>> natives_;             // by broker, sorted; empty until asked for
  std::vector<uint32_t> crowded_;
};

}  // namespace sluice::planner
