#pragma once

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

struct Broker {
  int32_t id = 0;
  std::string rack;
  ResourceVector capacity = {};
  BrokerState state = BrokerState::kAlive;
  // May keep what it has, but gets nothing new (cordoned).
  bool excluded = false;

  // May it hold replicas when the plan has ended?
  bool stays() const { return state == BrokerState::kAlive || state == BrokerState::kNew; }
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

  size_t partitions() const { return topic_of.size(); }
  std::span<const uint16_t> ReplicasOf(size_t partition) const {
    return {replicas.data() + first_replica[partition], first_replica[partition + 1] - first_replica[partition]};
  }
  // What `broker` may use of `resource` at most.
  double LimitOf(size_t broker, int resource) const { return brokers[broker].capacity[resource] * limits[resource]; }
};

// Takes facts one by one and refuses what no plan could be made for. Each error names the broker or partition.
class SnapshotBuilder {
 public:
  // INVALID_ARGUMENT: a second broker of that id, a capacity that is missing, negative or not finite, more than 65,535
  // brokers.
  absl::Status AddBroker(Broker broker);
  // The index by which partitions name it.
  int32_t AddTopic(std::string name);
  // INVALID_ARGUMENT: an unknown broker or topic, no replica, a broker twice, a load that is negative or not finite.
  absl::Status AddPartition(const PartitionFacts& facts);
  // Fractions of capacity in (0, 1].
  absl::Status SetLimits(const ResourceVector& limits);
  // Brokers must come before partitions; room for this many is reserved.
  void Reserve(size_t partitions, size_t replicas);

  // INVALID_ARGUMENT: no broker that stays, or a partition with more replicas than there are brokers that stay.
  absl::StatusOr<Snapshot> Build() &&;

 private:
  Snapshot snapshot_;
  absl::flat_hash_map<int32_t, uint16_t> broker_index_;
  size_t most_replicas_ = 0;
  size_t most_replicated_ = 0;
};

}  // namespace sluice::planner
