#include "services/balancer-planner/core/picture/cluster_picture.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::balancer_planner {
namespace {

using planner::BrokerState;
using planner::kDisk;
using planner::kNetworkIn;
using planner::kNetworkOut;

constexpr double kBytesPerMb = 1e6;
constexpr double kBytesPerKb = 1e3;
constexpr double kLeastDiskMb = 1;
// Of the mean number of replicas.
constexpr double kNextToNothing = 0.1;
constexpr double kLeastLinkKbps = 1;
constexpr absl::Duration kNextSample = absl::Seconds(15);

absl::Status LoadUnknown(const std::string& physical_cluster, const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("the load of ", physical_cluster, " is not known: ", why),
                   {.reason = "LOAD_UNKNOWN",
                    .remedy = "wait for the next sample of its data plane, or see why it sends none",
                    .retry_after = kNextSample,
                    .metadata = {{"physical_cluster", physical_cluster}}});
}

class Picture {
 public:
  Picture(const SeenStatus& status, const SeenLoad& load, const PictureHints& hints) : hints_(hints), load_(load) {
    for (const SeenBroker& broker : status.brokers) seen_[broker.id] = &broker;
    for (const SeenBrokerLoad& broker : load.brokers) loads_[broker.id] = &broker;
    for (const SeenPartition& partition : load.partitions) {
      for (const int32_t broker : partition.replicas) {
        known_bytes_[broker] += partition.size_bytes;
        ++replicas_on_[broker];
      }
    }
    for (const auto& [id, broker] : seen_) ids_.insert(id);
    for (const auto& [id, replicas] : replicas_on_) ids_.insert(id);
  }

  // The first ready broker that told no load.
  std::optional<int32_t> SilentBroker() const {
    for (const auto& [id, broker] : seen_) {
      if (broker->ready && !loads_.contains(id)) return id;
    }
    return std::nullopt;
  }

  absl::StatusOr<planner::Snapshot> Build(const planner::ResourceVector& limits) {
    RETURN_IF_ERROR(builder_.SetLimits(limits));
    for (const int32_t id : ids_) RETURN_IF_ERROR(builder_.AddBroker(BrokerOf(id)));
    for (const SeenPartition& partition : load_.partitions) RETURN_IF_ERROR(Add(partition));
    return std::move(builder_).Build();
  }

 private:
  bool Ready(int32_t id) const {
    const auto found = seen_.find(id);
    return found != seen_.end() && found->second->ready;
  }

  // Topics that were made since it came have a replica or two on it.
  bool HoldsNextToNothing(int32_t id) const {
    int64_t all = 0;
    for (const auto& [broker, replicas] : replicas_on_) all += replicas;
    const auto found = replicas_on_.find(id);
    const int64_t own = found == replicas_on_.end() ? 0 : found->second;
    return static_cast<double>(own) * static_cast<double>(ids_.size()) < kNextToNothing * static_cast<double>(all);
  }

  planner::Broker BrokerOf(int32_t id) const {
    planner::Broker broker{.id = id};
    const auto seen = seen_.find(id);
    if (hints_.dead.contains(id)) {
      broker.state = BrokerState::kDead;
    } else if (seen != seen_.end() && seen->second->leaving) {
      broker.state = BrokerState::kLeaving;
    } else if (Ready(id) && HoldsNextToNothing(id)) {
      broker.state = BrokerState::kNew;
    }
    // It may come back with all that it has.
    broker.excluded = broker.state == BrokerState::kAlive && !Ready(id);
    const auto load = loads_.find(id);
    broker.rack = load == loads_.end() || load->second->rack.empty() ? absl::StrCat("broker ", id) : load->second->rack;
    if (load != loads_.end()) {
      Equip(*load->second, broker);
      return broker;
    }
    // It gets nothing; what it has is taken to be as large as the largest other, so that no share grows by it.
    broker.capacity = {kLeastDiskMb, kLeastLinkKbps, kLeastLinkKbps, 100};
    for (const auto& [other_id, other] : loads_) {
      planner::Broker like;
      Equip(*other, like);
      for (const int r : {kDisk, kNetworkIn, kNetworkOut}) {
        broker.capacity[r] = std::max(broker.capacity[r], like.capacity[r]);
      }
    }
    return broker;
  }

