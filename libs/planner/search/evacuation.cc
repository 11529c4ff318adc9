#include "libs/planner/search/evacuation.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace sluice::planner {
namespace {

// Inside the window every place is as good; this much of the plain squared distance still tells them apart.
constexpr double kSlope = 0.05;
constexpr double kCrowdingCost = 1e-4;

}  // namespace

Evacuation::Evacuation(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

int Evacuation::Destination(uint32_t slot, bool any_rack, double* score, Refusal* refusal) {
  const LoadVector load = state_.Contribution(slot);
  const int topic = state_.TopicOf(slot);
  const int from = state_.BrokerOf(slot);
  int best = -1;
  int refused_by_rack = 0, refused_by_limit = 0;
  *score = std::numeric_limits<double>::infinity();
  for (size_t b = 0; b < state_.brokers(); ++b) {
    if (!state_.MayReceive(b)) continue;
    const LoadVector& now = state_.Load(b);
    double cost =
        goal_.CostWith<kReplicas, kDiskUse, kIn>(b, now, load, 1) - goal_.Cost<kReplicas, kDiskUse, kIn>(b, now);
    for (int k : {kReplicas, kDiskUse, kIn}) {
      const double middle = (goal_.Low(b, k) + goal_.High(b, k)) / 2;
      const double before = goal_.Relative(b, k, now[k]) - middle, step = goal_.Relative(b, k, load[k]);
      cost += kSlope * step * (2 * before + step);
    }
    if (cost >= *score) continue;
    cost += kCrowdingCost * state_.SpreadChange(topic, from, b);
    if (cost >= *score) continue;
    if (!(any_rack ? state_.MayMoveToAnyRack(slot, b) : state_.MayMove(slot, b))) {
      ++refused_by_rack;
    } else if (goal_.OverLimit(b, now, load)) {
      ++refused_by_limit;
    } else {
      *score = cost;
      best = b;
    }
  }
  budget_.Spend(state_.brokers());
  if (best < 0) {
    refusal->because =
        absl::StrCat("no broker can take it: ", refused_by_limit, " would be over a capacity limit, ", refused_by_rack,
                     " hold it already, have no log dir with room or would break the ", "rack rule");
    refusal->constraint = refused_by_limit > 0 ? Constraint::kCapacity
                          : any_rack           ? Constraint::kNoBroker
                                               : Constraint::kRackRule;
  }
  return best;
}

void Evacuation::EmptyBrokersThatGo() {
  std::vector<std::pair<float, uint32_t>> leaving;
  for (size_t b = 0; b < state_.brokers(); ++b) {
    if (state_.Stays(b)) continue;
    for (const ClusterState::Entry& entry : state_.On(b)) leaving.emplace_back(-entry.disk, entry.slot);
  }
  std::sort(leaving.begin(), leaving.end());
  std::vector<uint32_t> stuck;
  for (const auto& [disk, slot] : leaving) {
    const int from = state_.BrokerOf(slot);
    const uint32_t partition = state_.PartitionOf(slot);
    const bool dead = state_.snapshot().brokers[from].state == BrokerState::kDead;
    int to = -1;
    Refusal refusal{"none of its replicas is in sync on a live broker: there is nothing to copy from",
                    Constraint::kNoSource};
    if (state_.snapshot().HasSource(partition)) {
      double score;
      to = Destination(slot, false, &score, &refusal);
      // Two in one rack is less bad than a replica lost with its broker.
      if (to < 0) to = Destination(slot, true, &score, &refusal);
    }
    if (to < 0) {
      obstacles_.push_back({partition, from, refusal.because, refusal.constraint});
      if (dead) stuck.push_back(partition);
      continue;
    }
    reasons_.copies[slot] = {dead ? Reason::kBrokerDead : Reason::kBrokerLeaving};
    state_.Move(slot, to);
  }
  for (uint32_t partition : stuck) LeaveAlone(partition);
}

void Evacuation::LeaveAlone(uint32_t partition) {
  for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
    if (state_.BrokerOf(slot) != state_.OriginalBrokerOf(slot)) state_.Move(slot, state_.OriginalBrokerOf(slot));
    reasons_.copies.erase(slot);
  }
  state_.Pin(partition);
}

void Evacuation::RepairRacks() {
  for (uint32_t partition = 0; partition < state_.snapshot().partitions(); ++partition) {
    if (state_.RacksOf(partition) >= state_.RacksWanted(partition)) continue;
    bool all_stay = true;
    for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
      all_stay &= state_.Stays(state_.BrokerOf(slot));
    }
    if (!all_stay) continue;  // told already
    if (state_.IsPinned(partition)) {
      obstacles_.push_back({partition, state_.BrokerOf(state_.FirstSlot(partition)),
                            "its replicas are on too few racks and it is excluded, moved lately or not in sync",
                            Constraint::kPinned});
    } else {
      RepairRacksOf(partition);
    }
  }
}

bool Evacuation::SharesRack(uint32_t slot) const {
  const uint32_t partition = state_.PartitionOf(slot);
  for (uint32_t other = state_.FirstSlot(partition); other < state_.EndSlot(partition); ++other) {
    const int broker = state_.BrokerOf(other);
    if (other != slot && state_.Stays(broker) && state_.RackOf(broker) == state_.RackOf(state_.BrokerOf(slot))) {
      return true;
    }
  }
  return false;
}

void Evacuation::RepairRacksOf(uint32_t partition) {
  while (state_.RacksOf(partition) < state_.RacksWanted(partition)) {
    double best = std::numeric_limits<double>::infinity();
    uint32_t best_slot = 0;
    int best_broker = -1;
    Refusal refusal;
    for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
      const int from = state_.BrokerOf(slot);
      if (!state_.Stays(from) || !SharesRack(slot)) continue;  // another's move would bring no rack more
      double score;
      const int to = Destination(slot, false, &score, &refusal);
      if (to < 0) continue;
      // Of two replicas in one rack, the one on the fuller broker goes.
      const LoadVector load = state_.Contribution(slot);
      for (int k : {kReplicas, kDiskUse, kIn}) {
        const double step = goal_.Relative(from, k, load[k]);
        const double relief = goal_.Relative(from, k, state_.Load(from)[k]) - 1;
        score -= step * std::max(-1.0, relief);
      }
      if (score < best) best = score, best_slot = slot, best_broker = to;
    }
    if (best_broker < 0) {
      obstacles_.push_back({partition, state_.BrokerOf(state_.FirstSlot(partition)),
                            absl::StrCat("its replicas are on too few racks and ", refusal.because),
                            refusal.constraint});
      return;
    }
    reasons_.copies[best_slot] = {Reason::kRackRule};
    state_.Move(best_slot, best_broker);
  }
}

}  // namespace sluice::planner
