#include "libs/planner/economy/exposure_balancer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "libs/planner/economy/exchange.h"

namespace sluice::planner {
namespace {

// Of each broker that is too exposed so many of the replicas that came, the most read first, are looked at.
constexpr size_t kReplicasLookedAt = 32;
// With so many of the least exposed brokers, and of each with as many of the next smaller and of the next larger.
constexpr size_t kPartners = 6, kNeighbours = 6;
// Of the squared distance from the mean; less is not worth another look.
constexpr double kLeastGain = 1e-6;

double Squared(double value) { return value * value; }

}  // namespace

ExposureBalancer::ExposureBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget,
                                   const ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void ExposureBalancer::Run() {
  arrived_ = Arrivals(state_, reasons_);
  for (std::vector<Moved>& arrived : arrived_) std::sort(arrived.begin(), arrived.end());
  std::vector<int> by_exposure;
  for (int broker : state_.staying()) {
    if (!arrived_[broker].empty()) by_exposure.push_back(broker);
  }
  std::sort(by_exposure.begin(), by_exposure.end(),
            [&](int a, int b) { return std::pair(Exposure(a), a) < std::pair(Exposure(b), b); });
  least_exposed_.assign(by_exposure.begin(), by_exposure.begin() + std::min(by_exposure.size(), kPartners));
  for (auto broker = by_exposure.rbegin(); broker != by_exposure.rend() && IsTooMuch(*broker); ++broker) Lower(*broker);
}

double ExposureBalancer::Gain(int broker, int other, double less) const {
  const double here = Exposure(broker) - 1, there = Exposure(other) - 1;
  return Squared(here) + Squared(there) - Squared(here - goal_.Relative(broker, kPotentialOut, less)) -
         Squared(there + goal_.Relative(other, kPotentialOut, less));
}

void ExposureBalancer::Lower(int broker) {
  std::vector<std::pair<double, uint32_t>> most_read;
  for (const Moved& moved : arrived_[broker]) {
    most_read.emplace_back(-state_.Contribution(moved.slot)[kPotentialOut], moved.slot);
  }
  const size_t looked_at = std::min(most_read.size(), kReplicasLookedAt);
  std::partial_sort(most_read.begin(), most_read.begin() + looked_at, most_read.end());
  for (size_t i = 0; i < looked_at && IsTooMuch(broker) && !budget_.spent(); ++i) {
    ChangeDestination(most_read[i].second);
  }
}

void ExposureBalancer::ChangeDestination(uint32_t slot) {
  const int broker = state_.BrokerOf(slot);
  const Moved mine{state_.DiskOf(slot), slot};
  const double sent = state_.Contribution(slot)[kPotentialOut];
  double best_gain = kLeastGain;
  std::optional<std::pair<int, Moved>> best;
  for (int partner : least_exposed_) {
    // Home is better still, but no exchange of destinations.
    if (partner == broker || partner == state_.OriginalBrokerOf(slot)) continue;
    const Exchange exchange(state_, goal_, slot, partner);
    const std::span<const Moved> alike = Neighbours(arrived_[partner], mine, kNeighbours);
    budget_.Spend(2 * alike.size());
    for (const Moved& other : alike) {
      const double less = sent - state_.Contribution(other.slot)[kPotentialOut];
      if (less <= 0 || state_.OriginalBrokerOf(other.slot) == broker) continue;
      const double gain = Gain(broker, partner, less);
      if (gain <= best_gain || state_.SpreadChangeOfExchange(slot, other.slot) > 0) continue;
      if (!exchange.CostWith(other.slot) || !exchange.IsAllowed(other.slot)) continue;
      best_gain = gain;
      best = {partner, other};
    }
  }
  if (!best) return;
  const auto& [partner, other] = *best;
  state_.Move(slot, partner);
  state_.Move(other.slot, broker);
  auto replace = [](std::vector<Moved>& list, const Moved& goes, const Moved& comes) {
    list.erase(std::lower_bound(list.begin(), list.end(), goes));
    list.insert(std::lower_bound(list.begin(), list.end(), comes), comes);
  };
  replace(arrived_[broker], mine, other);
  replace(arrived_[partner], other, mine);
}

}  // namespace sluice::planner
