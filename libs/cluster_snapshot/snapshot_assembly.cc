#include "libs/cluster_snapshot/snapshot_assembly.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cluster_snapshot {
namespace {

using planner::BrokerState;
using planner::kCpu;
using planner::kDisk;
using planner::kNetworkIn;
using planner::kNetworkOut;

absl::Status NotInCluster(const std::string& what, const std::string& option) {
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(what, " is not in the cluster"),
                   {.reason = "INVALID_OPTION", .field = option, .remedy = "Name one that is."});
}

// "12 partitions have", "1 partition has"
std::string Count(size_t count, const std::string& one, const std::string& many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

class Assembly {
 public:
  Assembly(const ClusterFacts& facts, const AssemblyOptions& options) : facts_(facts), options_(options) {}

  absl::StatusOr<Assembled> Run() {
    RETURN_IF_ERROR(CheckOptions());
    LookAtReplicas();
    for (const BrokerFacts& broker : facts_.brokers) RETURN_IF_ERROR(AddBroker(broker));
    for (int32_t id : unlisted_) RETURN_IF_ERROR(AddBroker({.id = id, .alive = false}));
    for (const TopicFacts& topic : facts_.topics) RETURN_IF_ERROR(AddTopic(topic));
    ASSIGN_OR_RETURN(planner::Snapshot snapshot, std::move(builder_).Build());
    return Assembled{.snapshot = std::move(snapshot), .notes = Notes()};
  }

 private:
  absl::Status CheckOptions() const {
    std::set<int32_t> brokers;
    for (const BrokerFacts& broker : facts_.brokers) brokers.insert(broker.id);
    for (const TopicFacts& topic : facts_.topics) {
      for (const PartitionFacts& partition : topic.partitions) {
        for (const ReplicaFacts& replica : partition.replicas) brokers.insert(replica.broker);
      }
    }
    const std::pair<const char*, std::set<int32_t>> named[] = {{"--remove", options_.leaving},
                                                               {"--cordon", options_.cordoned},
                                                               {"--disk-gib", Named(options_.disk_mb)},
                                                               {"--network-mb", Named(options_.network_kbps)}};
    for (const auto& [option, ids] : named) {
      for (int32_t id : ids) {
        if (!brokers.contains(id)) return NotInCluster(absl::StrCat("broker ", id), option);
      }
    }
    for (const std::string& name : options_.pinned_topics) {
      const bool known = std::any_of(facts_.topics.begin(), facts_.topics.end(),
                                     [&](const TopicFacts& topic) { return topic.name == name; });
      if (!known) return NotInCluster(absl::StrCat("topic ", name), "--exclude-topic");
    }
    return absl::OkStatus();
  }
  static std::set<int32_t> Named(const AmountByBroker& amounts) {
    std::set<int32_t> ids;
    for (const auto& [id, amount] : amounts.of) ids.insert(id);
    return ids;
  }

  // What each broker holds of what the snapshot has, and which brokers only replicas tell of.
  void LookAtReplicas() {
    std::set<int32_t> listed;
    for (const BrokerFacts& broker : facts_.brokers) listed.insert(broker.id);
    for (const TopicFacts& topic : facts_.topics) {
      for (const PartitionFacts& partition : topic.partitions) {
        for (const ReplicaFacts& replica : partition.replicas) {
          ++replicas_on_[replica.broker];
          if (!listed.contains(replica.broker)) unlisted_.insert(replica.broker);
          Known(replica.broker, replica.log_dir, replica.size_mb);
        }
        for (const ReplicaFacts& replica : partition.going) ++replicas_on_[replica.broker];
      }
    }
  }
  void Known(int32_t broker, int log_dir, double size_mb) {
    if (log_dir >= 0 && size_mb > 0) known_mb_[{broker, log_dir}] += size_mb;
  }

  absl::Status AddBroker(const BrokerFacts& broker) {
    planner::Broker added{.id = broker.id};
    // Without a rack it is a rack of its own, as Kafka takes it when no broker has one.
    added.rack = broker.rack.empty() ? absl::StrCat("broker ", broker.id) : broker.rack;
    if (broker.alive && broker.rack.empty()) without_rack_.push_back(broker.id);
    if (!broker.alive) {
      added.state = BrokerState::kDead;
      dead_.push_back(broker.id);
    } else if (options_.leaving.contains(broker.id)) {
      added.state = BrokerState::kLeaving;
    } else if (!replicas_on_.contains(broker.id) && !replicas_on_.empty()) {
      added.state = BrokerState::kNew;
    }
    alive_[broker.id] = broker.alive;
    added.excluded = options_.cordoned.contains(broker.id);
    RETURN_IF_ERROR(AddDisks(broker, added));
    const std::optional<double> network = options_.network_kbps.For(broker.id);
    if (!network && added.stays()) network_unknown_ = true;
    added.capacity[kNetworkIn] = added.capacity[kNetworkOut] = network.value_or(kUnlimitedKbps);
    added.capacity[kCpu] = 100;
    return builder_.AddBroker(std::move(added));
  }

  // Its log dirs that are online. Other data on a volume is taken off what may be used, and so is the copy that a move
  // under way will take away.
  absl::Status AddDisks(const BrokerFacts& broker, planner::Broker& added) {
    std::vector<int>& places = log_dir_place_[broker.id];
    for (size_t d = 0; d < broker.log_dirs.size(); ++d) {
      const LogDirFacts& dir = broker.log_dirs[d];
      if (!dir.online) offline_dirs_.push_back(absl::StrCat(dir.path, " of broker ", broker.id));
      places.push_back(dir.online ? static_cast<int>(added.log_dirs.size()) : -1);
      if (!dir.online) continue;
      const double known = known_mb_[{broker.id, d}];
      planner::LogDir disk{.path = dir.path, .capacity_mb = dir.total_mb.value_or(0)};
      if (dir.total_mb) disk.reserved_mb = std::max(0.0, *dir.total_mb - dir.usable_mb.value_or(0) - known);
      added.log_dirs.push_back(std::move(disk));
    }
    if (const std::optional<double> given = options_.disk_mb.For(broker.id)) {
      added.capacity[kDisk] = *given;
      ShareOut(*given, added.log_dirs);
    }
    const bool told = !added.log_dirs.empty() && std::all_of(added.log_dirs.begin(), added.log_dirs.end(),
                                                             [](const auto& dir) { return dir.capacity_mb > 0; });
    if (told || added.capacity[kDisk] > 0) return absl::OkStatus();
    // It gets nothing more, so any amount will do.
    added.log_dirs.clear();
    places.assign(places.size(), -1);
    added.capacity[kDisk] = 1;
    if (!added.stays()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("broker ", broker.id, " does not tell the size of its disks"),
                     {.reason = "CAPACITY_UNKNOWN",
                      .field = "--disk-gib",
                      .remedy = "Give it: --disk-gib 500, or for one broker 3=500."});
  }

  // As the volumes' sizes are to each other; alike where those are not told.
  static void ShareOut(double disk_mb, std::vector<planner::LogDir>& dirs) {
    double whole = 0;
    bool told = true;
    for (const planner::LogDir& dir : dirs) whole += dir.capacity_mb, told &= dir.capacity_mb > 0;
    for (planner::LogDir& dir : dirs) {
      dir.capacity_mb = told ? disk_mb * dir.capacity_mb / whole : disk_mb / dirs.size();
      dir.reserved_mb = 0;
    }
  }

  absl::Status AddTopic(const TopicFacts& topic) {
    const int32_t index = builder_.AddTopic(topic.name);
    const bool pinned = options_.pinned_topics.contains(topic.name);
    for (const PartitionFacts& partition : topic.partitions) {
      if (partition.replicas.empty()) continue;
      planner::PartitionFacts added{
          .topic = index, .partition = partition.number, .replicas = LeaderFirst(partition), .pinned = pinned};
      // More than it has replicas can never be in sync: producers fail already, moves change nothing of that.
      added.min_in_sync = std::clamp(topic.min_in_sync, 1, static_cast<int>(partition.replicas.size()));
      AddReplicaFacts(partition, added);
      added.pinned |= partition.moving;
      moving_ += partition.moving;
      Load(partition, added);
      RETURN_IF_ERROR(builder_.AddPartition(added));
    }
    return absl::OkStatus();
  }

  void AddReplicaFacts(const PartitionFacts& partition, planner::PartitionFacts& added) {
    bool lags = false;
    for (int32_t broker : added.replicas) {
      const auto replica = std::find_if(partition.replicas.begin(), partition.replicas.end(),
                                        [&](const ReplicaFacts& one) { return one.broker == broker; });
      const std::vector<int>& places = log_dir_place_[broker];
      const bool known = replica->log_dir >= 0 && replica->log_dir < static_cast<int>(places.size());
      added.replica_facts.push_back({.log_dir = known ? std::max(0, places[replica->log_dir]) : 0,
                                     .in_sync = replica->in_sync,
                                     .size_mb = replica->size_mb});
      lags |= !replica->in_sync && alive_[broker];
    }
    out_of_sync_ += lags && !partition.moving;
  }

  std::vector<int32_t> LeaderFirst(const PartitionFacts& partition) {
    std::vector<int32_t> order;
    for (const ReplicaFacts& replica : partition.replicas) order.push_back(replica.broker);
    auto leader = std::find(order.begin(), order.end(), partition.leader);
    if (partition.leader < 0) ++without_leader_;
    // A move under way takes the leader's replica away, or there is none: Kafka will choose the first that can.
    if (leader == order.end()) {
      leader = std::find_if(order.begin(), order.end(), [this](int32_t broker) { return alive_[broker]; });
    } else if (leader != order.begin()) {
      ++led_by_others_;
    }
    if (leader != order.end()) std::rotate(order.begin(), leader, leader + 1);
    return order;
  }

  void Load(const PartitionFacts& partition, planner::PartitionFacts& added) {
    double size = -1, most = -1;
    for (const ReplicaFacts& replica : partition.replicas) {
      if (replica.broker == partition.leader) size = replica.size_mb;
      most = std::max(most, replica.size_mb);
    }
    for (const ReplicaFacts& replica : partition.going) {
      if (replica.broker == partition.leader) size = replica.size_mb;
      most = std::max(most, replica.size_mb);
    }
    if (size < 0) size = most;
    if (size < 0) ++without_size_;
    if (!partition.in_kbps && facts_.sample_seconds > 0) ++without_rate_;
    const double in = partition.in_kbps.value_or(0);
    const double followers = static_cast<double>(partition.replicas.size()) - 1;
    added.leader_load = {std::max(0.0, size), in, in * (followers + options_.reads_per_record), 0};
    added.follower_load = {std::max(0.0, size), in, 0, 0};
  }

  std::vector<std::string> Notes() const {
    std::vector<std::string> notes;
    auto add = [&notes](bool applies, std::string text) {
      if (applies) notes.push_back(std::move(text));
    };
    add(facts_.sample_seconds <= 0, "Rates were not measured (--sample 0): only sizes and counts are evened out.");
    add(facts_.sample_seconds > 0, absl::StrCat("Rates are those of ", std::llround(facts_.sample_seconds),
                                                " s; what consumers read is assumed as ", options_.reads_per_record,
                                                " × what is written (--reads-per-record): Kafka does not tell."));
    add(network_unknown_, "Links have no limit in this plan: --network-mb gives what a broker can send and receive.");
    add(!dead_.empty(),
        absl::StrCat(dead_.size() == 1 ? "Broker " : "Brokers ", absl::StrJoin(dead_, ", "),
                     dead_.size() == 1 ? " is" : " are", " not alive: the replicas there are placed anew."));
    add(!offline_dirs_.empty(), absl::StrCat("Offline: ", absl::StrJoin(offline_dirs_, ", "), "."));
    add(!without_rack_.empty() && without_rack_.size() < alive_.size(),
        absl::StrCat("Without a rack, each a rack of its own: brokers ", absl::StrJoin(without_rack_, ", "), "."));
    add(moving_ > 0, absl::StrCat(Count(moving_, "partition is", "partitions are"), " moving now and left alone."));
    add(out_of_sync_ > 0, absl::StrCat(Count(out_of_sync_, "partition has", "partitions have"),
                                       " a replica that is not in sync: left alone until it has caught up."));
    add(without_leader_ > 0, absl::StrCat(Count(without_leader_, "partition has", "partitions have"),
                                          " no leader: nothing can be copied from it."));
    add(led_by_others_ > 0, absl::StrCat(Count(led_by_others_, "partition is", "partitions are"),
                                         " not led by the first replica; Kafka may give leadership back to it."));
    add(without_size_ > 0, absl::StrCat(Count(without_size_, "partition has", "partitions have"),
                                        " no replica that tells its size: taken as empty."));
    add(without_rate_ > 0, absl::StrCat(Count(without_rate_, "partition's rate", "partitions' rates"),
                                        " could not be measured: taken as 0."));
    return notes;
  }

  const ClusterFacts& facts_;
  const AssemblyOptions& options_;
  planner::SnapshotBuilder builder_;
  std::map<int32_t, size_t> replicas_on_;
  std::map<int32_t, bool> alive_;
  std::set<int32_t> unlisted_;
  std::map<std::pair<int32_t, int>, double> known_mb_;
  // By broker: the place in the snapshot of each of its log dirs, -1: it has none there.
  std::map<int32_t, std::vector<int>> log_dir_place_;
  std::vector<int32_t> dead_, without_rack_;
  std::vector<std::string> offline_dirs_;
  size_t moving_ = 0, without_leader_ = 0, led_by_others_ = 0, without_size_ = 0, without_rate_ = 0, out_of_sync_ = 0;
  bool network_unknown_ = false;
};

}  // namespace

absl::StatusOr<Assembled> AssembleSnapshot(const ClusterFacts& facts, const AssemblyOptions& options) {
  return Assembly(facts, options).Run();
}

}  // namespace sluice::cluster_snapshot
