#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace sluice::planner {

// What a broker has a bounded amount of. Units: MB, KB/s, KB/s, percent of the broker's processors.
enum Resource { kDisk = 0, kNetworkIn = 1, kNetworkOut = 2, kCpu = 3 };
inline constexpr int kResources = 4;
inline constexpr std::array<const char*, kResources> kResourceNames = {"disk", "nwIn", "nwOut", "cpu"};

using ResourceVector = std::array<double, kResources>;

enum class BrokerState {
  kAlive,
  kNew,      // just added: empty, or nearly
  kLeaving,  // alive, to be emptied
  kDead,     // gone; leadership has failed over
};

// One folder of a broker's data, on a disk of its own. A replica lives in one of them.
struct LogDir {
  std::string path;
  double capacity_mb = 0;
  double reserved_mb = 0;  // taken by what is no replica of the snapshot: other files, copies in flight
};

struct Broker {
  int32_t id = 0;
  std::string rack;
  // Where `log_dirs` are given, the disk may be left 0: it is their sum.
  ResourceVector capacity = {};
  BrokerState state = BrokerState::kAlive;
  // May keep what it has, but gets nothing new (cordoned).
  bool excluded = false;
  // None: one, of the capacity for disk.
  std::vector<LogDir> log_dirs = {};
  // Taken by what no partition's load explains, such as moves in flight: it comes off what may be used. Its disk may be
  // left 0 where `log_dirs` say so.
  ResourceVector reserved = {};

  // May it hold replicas when the plan has ended?
  bool stays() const { return state == BrokerState::kAlive || state == BrokerState::kNew; }
};

// What is known of one replica besides its broker.
struct ReplicaFacts {
  int32_t log_dir = 0;  // index into its broker's log_dirs
  bool in_sync = true;  // a replica on a dead broker never is
  double size_mb = -1;  // on its log dir; below 0: as the load says
};

// One partition as the builder takes it.
struct PartitionFacts {
  int32_t topic = 0;  // index from AddTopic
  int32_t partition = 0;
  std::vector<int32_t> replicas;  // broker ids, leader first
  // What the leader and each follower put on their broker. Disk is what must be copied when a replica moves: for a
  // tiered partition, its local bytes.
  ResourceVector leader_load = {};
  ResourceVector follower_load = {};
  // Its replicas stay where they are, unless their broker is dead or leaving: excluded by a person, or moved lately.
  bool pinned = false;
  // One for each replica, or none: all in sync, in the first log dir. A partition counts with the largest of its
  // replicas' sizes. One with a replica on a live broker that is not in sync is left alone until that has caught up.
  std::vector<ReplicaFacts> replica_facts = {};
  // min.insync.replicas: leadership goes to none but replicas in sync, and these never become fewer than this.
  int32_t min_in_sync = 1;
};

// An immutable picture of one Kafka cluster, in arrays so that a million partitions fit. Brokers and partitions are
// named by index below; `replicas` holds broker indexes, each partition's leader first.
struct Snapshot {
  std::vector<Broker> brokers;
  std::vector<std::string> topics;
  // The share of each capacity that may be used: Cruise Control's defaults.
  ResourceVector limits = {0.8, 0.8, 0.8, 0.7};

  std::vector<int32_t> topic_of;
  std::vector<int32_t> number_of;
  std::vector<uint32_t> first_replica;  // partitions + 1 entries into `replicas`
  std::vector<uint16_t> replicas;
  std::vector<std::array<float, kResources>> leader_load;
  std::vector<std::array<float, kResources>> follower_load;
  std::vector<bool> pinned;
  std::vector<uint8_t> min_in_sync;
  // By place in `replicas`; empty where none is out of sync, or no broker has several log dirs.
  std::vector<bool> out_of_sync;
  std::vector<uint8_t> log_dir_of;

  size_t partitions() const { return topic_of.size(); }
  std::span<const uint16_t> ReplicasOf(size_t partition) const {
    return {replicas.data() + first_replica[partition], first_replica[partition + 1] - first_replica[partition]};
  }
  // What `broker` may use of `resource` at most.
  double LimitOf(size_t broker, int resource) const {
    return brokers[broker].capacity[resource] * limits[resource] - brokers[broker].reserved[resource];
  }
  size_t LogDirsOf(size_t broker) const { return std::max<size_t>(1, brokers[broker].log_dirs.size()); }
  double LogDirLimit(size_t broker, size_t log_dir) const;
  bool has_several_log_dirs() const { return !log_dir_of.empty(); }
  int LogDirOf(size_t slot) const { return log_dir_of.empty() ? 0 : log_dir_of[slot]; }
  // Can the replica lead, and be copied from?
  bool InSync(size_t slot) const {
    return brokers[replicas[slot]].state != BrokerState::kDead && (out_of_sync.empty() || !out_of_sync[slot]);
  }
  bool HasSource(size_t partition) const;
};

// Takes facts one by one and refuses what no plan could be made for. Each error names the broker or partition.
class SnapshotBuilder {
 public:
  // INVALID_ARGUMENT: a second broker of that id, a capacity that is missing, not positive or beyond 10^15, more than
  // 65,535 brokers or 255 log dirs.
  absl::Status AddBroker(Broker broker);
  // The index by which partitions name it. The partitions of an excluded topic are pinned.
  int32_t AddTopic(std::string name, bool excluded = false);
  // INVALID_ARGUMENT: an unknown broker, log dir or topic, no replica, a broker twice, a load that is missing, negative
  // or beyond 10^15, a min ISR below 1. Where the leader's broker is dead, the first replica in sync is taken to lead.
  absl::Status AddPartition(const PartitionFacts& facts);
  // Fractions of capacity in (0, 1].
  absl::Status SetLimits(const ResourceVector& limits);
  // Brokers must come before partitions; room for this many is reserved.
  void Reserve(size_t partitions, size_t replicas);

  // INVALID_ARGUMENT: no broker that stays, a topic's name or a partition's number twice. A partition with more
  // replicas than there are brokers that stay is planned around.
  absl::StatusOr<Snapshot> Build() &&;

 private:
  absl::Status CheckReplicas(const PartitionFacts& facts) const;
  absl::Status CheckLoads(const PartitionFacts& facts) const;
  absl::Status FindDuplicates() const;
  void AddReplicas(const PartitionFacts& facts);

  Snapshot snapshot_;
  absl::flat_hash_map<int32_t, uint16_t> broker_index_;
  std::vector<bool> topic_excluded_;
  bool several_log_dirs_ = false;
  bool all_in_sync_ = true;
};

}  // namespace sluice::planner
