#include "libs/planner/search/leader_balancer.h"

#include <algorithm>

#include "libs/planner/search/worst_first.h"

namespace sluice::planner {
namespace {

constexpr double kLeastGain = 1e-9;
constexpr size_t kMostPerScan = 24;
// Large brokers are scanned in part while that finds something.
constexpr size_t kSample = 256;

}  // namespace

LeaderBalancer::LeaderBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void LeaderBalancer::Run() {
  WorstFirst(
      state_.staying(), goal_.good_enough(), budget_,
      [&](int b) { return goal_.Cost<kLeaders, kOut, kCpuUse>(b, state_.Load(b)); },
      [&](int b, std::vector<int>& touched) { return Improve(b, touched); });
}

void LeaderBalancer::RunWhereReplicasMove() {
  only_where_replicas_move_ = true;
  Run();
  only_where_replicas_move_ = false;
}

bool LeaderBalancer::ReplicasMove(uint32_t partition) const {
  for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
    if (state_.BrokerOf(slot) != state_.OriginalBrokerOf(slot)) return true;
  }
  return false;
}

void LeaderBalancer::LeadFromNewBrokers() {
  WorstNewFirst(
      state_, goal_.good_enough(), budget_,
      [&](int b) { return goal_.Cost<kLeaders, kOut, kCpuUse>(b, state_.Load(b)); },
      [&](int b, std::vector<int>& touched) { return Improve(b, touched); });
}

bool LeaderBalancer::MayLead(uint32_t slot) const {
  const uint32_t partition = state_.PartitionOf(slot);
  if (state_.IsPinned(partition) || !state_.IsHeir(slot)) return false;
  const int broker = state_.BrokerOf(slot);
  return !goal_.OverLimit(broker, state_.Load(broker), state_.LeadershipOf(partition));
}

double LeaderBalancer::Gain(uint32_t slot) const {
  const uint32_t partition = state_.PartitionOf(slot);
  const LoadVector leadership = state_.LeadershipOf(partition);
  const int from = state_.BrokerOf(state_.LeaderSlot(partition)), to = state_.BrokerOf(slot);
  return Cost(from, leadership, 0) - Cost(from, leadership, -1) + Cost(to, leadership, 0) - Cost(to, leadership, 1);
}

void LeaderBalancer::Scan(int broker, size_t sample) {
  const LoadVector nothing = {};
  cost_now_.resize(state_.brokers());
  for (size_t b = 0; b < state_.brokers(); ++b) cost_now_[b] = Cost(b, nothing, 0);
  candidates_.clear();
  const size_t seen = VisitSample(state_.On(broker), sample, ++turn_, [&](const ClusterState::Entry& entry) {
    const uint32_t partition = state_.PartitionOf(entry.slot);
    if (only_where_replicas_move_ && !ReplicasMove(partition)) return;
    const uint32_t leader = state_.LeaderSlot(partition);
    const int from = state_.BrokerOf(leader);
    const LoadVector leadership = state_.LeadershipOf(partition);
    const double given = cost_now_[from] - Cost(from, leadership, -1);
    auto consider = [&](uint32_t slot) {
      const int to = state_.BrokerOf(slot);
      const double gain = given + cost_now_[to] - Cost(to, leadership, 1);
      if (gain > kLeastGain) candidates_.push_back({gain, slot});
    };
    // A broker that leads may give to each of the others; one that follows may only take.
    if (leader != entry.slot) {
      consider(entry.slot);
    } else if (given > 0) {
      for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
        if (slot != leader) consider(slot);
      }
    }
  });
  budget_.Spend(2 * seen);
}

bool LeaderBalancer::Improve(int broker, std::vector<int>& touched) {
  return ImproveSome(broker, kSample, touched) ||
         (state_.On(broker).size() >= 2 * kSample && ImproveSome(broker, SIZE_MAX, touched));
}

bool LeaderBalancer::ImproveSome(int broker, size_t sample, std::vector<int>& touched) {
  Scan(broker, sample);
  auto better = [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.slot < b.slot;
  };
  if (candidates_.size() > 2 * kMostPerScan) {
    std::nth_element(candidates_.begin(), candidates_.begin() + 2 * kMostPerScan, candidates_.end(), better);
    candidates_.resize(2 * kMostPerScan);
  }
  std::sort(candidates_.begin(), candidates_.end(), better);
  size_t changed = 0;
  for (const Candidate& candidate : candidates_) {
    if (changed >= kMostPerScan) break;
    const double gain = Gain(candidate.slot);
    // What was good before the changes above it in the list may be too much after them.
    if (gain <= kLeastGain || gain < candidate.score / 4 || !MayLead(candidate.slot)) continue;
    const uint32_t partition = state_.PartitionOf(candidate.slot);
    const int from = state_.BrokerOf(state_.LeaderSlot(partition)), to = state_.BrokerOf(candidate.slot);
    reasons_.leaders[partition] = Why(from, to);
    state_.Lead(candidate.slot);
    touched.push_back(from);
    touched.push_back(to);
    ++changed;
  }
  return changed > 0;
}

Reason LeaderBalancer::Why(int from, int to) const {
  Reason reason{.kind = Reason::kTooMuch};
  float widest = -1;
  for (int k : {kLeaders, kOut, kCpuUse}) {
    const float source = goal_.Relative(from, k, state_.Load(from)[k]);
    const float destination = goal_.Relative(to, k, state_.Load(to)[k]);
    if (source - destination <= widest) continue;
    widest = source - destination;
    reason = {Reason::kTooMuch, static_cast<uint8_t>(k), source, destination};
  }
  return reason;
}

void LeaderBalancer::Trim() {
  std::vector<uint32_t> changed;
  for (const auto& [partition, reason] : reasons_.leaders) changed.push_back(partition);
  std::sort(changed.begin(), changed.end());
  for (uint32_t partition : changed) {
    const uint32_t first = state_.FirstSlot(partition);
    const bool home_still_holds = state_.BrokerOf(first) == state_.OriginalBrokerOf(first);
    if (state_.LeaderSlot(partition) == first || !home_still_holds || !MayLead(first)) continue;
    budget_.Spend(1);
    if (Gain(first) >= -kLeastGain) state_.Lead(first);
  }
}

}  // namespace sluice::planner
