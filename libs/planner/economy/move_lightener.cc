#include "libs/planner/economy/move_lightener.h"

#include <algorithm>
#include <optional>

namespace sluice::planner {
namespace {

// Of each broker so many of its largest moves are looked at: most bytes are in few replicas.
constexpr size_t kMovesLookedAt = 48;
// Of a mean replica's bytes; below it a look is not worth its work.
constexpr double kLeastSaving = 0.1;
// Looks that are no more than one comparison, for one look of the budget.
constexpr size_t kGlancesPerLook = 4;

}  // namespace

MoveLightener::MoveLightener(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void MoveLightener::Run() {
  departed_ = Departures(state_, reasons_);
  for (int broker : state_.staying()) LightenFrom(broker);
}

void MoveLightener::LightenFrom(int broker) {
  std::vector<Moved>& departed = departed_[broker];
  const size_t looked_at = std::min(departed.size(), kMovesLookedAt);
  std::partial_sort(departed.begin(), departed.begin() + looked_at, departed.end(), [](const Moved& a, const Moved& b) {
    return a.disk != b.disk ? a.disk > b.disk : a.slot < b.slot;
  });
  for (size_t i = 0; i < looked_at && !budget_.spent(); ++i) Lighten(departed[i].slot);
}

double MoveLightener::Slack(const Exchange& exchange) const {
  const int home = exchange.there(), away = exchange.here();
  const double may_keep = goal_.High(home, kDiskUse) * goal_.Share(home, kDiskUse) - state_.Load(home)[kDiskUse];
  const double may_miss = state_.Load(away)[kDiskUse] - goal_.Low(away, kDiskUse) * goal_.Share(away, kDiskUse);
  return std::min(may_keep, may_miss);
}

void MoveLightener::Lighten(uint32_t heavy) {
  const int home = state_.OriginalBrokerOf(heavy);
  const Exchange exchange(state_, goal_, heavy, home);
  const double slack = Slack(exchange), disk = state_.DiskOf(heavy);
  double most_saved = kLeastSaving * state_.mean_replica_mb();
  if (slack < most_saved) return;
  std::optional<uint32_t> light;
  const auto at_home = state_.On(home);
  budget_.Spend(at_home.size() / kGlancesPerLook);
  for (const ClusterState::Entry& entry : at_home) {
    const double saved = disk - entry.disk;
    if (saved <= most_saved || saved > slack) continue;
    if (state_.OriginalBrokerOf(entry.slot) != home || state_.IsPinned(state_.PartitionOf(entry.slot))) continue;
    budget_.Spend(2);
    if (!exchange.CostWith(entry.slot) || !exchange.IsAllowed(entry.slot)) continue;
    light = entry.slot;
    most_saved = saved;
  }
  if (!light) return;
  reasons_.CopyInPlaceOf(heavy, *light);
  exchange.Apply(state_, *light);
}

}  // namespace sluice::planner