  void Equip(const SeenBrokerLoad& load, planner::Broker& broker) const {
    int64_t total = 0, used = 0;
    for (const SeenLogDir& dir : load.log_dirs) total += dir.total_bytes, used += dir.used_bytes;
    const double link =
        load.network_limit_bytes_per_second > 0 ? load.network_limit_bytes_per_second / kBytesPerKb : kUnlimitedKbps;
    broker.capacity = {total / kBytesPerMb, link, link, 100};
    const auto known = known_bytes_.find(load.id);
    const int64_t explained = known == known_bytes_.end() ? 0 : known->second;
    broker.reserved[kDisk] = std::max<int64_t>(0, used - explained) / kBytesPerMb;
  }

  absl::Status Add(const SeenPartition& partition) {
    if (partition.replicas.empty()) return absl::OkStatus();
    auto topic = topics_.find(partition.topic);
    if (topic == topics_.end()) topic = topics_.emplace(partition.topic, builder_.AddTopic(partition.topic)).first;
    const double followers = static_cast<double>(partition.replicas.size()) - 1;
    const double size_mb = std::max<int64_t>(0, partition.size_bytes) / kBytesPerMb;
    const double in = std::max(0.0, partition.in_bytes_per_second) / kBytesPerKb;
    const double out = std::max(0.0, partition.out_bytes_per_second) / kBytesPerKb;
    planner::PartitionFacts facts{.topic = topic->second,
                                  .partition = partition.partition,
                                  .replicas = partition.replicas,
                                  .leader_load = {size_mb, in, out + in * followers, 0},
                                  .follower_load = {size_mb, in, 0, 0}};
    facts.pinned = partition.reassigning || hints_.pinned.contains({partition.topic, partition.partition});
    // More than it has replicas can never be in sync: producers fail already, moves change nothing of that.
    facts.min_in_sync = std::clamp(partition.min_in_sync, 1, static_cast<int32_t>(partition.replicas.size()));
    for (const int32_t replica : partition.replicas) {
      const bool in_sync =
          std::find(partition.in_sync.begin(), partition.in_sync.end(), replica) != partition.in_sync.end();
      facts.replica_facts.push_back({.in_sync = in_sync});
    }
    return builder_.AddPartition(facts);
  }

  const PictureHints& hints_;
  const SeenLoad& load_;
  planner::SnapshotBuilder builder_;
  std::map<int32_t, const SeenBroker*> seen_;
  std::map<int32_t, const SeenBrokerLoad*> loads_;
  std::map<int32_t, int64_t> known_bytes_;
  std::map<int32_t, int64_t> replicas_on_;
  std::set<int32_t> ids_;
  std::map<std::string, int32_t> topics_;
};

}  // namespace

absl::StatusOr<planner::Snapshot> PictureOf(const SeenStatus& status, const SeenLoad& load, const PictureHints& hints,
                                            const PictureOptions& options, absl::Time now) {
  const std::string& cluster = status.physical_cluster;
  if (std::max(status.time, status.heard) < now - options.stale_after)
    return LoadUnknown(cluster, "its data plane has not reported lately");
  if (load.time < now - options.stale_after) return LoadUnknown(cluster, "there is no load sample of late");
  Picture picture(status, load, hints);
  if (const std::optional<int32_t> silent = picture.SilentBroker()) {
    return LoadUnknown(cluster, absl::StrCat("broker ", *silent, " has told no load yet"));
  }
  return picture.Build(options.limits);
}

}  // namespace sluice::balancer_planner
