#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/wire/uuid.h"

namespace sluice::kafka_admin {

struct BrokerAddress {
  std::string host;
  uint16_t port = 0;

  friend auto operator<=>(const BrokerAddress&, const BrokerAddress&) = default;
};

struct Broker {
  int32_t id = -1;
  // As advertised on the listener that this client is connected to.
  BrokerAddress address;
  std::optional<std::string> rack;
  // Registered, but not serving: its session with the controller ended, or it is still starting.
  bool fenced = false;
};

struct ClusterDescription {
  std::string cluster_id;
  // A broker that takes requests for the controller. Under KRaft this is any broker, not the quorum's leader:
  // ask DescribeQuorum for that one.
  int32_t controller_id = -1;
  std::vector<Broker> brokers;
};

struct QuorumReplica {
  int32_t id = -1;
  Uuid directory_id;
  int64_t log_end_offset = -1;
  // Unset where the leader does not know.
  std::optional<absl::Time> last_fetch_time;
  std::optional<absl::Time> last_caught_up_time;
};

struct QuorumDescription {
  int32_t leader_id = -1;
  int32_t leader_epoch = -1;
  int64_t high_watermark = -1;
  std::vector<QuorumReplica> voters;
  std::vector<QuorumReplica> observers;
};

struct FeatureRange {
  int16_t min = 0;
  int16_t max = 0;
};

// What the broker that answered supports, and what the cluster has finalized.
struct FeatureDescription {
  std::map<std::string, FeatureRange> supported;
  std::map<std::string, int16_t> finalized;
  // Grows with every finalization; unset when the broker did not know it.
  std::optional<int64_t> finalized_epoch;
};

struct FeatureUpdate {
  enum class Kind { kUpgrade = 1, kSafeDowngrade = 2, kUnsafeDowngrade = 3 };

  std::string name;  // "metadata.version"
  int16_t level = 0;
  Kind kind = Kind::kUpgrade;
};

struct ReplicaInDir {
  std::string topic;
  int32_t partition = -1;
  int64_t size_bytes = 0;
  // 0 for a replica that is catching up in a reassignment too: judge progress by size.
  int64_t offset_lag = 0;
  // The copy that a move between log directories of one broker is building.
  bool future = false;
};

struct LogDir {
  // KAFKA_STORAGE_ERROR when the directory is offline; then there are no replicas.
  absl::Status status;
  std::string path;
  std::vector<ReplicaInDir> replicas;
  // Of the volume below it; unset on brokers older than 3.3.
  std::optional<int64_t> total_bytes;
  std::optional<int64_t> usable_bytes;
  // No new replica is placed here (4.3 and later).
  bool cordoned = false;
};

}  // namespace sluice::kafka_admin
