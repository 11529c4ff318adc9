#include "libs/planner/search/replica_balancer.h"

#include <algorithm>
#include <cmath>

#include "libs/planner/search/worst_first.h"

namespace sluice::planner {
namespace {

// All found by trial on the yardstick's models; docs/adr/ says what each was worth.
constexpr double kLeastGain = 1e-9;        // a move that gains less is not worth its traffic
constexpr double kUsefulBytePrice = 0.15;  // of a byte that has to move anyway
constexpr double kWastedBytePrice = 1.0;   // of a byte beyond that
// Of one move, in mean replicas' bytes. A narrow window tempts to many small moves, so each is dearer there; in a wide
// one there are few, and cheap moves find the replicas that fit best.
constexpr double kMovePriceAtOnePercent = 1.8, kLeastMovePrice = 0.1, kMostMovePrice = 0.6;
constexpr double kCrowdingPrice = 0.3;  // part of the gain that a crowded topic costs or returns
constexpr double kTilt = 0.02;          // prefers the emptier partner where both are inside the window
constexpr size_t kPartners = 12;
// A broker that pulls looks at many others' replicas for it, so it takes more of what it sees.
constexpr int kPullFactor = 2;
// Of the best of a scan, those of topics of which the source has more than its fair share go first.
constexpr double kCrowdedBonus = 1.0;
constexpr int kKeptPerMove = 5;
// For so many partners are looked for that suit all of them.
constexpr size_t kBestAreTypical = 16;

// A broker as its present load makes it.
template <int... Ks>
struct Seen {
  Seen(const BalanceGoal& goal, int broker, const LoadVector& load)
      : broker(broker), gauge(goal, broker, load), cost(gauge.Cost()) {}
  int broker;
  BalanceGoal::Gauge<Ks...> gauge;
  double cost;
};

}  // namespace

ReplicaBalancer::ReplicaBalancer(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons,
                                 const Sampling& sampling)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons), sampling_(sampling), turn_(sampling.turn) {
  move_price_ = std::clamp(kMovePriceAtOnePercent * 0.01 / goal.window(), kLeastMovePrice, kMostMovePrice) *
                state.mean_replica_mb();
}

void ReplicaBalancer::Run() {
  FindDirection();
  WorstFirst(
      state_.staying(), goal_.good_enough(), budget_,
      [&](int b) { return goal_.Cost<kReplicas, kDiskUse, kIn>(b, state_.Load(b)); },
      [&](int b, std::vector<int>& touched) { return Improve(b, false, touched); });
}

void ReplicaBalancer::FillNewBrokers() {
  FindDirection();
  WorstNewFirst(
      state_, goal_.good_enough(), budget_,
      [&](int b) { return goal_.Cost<kReplicas, kDiskUse, kIn>(b, state_.Load(b)); },
      [&](int b, std::vector<int>& touched) { return Pull<kReplicas, kDiskUse, kIn>(b, touched); });
}

bool ReplicaBalancer::Improve(int broker, bool leaders_too, std::vector<int>& touched) {
  if (leaders_too) {
    if (HasTooMuch<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker)) {
      return Push<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker, touched) ||
             Pull<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker, touched);
    }
    return Pull<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker, touched) ||
           Push<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker, touched);
  }
  if (HasTooMuch<kReplicas, kDiskUse, kIn>(broker)) {
    return Push<kReplicas, kDiskUse, kIn>(broker, touched) || Pull<kReplicas, kDiskUse, kIn>(broker, touched);
  }
  return Pull<kReplicas, kDiskUse, kIn>(broker, touched) || Push<kReplicas, kDiskUse, kIn>(broker, touched);
}

template <int... Ks>
bool ReplicaBalancer::HasTooMuch(int broker) const {
  double above = 0, below = 0;
  auto add = [&](int k) {
    const double relative = goal_.Relative(broker, k, state_.Load(broker)[k]);
    above += std::pow(std::max(0.0, relative - goal_.High(broker, k)), 2);
    below += std::pow(std::max(0.0, goal_.Low(broker, k) - relative), 2);
  };
  (add(Ks), ...);
  return above >= below;
}

