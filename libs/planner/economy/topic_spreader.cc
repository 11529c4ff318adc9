#include "libs/planner/economy/topic_spreader.h"

#include <algorithm>

namespace sluice::planner {
namespace {

// Of those that left, as many of the next larger are looked at.
constexpr size_t kLargerLookedAt = 16;
// Of those that might go instead, as many of the next smaller: the largest that does is taken.
constexpr size_t kSmallerLookedAt = 96;
// Of those that went elsewhere, as many of the next smaller and of the next larger.
constexpr size_t kNeighbours = 4;
// Of a mean replica's bytes: one that is lighter by more than this leaves its new broker short.
constexpr double kMostLighter = 0.5;
// Looks that are no more than one comparison, for one look of the budget.
constexpr size_t kGlancesPerLook = 4;

}  // namespace

TopicSpreader::TopicSpreader(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void TopicSpreader::Run() {
  departed_ = Departures(state_, reasons_);
  arrived_ = Arrivals(state_, reasons_);
  for (auto* of_brokers : {&departed_, &arrived_}) {
    for (std::vector<Moved>& moved : *of_brokers) std::sort(moved.begin(), moved.end());
  }
  natives_.assign(state_.brokers(), {});
  for (int broker : state_.staying()) SpreadFrom(broker);
}

bool TopicSpreader::IsOfCrowdedTopic(uint32_t slot) const {
  return state_.IsCrowded(state_.TopicOf(slot), state_.BrokerOf(slot));
}

void TopicSpreader::SpreadFrom(int broker) {
  crowded_.clear();
  for (const ClusterState::Entry& entry : state_.On(broker)) {
    if (IsOfCrowdedTopic(entry.slot)) crowded_.push_back(entry.slot);
  }
  budget_.Spend(state_.On(broker).size() / kGlancesPerLook);
  for (uint32_t slot : crowded_) {
    if (budget_.spent()) return;
    // One of before may have gone for it.
    if (state_.BrokerOf(slot) != broker || !IsOfCrowdedTopic(slot)) continue;
    if (state_.OriginalBrokerOf(slot) == broker) {
      GoInstead(slot);
    } else if (!SendAnother(slot)) {
      ChangeDestination(slot);
    }
  }
}

bool TopicSpreader::Betters(const Exchange& exchange, uint32_t other) const {
  return state_.SpreadChangeOfExchange(exchange.slot(), other) < 0 && exchange.CostWith(other) &&
         exchange.IsAllowed(other);
}

void TopicSpreader::Apply(const Exchange& exchange, uint32_t returns, uint32_t goes) {
  reasons_.CopyInPlaceOf(returns, goes);
  exchange.Apply(state_, goes);
}

bool TopicSpreader::SendAnother(uint32_t arrived) {
  const auto reason = reasons_.copies.find(arrived);
  const int home = state_.OriginalBrokerOf(arrived);
  if (reason == reasons_.copies.end() || reason->second.kind == Reason::kRackRule || !state_.MayReceive(home)) {
    return false;
  }
  const Exchange exchange(state_, goal_, arrived, home);
  const float disk = state_.DiskOf(arrived), lightest = disk - kMostLighter * state_.mean_replica_mb();
  const std::vector<Moved>& natives = NativesOf(home);
  const auto first = natives.begin();
  auto smaller = std::upper_bound(first, natives.end(), Moved{disk, UINT32_MAX});
  for (size_t i = 0; i < kSmallerLookedAt && smaller != first && (--smaller)->disk > lightest; ++i) {
    budget_.Spend(1);
    if (state_.BrokerOf(smaller->slot) != home || !Betters(exchange, smaller->slot)) continue;
    Apply(exchange, arrived, smaller->slot);
    return true;
  }
  return false;
}

const std::vector<Moved>& TopicSpreader::NativesOf(int broker) {
  std::vector<Moved>& natives = natives_[broker];
  if (!natives.empty()) return natives;
  for (const ClusterState::Entry& entry : state_.On(broker)) {
    if (state_.OriginalBrokerOf(entry.slot) != broker || state_.IsPinned(state_.PartitionOf(entry.slot))) continue;
    natives.push_back({entry.disk, entry.slot});
  }
  std::sort(natives.begin(), natives.end());
  budget_.Spend(state_.On(broker).size());
  return natives;
}

void TopicSpreader::ChangeDestination(uint32_t arrived) {
  const int topic = state_.TopicOf(arrived);
  const Moved mine{state_.DiskOf(arrived), arrived};
  for (int partner : state_.staying()) {
    if (state_.SpreadChange(topic, state_.BrokerOf(arrived), partner) >= 0 || !state_.MayMove(arrived, partner))
      continue;
    const Exchange exchange(state_, goal_, arrived, partner);
    const std::span<const Moved> alike = Neighbours(arrived_[partner], mine, kNeighbours);
    budget_.Spend(2 * alike.size());
    for (const Moved& other : alike) {
      // One that is home again would have to move for this.
      if (state_.OriginalBrokerOf(other.slot) == partner || !Betters(exchange, other.slot)) continue;
      exchange.Apply(state_, other.slot);
      return;
    }
  }
}

void TopicSpreader::GoInstead(uint32_t crowded) {
  if (state_.IsPinned(state_.PartitionOf(crowded))) return;
  const int home = state_.BrokerOf(crowded);
  const std::vector<Moved>& departed = departed_[home];
  const float disk = state_.DiskOf(crowded);
  auto larger = std::lower_bound(departed.begin(), departed.end(), Moved{disk, 0});
  for (size_t i = 0; i < kLargerLookedAt && larger != departed.end(); ++i, ++larger) {
    if (larger->disk > disk + kMostLighter * state_.mean_replica_mb()) return;
    budget_.Spend(2);
    if (state_.BrokerOf(larger->slot) == home || state_.SpreadChangeOfExchange(larger->slot, crowded) >= 0) continue;
    const Exchange exchange(state_, goal_, larger->slot, home);
    if (!Betters(exchange, crowded)) continue;
    Apply(exchange, larger->slot, crowded);
    return;
  }
}

}  // namespace sluice::planner
