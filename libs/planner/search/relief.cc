#include "libs/planner/search/relief.h"

#include <algorithm>
#include <vector>

namespace sluice::planner {
namespace {

constexpr int kLimited[] = {kDiskUse, kIn, kOut, kCpuUse};
// Near the limit is where relief starts, and it stops a little further down, so that the next byte does not bring it
// back.
constexpr double kNear = 0.98;
constexpr double kClear = 0.95;

}  // namespace

Relief::Relief(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

double Relief::Excess(int broker, int dimension) const {
  const double limit = goal_.Limit(broker, dimension);
  return limit > 0 ? state_.Load(broker)[dimension] / (limit * kNear) - 1 : 0;
}

void Relief::Run() {
  for (size_t b = 0; b < state_.brokers(); ++b) {
    if (!state_.Stays(b)) continue;
    for (int k : kLimited) {
      if (Excess(b, k) <= 0) continue;
      if (k == kOut || k == kCpuUse) HandOverLeaders(b, k);
      if (Excess(b, k) > 0) MoveReplicas(b, k);
    }
  }
}

bool Relief::HandOverLeaders(int broker, int dimension) {
  bool changed = false;
  std::vector<std::pair<double, uint32_t>> led;
  for (const ClusterState::Entry& entry : state_.On(broker)) {
    const uint32_t partition = state_.PartitionOf(entry.slot);
    if (!state_.Leads(entry.slot) || state_.IsPinned(partition)) continue;
    led.emplace_back(-state_.LeadershipOf(partition)[dimension], partition);
  }
  std::sort(led.begin(), led.end());
  for (const auto& [relief, partition] : led) {
    if (state_.Load(broker)[dimension] <= goal_.Limit(broker, dimension) * kClear) break;
    const LoadVector leadership = state_.LeadershipOf(partition);
    uint32_t best_slot = 0;
    double best = -0.05;  // the heir stays this far below its limit
    for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
      const int heir = state_.BrokerOf(slot);
      budget_.Spend(1);
      if (heir == broker || !state_.IsHeir(slot) || goal_.OverLimit(heir, state_.Load(heir), leadership)) continue;
      const double excess = (state_.Load(heir)[dimension] + leadership[dimension]) / goal_.Limit(heir, dimension) - 1;
      if (excess < best) best = excess, best_slot = slot + 1;
    }
    if (best_slot == 0) continue;
    reasons_.leaders[partition] = {Reason::kOverLimit, static_cast<uint8_t>(dimension)};
    state_.Lead(best_slot - 1);
    changed = true;
  }
  return changed;
}

bool Relief::MoveReplicas(int broker, int dimension) {
  // Most relief for a byte first; of disk every byte relieves the same.
  std::vector<std::pair<double, uint32_t>> held;
  for (const ClusterState::Entry& entry : state_.On(broker)) {
    if (state_.IsPinned(state_.PartitionOf(entry.slot))) continue;
    const double relief = state_.Contribution(entry.slot)[dimension];
    if (relief <= 0) continue;
    held.emplace_back(dimension == kDiskUse ? -relief : -relief / std::max(1e-3f, entry.disk), entry.slot);
  }
  std::sort(held.begin(), held.end());
  auto over = [&] { return state_.Load(broker)[dimension] - goal_.Limit(broker, dimension) * kClear; };
  bool changed = false;
  // The least that helps: first what is no larger than what is over, then the smallest that is.
  for (const auto& [rank, slot] : held) {
    if (over() <= 0) break;
    if (state_.Contribution(slot)[dimension] <= over()) changed |= MoveAway(slot, dimension);
  }
  for (auto entry = held.rbegin(); entry != held.rend() && Excess(broker, dimension) > 0; ++entry) {
    if (state_.BrokerOf(entry->second) == broker) changed |= MoveAway(entry->second, dimension);
  }
  return changed;
}

bool Relief::MoveAway(uint32_t slot, int dimension) {
  const LoadVector load = state_.Contribution(slot);
  int best = -1;
  double emptiest = -0.05;  // who takes it stays this far below the limit
  for (size_t b = 0; b < state_.brokers(); ++b) {
    if (!state_.MayReceive(b) || goal_.OverLimit(b, state_.Load(b), load)) continue;
    const double excess = (state_.Load(b)[dimension] + load[dimension]) / goal_.Limit(b, dimension) - 1;
    if (excess < emptiest && state_.MayMove(slot, b)) emptiest = excess, best = b;
  }
  budget_.Spend(state_.brokers());
  if (best < 0) return false;
  reasons_.copies[slot] = {Reason::kOverLimit, static_cast<uint8_t>(dimension)};
  state_.Move(slot, best);
  return true;
}

}  // namespace sluice::planner