template <int... Ks>
bool ReplicaBalancer::Push(int from, std::vector<int>& touched) {
  return PushSome<Ks...>(from, sampling_.push, touched) ||
         (state_.On(from).size() > sampling_.push && PushSome<Ks...>(from, SIZE_MAX, touched));
}

template <int... Ks>
bool ReplicaBalancer::PushSome(int from, size_t sample, std::vector<int>& touched) {
  constexpr bool kWithLeaders = sizeof...(Ks) > 3;
  candidates_.clear();
  double cost = goal_.Cost<Ks...>(from, state_.Load(from));
  const double useful =
      std::max(0.0, state_.Load(from)[kDiskUse] - goal_.High(from, kDiskUse) * goal_.Share(from, kDiskUse));
  // What the scan needs is copied into it: the compiler then keeps it in registers.
  const BalanceGoal::Gauge<Ks...> gauge(goal_, from, state_.Load(from));
  const size_t seen = VisitSample(
      state_.On(from), sample, ++turn_,
      [this, gauge, cost, useful, binds = leaving_binds_, price = move_price_](const ClusterState::Entry& entry) {
        LoadVector load = {1, 0, entry.disk, entry.in};
        if constexpr (kWithLeaders) load = state_.Contribution(entry.slot);
        const double gain = cost - gauge.CostWith(load, -1);
        if (gain <= kLeastGain) return;
        const double wasted = binds ? std::max(0.0, entry.disk - useful) : 0;
        candidates_.emplace_back(gain / (price + kUsefulBytePrice * entry.disk + wasted), entry.slot);
      });
  budget_.Spend(seen);
  if (candidates_.empty()) return false;
  const int quota = Quota(from);
  KeepBest(kKeptPerMove * quota + 16);
  Rank();
  LoadVector typical = {};
  const size_t best = std::min(candidates_.size(), kBestAreTypical);
  for (size_t i = 0; i < best; ++i) {
    const LoadVector load = state_.Contribution(candidates_[i].slot());
    for (int k = 0; k < kDimensions; ++k) typical[k] += load[k] / best;
  }
  ChoosePartners<Ks...>(from, typical, 1);
  std::vector<Seen<Ks...>> partners;
  partners.reserve(partners_.size());
  for (int partner : partners_) partners.emplace_back(goal_, partner, state_.Load(partner));

  int moved = 0;
  for (const Candidate& candidate : candidates_) {
    if (moved >= quota) break;
    if (!Movable(candidate.slot())) continue;
    const LoadVector load = state_.Contribution(candidate.slot());
    const double source_gain = cost - goal_.CostWith<Ks...>(from, state_.Load(from), load, -1);
    if (source_gain <= kLeastGain) continue;
    double best = 0;
    Seen<Ks...>* receiver = nullptr;
    const int topic = state_.TopicOf(candidate.slot());
    for (Seen<Ks...>& partner : partners) {
      const double gain = source_gain + partner.cost - partner.gauge.CostWith(load, 1);
      if (gain <= kLeastGain) continue;
      const double score = gain * (1 - kCrowdingPrice * state_.SpreadChange(topic, from, partner.broker)) /
                           PricingOf(from, partner.broker).Of(load[kDiskUse]);
      if (score > best && !goal_.OverLimit(partner.broker, state_.Load(partner.broker), load) &&
          state_.MayMove(candidate.slot(), partner.broker)) {
        best = score;
        receiver = &partner;
      }
    }
    budget_.Spend(partners.size());
    if (receiver == nullptr) continue;
    const int to = receiver->broker;
    reasons_.copies[candidate.slot()] = Why(from, to);
    state_.Move(candidate.slot(), to);
    touched.push_back(to);
    *receiver = Seen<Ks...>(goal_, to, state_.Load(to));
    cost = goal_.Cost<Ks...>(from, state_.Load(from));
    ++moved;
  }
  return moved > 0;
}

template <int... Ks>
bool ReplicaBalancer::Pull(int to, std::vector<int>& touched) {
  return PullSome<Ks...>(to, sampling_.pull, touched) || PullSome<Ks...>(to, SIZE_MAX, touched);
}

