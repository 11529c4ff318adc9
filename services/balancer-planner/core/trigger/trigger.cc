#include "services/balancer-planner/core/trigger/trigger.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace sluice::balancer_planner {
namespace {

using planner::BrokerState;
using planner::Mode;

constexpr absl::Duration kLongestPause = absl::Hours(1);
constexpr double kUnlimited = 5e8;  // KB/s, beyond any link
constexpr std::array<const char*, 3> kUseNames = {"disk", "network in", "network out"};

// What the brokers of a snapshot have.
struct Loads {
  std::vector<double> replicas, leaders;
  std::array<std::vector<double>, 3> use;  // disk, network in, network out
};

Loads LoadsOf(const planner::Snapshot& snapshot) {
  const size_t brokers = snapshot.brokers.size();
  Loads loads;
  loads.replicas.resize(brokers);
  loads.leaders.resize(brokers);
  for (auto& use : loads.use) use.resize(brokers);
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    bool leads = true;
    for (const uint16_t b : snapshot.ReplicasOf(p)) {
      const auto& load = leads ? snapshot.leader_load[p] : snapshot.follower_load[p];
      loads.replicas[b] += 1;
      loads.leaders[b] += leads ? 1 : 0;
      for (int r = 0; r < 3; ++r) loads.use[r][b] += load[r];
      leads = false;
    }
  }
  return loads;
}

std::vector<int32_t> BrokersIn(const planner::Snapshot& snapshot, BrokerState state) {
  std::vector<int32_t> ids;
  for (const planner::Broker& broker : snapshot.brokers) {
    if (broker.state == state) ids.push_back(broker.id);
  }
  return ids;
}

std::string Brokers(const std::vector<int32_t>& ids, const char* one, const char* many) {
  return absl::StrCat(ids.size() == 1 ? "broker " : "brokers ", absl::StrJoin(ids, ", "), " ",
                      ids.size() == 1 ? one : many);
}

// Brokers that leave and still hold something.
std::vector<int32_t> ToBeEmptied(const planner::Snapshot& snapshot, const Loads& loads) {
  std::vector<int32_t> ids;
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
    if (snapshot.brokers[b].state == BrokerState::kLeaving && loads.replicas[b] > 0) {
      ids.push_back(snapshot.brokers[b].id);
    }
  }
  return ids;
}

std::vector<std::string> NearLimits(const planner::Snapshot& snapshot, const Loads& loads, double near_limit) {
  std::vector<std::string> found;
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
    if (!snapshot.brokers[b].stays()) continue;
    for (int r = 0; r < 3; ++r) {
      if (snapshot.brokers[b].capacity[r] >= kUnlimited) continue;
      const double limit = snapshot.LimitOf(b, r);
      if (limit <= 0 || loads.use[r][b] < limit * near_limit) continue;
      found.push_back(absl::StrFormat("broker %d uses %.0f %% of its limit of %s", snapshot.brokers[b].id,
                                      100 * loads.use[r][b] / limit, kUseNames[r]));
    }
  }
  return found;
}

// Partitions whose replicas lie on fewer racks than they could.
size_t BrokenRackRules(const planner::Snapshot& snapshot) {
  std::set<std::string> racks;
  for (const planner::Broker& broker : snapshot.brokers) {
    if (broker.stays() && !broker.excluded) racks.insert(broker.rack);
  }
  size_t broken = 0;
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    if (snapshot.pinned[p]) continue;
    std::set<std::string> used;
    for (const uint16_t b : snapshot.ReplicasOf(p)) used.insert(snapshot.brokers[b].rack);
    broken += used.size() < std::min(snapshot.ReplicasOf(p).size(), racks.size());
  }
  return broken;
}

// The worst that a broker has more than its share of, as a sentence; nothing while all are even enough.
class Unevenness {
 public:
  Unevenness(const planner::Snapshot& snapshot, const TriggerOptions& options)
      : snapshot_(snapshot), options_(options) {}

  std::optional<std::string> Find(const Loads& loads) {
    const std::vector<double> alike(snapshot_.brokers.size(), 1);
    Look("replicas", loads.replicas, Capacities(planner::kDisk),
         [&](size_t, double excess) { return excess >= options_.least_count; });
    Look("leaders", loads.leaders, alike, [&](size_t, double excess) { return excess >= options_.least_count; });
    for (int r = 0; r < 3; ++r) {
      Look(kUseNames[r], loads.use[r], Capacities(r), [&](size_t b, double) {
        return snapshot_.brokers[b].capacity[r] < kUnlimited &&
               loads.use[r][b] >= snapshot_.LimitOf(b, r) * options_.least_use;
      });
    }
    if (!worst_) return std::nullopt;
    return absl::StrFormat("broker %d has %.2f times its share of %s", broker_, 1 + excess_, *worst_);
  }

