#pragma once

#include <queue>
#include <utility>
#include <vector>

#include "libs/planner/cluster_state.h"
#include "libs/planner/search/work_budget.h"

namespace sluice::planner {

// Works on the broker with the highest cost until none is above `good_enough`, none can be bettered, or the work is
// spent. `cost(broker)` gives its present cost; `improve(broker, touched)` tries, appends every other broker that it
// changed, and tells whether it changed anything. A broker that could not be bettered is tried again once it is
// touched. Ends: improve must lower the sum of costs whenever it returns true.
template <typename Cost, typename Improve>
void WorstFirst(const std::vector<int>& brokers, double good_enough, WorkBudget& budget, Cost cost, Improve improve) {
  std::priority_queue<std::pair<double, int>> queue;
  std::vector<double> current;
  for (int broker : brokers) {
    if (current.size() <= static_cast<size_t>(broker)) current.resize(broker + 1, -1);
    current[broker] = cost(broker);
    if (current[broker] > good_enough) queue.emplace(current[broker], broker);
  }
  std::vector<int> touched;
  while (!queue.empty() && !budget.spent()) {
    const auto [seen, broker] = queue.top();
    queue.pop();
    if (seen != current[broker]) continue;  // an older entry of a broker that has changed since
    touched.clear();
    if (!improve(broker, touched)) {
      current[broker] = -1;
      continue;
    }
    touched.push_back(broker);
    for (int other : touched) {
      if (current.size() <= static_cast<size_t>(other)) current.resize(other + 1, -1);
      const double now = cost(other);
      if (now == current[other] && other != broker) continue;
      current[other] = now;
      if (now > good_enough) queue.emplace(now, other);
    }
  }
}

// The same over the new brokers alone: others may be touched, and are not worked on for that.
template <typename Cost, typename Improve>
void WorstNewFirst(const ClusterState& state, double good_enough, WorkBudget& budget, Cost cost, Improve improve) {
  std::vector<int> added;
  for (int broker : state.staying()) {
    if (state.IsNew(broker)) added.push_back(broker);
  }
  WorstFirst(
      added, good_enough, budget, [&](int broker) { return state.IsNew(broker) ? cost(broker) : 0.0; }, improve);
}

}  // namespace sluice::planner