template <int... Ks>
bool ReplicaBalancer::PullSome(int to, size_t sample, std::vector<int>& touched) {
  if (!state_.MayReceive(to)) return false;
  constexpr bool kWithLeaders = sizeof...(Ks) > 3;
  LoadVector typical = {};
  for (int k = 0; k < kDimensions; ++k) {
    typical[k] = goal_.Share(to, k) / std::max(1.0, goal_.Share(to, kReplicas));
  }
  ChoosePartners<Ks...>(to, typical, -1);
  candidates_.clear();
  const double cost = goal_.Cost<Ks...>(to, state_.Load(to));
  const BalanceGoal::Gauge<Ks...> destination(goal_, to, state_.Load(to));
  for (int from : partners_) {
    const BalanceGoal::Gauge<Ks...> source(goal_, from, state_.Load(from));
    budget_.Spend(
        VisitSample(state_.On(from), sample, ++turn_,
                    [this, cost, destination, source, source_cost = goal_.Cost<Ks...>(from, state_.Load(from)),
                     pricing = PricingOf(from, to)](const ClusterState::Entry& entry) {
                      LoadVector load = {1, 0, entry.disk, entry.in};
                      if constexpr (kWithLeaders) load = state_.Contribution(entry.slot);
                      double gain = cost - destination.CostWith(load, 1);
                      if (gain <= kLeastGain) return;
                      gain += source_cost - source.CostWith(load, -1);
                      if (gain > kLeastGain) candidates_.emplace_back(gain / pricing.Of(entry.disk), entry.slot);
                    }));
  }
  if (candidates_.empty()) return false;
  const int quota = kPullFactor * Quota(to);
  KeepBest(6 * quota + 16);
  Rank();
  int moved = 0;
  for (const Candidate& candidate : candidates_) {
    if (moved >= quota) break;
    if (!Movable(candidate.slot()) || !state_.MayMove(candidate.slot(), to)) continue;
    const int from = state_.BrokerOf(candidate.slot());
    const LoadVector load = state_.Contribution(candidate.slot());
    const int topic = state_.TopicOf(candidate.slot());
    if (state_.SpreadChange(topic, from, to) > 0 && moved * 2 < quota) continue;
    const double gain = goal_.Cost<Ks...>(to, state_.Load(to)) - goal_.CostWith<Ks...>(to, state_.Load(to), load, 1) +
                        goal_.Cost<Ks...>(from, state_.Load(from)) -
                        goal_.CostWith<Ks...>(from, state_.Load(from), load, -1);
    if (gain <= kLeastGain || goal_.OverLimit(to, state_.Load(to), load)) continue;
    reasons_.copies[candidate.slot()] = Why(from, to);
    state_.Move(candidate.slot(), to);
    touched.push_back(from);
    ++moved;
  }
  return moved > 0;
}

template <int... Ks>
void ReplicaBalancer::ChoosePartners(int broker, const LoadVector& typical, double sign) {
  ranked_.clear();
  for (int partner : state_.staying()) {
    if (partner == broker || (sign > 0 && !state_.MayReceive(partner))) continue;
    const bool same_rack = state_.RackOf(partner) == state_.RackOf(broker);
    if (state_.racks_are_fixed() && !same_rack) continue;
    const LoadVector& load = state_.Load(partner);
    double rank = goal_.CostWith<Ks...>(partner, load, typical, sign) - goal_.Cost<Ks...>(partner, load);
    auto tilt = [&](int k) {
      rank += sign * kTilt * (goal_.Relative(partner, k, load[k]) - 1) * goal_.Relative(partner, k, typical[k]);
    };
    (tilt(Ks), ...);
    ranked_.emplace_back(rank, partner);
  }
  const size_t kept = std::min(ranked_.size(), 2 * kPartners);
  std::nth_element(ranked_.begin(), ranked_.begin() + kept, ranked_.end());
  std::sort(ranked_.begin(), ranked_.begin() + kept);
  partners_.clear();
  // The best, and after them those of the same rack, where the rack rule seldom stands in the way.
  for (size_t i = 0; i < kept; ++i) {
    const bool same_rack = state_.RackOf(ranked_[i].second) == state_.RackOf(broker);
    if (i < kPartners || same_rack) partners_.push_back(ranked_[i].second);
  }
}