 private:
  std::vector<double> Capacities(int resource) const {
    std::vector<double> capacities;
    for (const planner::Broker& broker : snapshot_.brokers) capacities.push_back(broker.capacity[resource]);
    return capacities;
  }

  template <typename Counts>
  void Look(const char* what, const std::vector<double>& has, const std::vector<double>& weight, Counts counts) {
    double sum = 0, weights = 0;
    for (size_t b = 0; b < has.size(); ++b) {
      if (!snapshot_.brokers[b].stays()) continue;
      sum += has[b];
      weights += weight[b];
    }
    if (sum <= 0 || weights <= 0) return;
    for (size_t b = 0; b < has.size(); ++b) {
      if (!snapshot_.brokers[b].stays()) continue;
      const double share = sum * weight[b] / weights;
      const double excess = share > 0 ? has[b] / share - 1 : 0;
      if (excess <= options_.unevenness || excess <= excess_ || !counts(b, has[b] - share)) continue;
      excess_ = excess;
      worst_ = what;
      broker_ = snapshot_.brokers[b].id;
    }
  }

  const planner::Snapshot& snapshot_;
  const TriggerOptions& options_;
  std::optional<std::string> worst_;
  double excess_ = 0;
  int32_t broker_ = 0;
};

Verdict Wait(std::string why) { return {.waits_for = std::move(why)}; }

Verdict Plan(Mode mode, Cause cause, std::vector<std::string> reasons) {
  return {.mode = mode, .cause = cause, .reasons = std::move(reasons)};
}

// Why nothing at all may begin now.
std::optional<std::string> Blocked(const SeenStatus& status, const SeenLoad& load, const TriggerPast& past) {
  switch (status.state) {
    case ClusterState::kUp:
    case ClusterState::kShrinking:
    case ClusterState::kExpanding:
    case ClusterState::kRebalancing:
    case ClusterState::kDegraded:
      break;
    case ClusterState::kRolling:
      return "its brokers are being restarted";
    case ClusterState::kDown:
      return "it is down";
    case ClusterState::kUnknown:
    case ClusterState::kProvisioning:
      return "it is being set up";
    case ClusterState::kDeleting:
    case ClusterState::kGone:
    case ClusterState::kRejected:
      return "it goes, or is not there";
  }
  if (status.rebalance) {
    const SeenRebalance::State state = status.rebalance->state;
    if (state == SeenRebalance::State::kRunning || state == SeenRebalance::State::kPaused ||
        state == SeenRebalance::State::kCancelling) {
      return absl::StrCat("its data plane still works on ", status.rebalance->rebalance);
    }
  }
  if (!ShowLastEnd(status, load, past.last_end)) return "nothing was heard since the last rebalance ended";
  return std::nullopt;
}

absl::Duration PauseAfter(const TriggerPast& past, const TriggerOptions& options) {
  return std::min(kLongestPause, options.cool_down * (1 << std::min(past.failures, 10)));
}

std::string UntilText(absl::Time then, absl::Time now) {
  return absl::StrCat("it rests for ", absl::ToInt64Seconds(then - now) + 1, " s more after the last one");
}

bool AtMinIsr(const SeenLoad& load, int32_t broker) {
  return std::any_of(load.partitions.begin(), load.partitions.end(), [&](const SeenPartition& partition) {
    return partition.min_in_sync > 0 && static_cast<int32_t>(partition.replicas.size()) > partition.min_in_sync &&
           static_cast<int32_t>(partition.in_sync.size()) <= partition.min_in_sync &&
           std::find(partition.replicas.begin(), partition.replicas.end(), broker) != partition.replicas.end();
  });
}

// Not ready, and since when.
std::map<int32_t, absl::Time> Away(const SeenStatus& status, const SeenLoad& load, TriggerMemory& memory,
                                   absl::Time now) {
  std::set<int32_t> listed, named;
  std::map<int32_t, absl::Time> away;
  for (const SeenBroker& broker : status.brokers) {
    listed.insert(broker.id);
    if (!broker.ready) away[broker.id] = broker.since == absl::InfinitePast() ? now : broker.since;
  }
  for (const SeenPartition& partition : load.partitions)
    named.insert(partition.replicas.begin(), partition.replicas.end());
  std::erase_if(memory.missing_since,
                [&](const auto& entry) { return listed.contains(entry.first) || !named.contains(entry.first); });
  for (const int32_t broker : named) {
    if (!listed.contains(broker)) away[broker] = memory.missing_since.try_emplace(broker, now).first->second;
  }
  return away;
}

