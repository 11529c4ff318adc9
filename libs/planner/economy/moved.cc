#include "libs/planner/economy/moved.h"

#include <algorithm>

namespace sluice::planner {

std::vector<std::vector<Moved>> Arrivals(const ClusterState& state, const ReasonLog& reasons) {
  std::vector<std::vector<Moved>> arrived(state.brokers());
  for (const auto& [slot, reason] : reasons.copies) {
    const int now = state.BrokerOf(slot);
    if (now != state.OriginalBrokerOf(slot)) arrived[now].push_back({state.DiskOf(slot), slot});
  }
  return arrived;
}

std::vector<std::vector<Moved>> Departures(const ClusterState& state, const ReasonLog& reasons) {
  std::vector<std::vector<Moved>> departed(state.brokers());
  for (const auto& [slot, reason] : reasons.copies) {
    const int home = state.OriginalBrokerOf(slot);
    if (state.BrokerOf(slot) == home || !state.MayReceive(home) || reason.kind == Reason::kRackRule) continue;
    departed[home].push_back({state.DiskOf(slot), slot});
  }
  return departed;
}

std::span<const Moved> Neighbours(std::span<const Moved> sorted, const Moved& moved, size_t each_way) {
  const size_t at = std::lower_bound(sorted.begin(), sorted.end(), moved) - sorted.begin();
  const size_t first = at - std::min(at, each_way), last = std::min(sorted.size(), at + each_way);
  return sorted.subspan(first, last - first);
}

}  // namespace sluice::planner