void ReplicaBalancer::KeepBest(size_t count) {
  if (candidates_.size() <= count) return;
  std::nth_element(candidates_.begin(), candidates_.begin() + count, candidates_.end(), Candidate::Better);
  candidates_.erase(candidates_.begin() + count, candidates_.end());
}

void ReplicaBalancer::Rank() {
  for (Candidate& candidate : candidates_) {
    const int topic = state_.TopicOf(candidate.slot());
    if (!state_.IsCrowded(topic, state_.BrokerOf(candidate.slot()))) continue;
    candidate = Candidate(candidate.score() * (1 + kCrowdedBonus), candidate.slot());
  }
  std::sort(candidates_.begin(), candidates_.end(), Candidate::Better);
}

double ReplicaBalancer::Pricing::Of(double disk) const {
  const double wasted = disk - std::min(disk, useful_mb);
  return move_price + kUsefulBytePrice * disk + kWastedBytePrice * wasted;
}

ReplicaBalancer::Pricing ReplicaBalancer::PricingOf(int from, int to) const {
  double useful;
  if (leaving_binds_) {
    useful = state_.Load(from)[kDiskUse] - goal_.High(from, kDiskUse) * goal_.Share(from, kDiskUse);
  } else {
    useful = goal_.Low(to, kDiskUse) * goal_.Share(to, kDiskUse) - state_.Load(to)[kDiskUse];
  }
  return {.move_price = move_price_, .useful_mb = std::max(0.0, useful)};
}

int ReplicaBalancer::Quota(int broker) const {
  const double distance = std::abs(goal_.Relative(broker, kReplicas, state_.Load(broker)[kReplicas]) - 1);
  return std::clamp(static_cast<int>(distance * goal_.Share(broker, kReplicas) / 8), sampling_.least_moves,
                    sampling_.most_moves);
}

void ReplicaBalancer::FindDirection() {
  double leave = 0, come = 0;
  for (int b : state_.staying()) {
    const double disk = state_.Load(b)[kDiskUse], share = goal_.Share(b, kDiskUse);
    leave += std::max(0.0, disk - goal_.High(b, kDiskUse) * share);
    come += std::max(0.0, goal_.Low(b, kDiskUse) * share - disk);
  }
  leaving_binds_ = leave >= come;
}

Reason ReplicaBalancer::Why(int from, int to) const {
  Reason reason;
  double worst = 0;
  for (int k = 0; k < kDimensions; ++k) {
    const double source = goal_.Relative(from, k, state_.Load(from)[k]);
    const double destination = goal_.Relative(to, k, state_.Load(to)[k]);
    const double above = source - goal_.High(from, k), below = goal_.Low(to, k) - destination;
    if (std::max(above, below) <= worst) continue;
    worst = std::max(above, below);
    reason = {above >= below ? Reason::kTooMuch : Reason::kTooLittle, static_cast<uint8_t>(k),
              static_cast<float>(source), static_cast<float>(destination)};
  }
  return reason;
}

void ReplicaBalancer::Trim() {
  std::vector<Candidate> moved;
  for (const auto& [slot, reason] : reasons_.copies) {
    const int home = state_.OriginalBrokerOf(slot);
    if (state_.BrokerOf(slot) != home && state_.Stays(home) && reason.kind != Reason::kRackRule) {
      moved.emplace_back(state_.DiskOf(slot), slot);
    }
  }
  std::sort(moved.begin(), moved.end(), Candidate::Better);
  for (const Candidate& candidate : moved) {
    const int home = state_.OriginalBrokerOf(candidate.slot()), now = state_.BrokerOf(candidate.slot());
    const LoadVector load = state_.Contribution(candidate.slot());
    auto cost = [&](int b, double sign) {
      return goal_.CostWith<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(b, state_.Load(b), load, sign);
    };
    budget_.Spend(4);
    auto allowed = [&](int b) { return std::max(goal_.good_enough(), cost(b, 0)); };
    if (cost(home, 1) > allowed(home) || cost(now, -1) > allowed(now)) continue;
    if (!state_.MayMove(candidate.slot(), home) || goal_.OverLimit(home, state_.Load(home), load)) continue;
    state_.Move(candidate.slot(), home);
  }
}

}  // namespace sluice::planner