// A broker that is away and not dead may come back.
std::vector<int32_t> MayComeBack(const SeenStatus& status, const planner::Snapshot& snapshot) {
  std::set<int32_t> ready;
  for (const SeenBroker& broker : status.brokers) {
    if (broker.ready) ready.insert(broker.id);
  }
  std::vector<int32_t> ids;
  for (const planner::Broker& broker : snapshot.brokers) {
    if (broker.state != BrokerState::kDead && !ready.contains(broker.id)) ids.push_back(broker.id);
  }
  return ids;
}

}  // namespace

bool ShowLastEnd(const SeenStatus& status, const SeenLoad& load, std::optional<absl::Time> last_end) {
  return !last_end || (status.time > *last_end && load.time > *last_end);
}

std::set<int32_t> DeadBrokers(const SeenStatus& status, const SeenLoad& load, const TriggerOptions& options,
                              TriggerMemory& memory, absl::Time now) {
  std::set<int32_t> dead;
  for (const auto& [broker, since] : Away(status, load, memory, now)) {
    const absl::Duration patience =
        AtMinIsr(load, broker) ? std::min(options.dead_after, options.dead_after_at_min_isr) : options.dead_after;
    if (now - since >= patience) dead.insert(broker);
  }
  return dead;
}

Verdict Decide(const SeenStatus& status, const SeenLoad& load, const planner::Snapshot& snapshot,
               const TriggerPast& past, const TriggerOptions& options, TriggerMemory& memory, absl::Time now) {
  const Loads loads = LoadsOf(snapshot);
  const std::optional<std::string> uneven = Unevenness(snapshot, options).Find(loads);
  if (!uneven) memory.uneven_since.reset();
  if (uneven && !memory.uneven_since) memory.uneven_since = now;

  if (std::optional<std::string> why = Blocked(status, load, past)) return Wait(*std::move(why));
  const absl::Time rested = past.last_end ? *past.last_end + PauseAfter(past, options) : absl::InfinitePast();
  if (past.failures > 0 && now < rested) return Wait(UntilText(rested, now));
  if (const std::vector<int32_t> away = MayComeBack(status, snapshot); !away.empty()) {
    return Wait(absl::StrCat(Brokers(away, "is", "are"), " not ready, and may come back"));
  }
  if (const std::vector<int32_t> leaving = ToBeEmptied(snapshot, loads); !leaving.empty()) {
    return Plan(Mode::kEmpty, Cause::kLeavingBroker, {Brokers(leaving, "leaves", "leave")});
  }
  if (const std::vector<int32_t> dead = BrokersIn(snapshot, BrokerState::kDead); !dead.empty()) {
    return Plan(Mode::kRepair, Cause::kDeadBroker, {Brokers(dead, "is", "are") + " dead"});
  }
  if (status.state == ClusterState::kDegraded) return Wait("it is degraded");
  if (std::vector<std::string> near = NearLimits(snapshot, loads, options.near_limit); !near.empty()) {
    return now < rested ? Wait(UntilText(rested, now)) : Plan(Mode::kRelieve, Cause::kNearLimit, std::move(near));
  }
  const size_t broken = BrokenRackRules(snapshot);
  const std::vector<int32_t> added = BrokersIn(snapshot, BrokerState::kNew);
  if (broken == 0 && added.empty() && !uneven) return Wait("it is balanced");
  if (now < rested) return Wait(UntilText(rested, now));
  if (broken > 0) {
    return Plan(Mode::kRepair, Cause::kRackRule,
                {absl::StrCat(broken, broken == 1 ? " partition lies" : " partitions lie",
                              " on fewer racks than there could be")});
  }
  if (!added.empty()) return Plan(Mode::kFill, Cause::kNewBroker, {Brokers(added, "is new", "are new")});
  const absl::Time since = *memory.uneven_since;
  if (now - since < options.uneven_for) {
    return Wait(absl::StrCat(*uneven, ", for ", absl::ToInt64Seconds(now - since), " s of ",
                             absl::ToInt64Seconds(options.uneven_for)));
  }
  return Plan(Mode::kEvenOut, Cause::kUneven,
              {absl::StrCat(*uneven, ", for ", absl::ToInt64Minutes(now - since), " min")});
}

}  // namespace sluice::balancer_planner
