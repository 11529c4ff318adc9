#include "cli/plan/broker_bars.h"

#include <algorithm>
#include <numeric>

namespace sluice::cli {
namespace {

using planner::LoadVector;

// Beyond any link that there is: a link without a limit (libs/cluster_snapshot says 10^9).
constexpr double kNoLimitKbps = 5e8;

std::string StateOf(const planner::Broker& broker) {
  switch (broker.state) {
    case planner::BrokerState::kNew:
      return "new";
    case planner::BrokerState::kLeaving:
      return "leaves";
    case planner::BrokerState::kDead:
      return "dead";
    case planner::BrokerState::kAlive:
      break;
  }
  return broker.excluded ? "cordoned" : "";
}

double MeanLeaders(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  double sum = 0, brokers = 0;
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
    sum += plan.loads_after[b][planner::kLeaders];
    brokers += snapshot.brokers[b].stays();
  }
  return brokers > 0 && sum > 0 ? sum / brokers : 1;
}

double Busiest(const planner::Plan& plan, int dimension) {
  double most = 0;
  for (const auto* loads : {&plan.loads_before, &plan.loads_after}) {
    for (const LoadVector& load : *loads) most = std::max(most, load[dimension]);
  }
  return most > 0 ? most : 1;
}

BarPanel Panel(const planner::Snapshot& snapshot, const planner::Plan& plan, int dimension, const std::string& title) {
  BarPanel panel{.title = title, .measure = "of its limit"};
  const bool leaders = dimension == planner::kLeaders;
  const int resource = dimension - planner::kDiskUse;
  for (size_t b = 0; b < snapshot.brokers.size() && !leaders; ++b) {
    panel.has_limit &= snapshot.brokers[b].capacity[resource] < kNoLimitKbps;
  }
  panel.has_limit &= !leaders;
  const double whole = leaders ? MeanLeaders(snapshot, plan) : panel.has_limit ? 0 : Busiest(plan, dimension);
  if (!panel.has_limit) panel.measure = leaders ? "of the mean" : "of the busiest";
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
    const double unit = panel.has_limit ? std::max(snapshot.LimitOf(b, resource), 1e-9) : whole;
    panel.bars.push_back({.id = snapshot.brokers[b].id,
                          .state = StateOf(snapshot.brokers[b]),
                          .before = plan.loads_before[b][dimension] / unit,
                          .after = plan.loads_after[b][dimension] / unit});
    if (leaders) panel.full = std::max({panel.full, panel.bars.back().before, panel.bars.back().after});
  }
  panel.by_before.resize(panel.bars.size());
  std::iota(panel.by_before.begin(), panel.by_before.end(), 0);
  std::stable_sort(panel.by_before.begin(), panel.by_before.end(),
                   [&](size_t a, size_t b) { return panel.bars[a].before > panel.bars[b].before; });
  return panel;
}

}  // namespace

std::vector<BarPanel> BarPanels(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  return {Panel(snapshot, plan, planner::kDiskUse, "disk"), Panel(snapshot, plan, planner::kIn, "network in"),
          Panel(snapshot, plan, planner::kOut, "network out"), Panel(snapshot, plan, planner::kLeaders, "leaders")};
}

}  // namespace sluice::cli
