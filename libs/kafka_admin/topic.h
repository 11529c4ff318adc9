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

struct TopicPartition {
  std::string topic;
  int32_t partition = -1;

  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// One item's outcome in a call over many.
struct NamedResult {
  std::string name;
  absl::Status status;
};

struct PartitionResult {
  TopicPartition partition;
  absl::Status status;
};

struct NewTopic {
  std::string name;
  // -1 takes the broker's default; ignored when `assignments` is given.
  int32_t partitions = -1;
  int16_t replication_factor = -1;
  // Replicas of partition 0, 1, …, the preferred leader first; empty leaves placement to the controller.
  std::vector<std::vector<int32_t>> assignments;
  std::map<std::string, std::string> configs;
};

struct CreatedTopic {
  std::string name;
  absl::Status status;
  // Zero id and -1 when the status is an error, or the broker did not say (no right to describe the topic).
  Uuid id;
  int32_t partitions = -1;
  int16_t replication_factor = -1;
};

struct NewPartitions {
  std::string topic;
  // How many there shall be in all; it only grows.
  int32_t total = 0;
  // Replicas of each added partition; empty leaves placement to the controller.
  std::vector<std::vector<int32_t>> assignments;
};

struct PartitionDescription {
  // An error of this partition alone, as KAFKA_LEADER_NOT_AVAILABLE.
  absl::Status status;
  int32_t id = -1;
  int32_t leader = -1;  // -1: none, the partition is offline
  int32_t leader_epoch = -1;
  std::vector<int32_t> replicas;
  std::vector<int32_t> isr;
  std::vector<int32_t> offline_replicas;
  // Eligible leader replicas (KIP-966): left the ISR, yet hold everything committed.
  std::vector<int32_t> eligible_leaders;
};

struct TopicDescription {
  // KAFKA_UNKNOWN_TOPIC_OR_PARTITION for a name that does not exist.
  absl::Status status;
  std::string name;
  Uuid id;
  bool internal = false;
  std::vector<PartitionDescription> partitions;  // by id
};

enum class ConfigResourceType : int8_t { kTopic = 2, kBroker = 4, kBrokerLogger = 8, kClientMetrics = 16, kGroup = 32 };

struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::kTopic;
  // A topic's or group's name, a broker's id; "" with kBroker is the default of all brokers.
  std::string name;

  friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};

struct ConfigEntry {
  enum class Source : int8_t {
    kUnknown = 0,
    kDynamicTopic = 1,
    kDynamicBroker = 2,
    kDynamicDefaultBroker = 3,
    kStaticBroker = 4,
    kDefault = 5,
    kDynamicBrokerLogger = 6,
    kDynamicClientMetrics = 7,
    kDynamicGroup = 8,
  };

  std::string name;
  // Unset for a sensitive entry, and where none is set.
  std::optional<std::string> value;
  Source source = Source::kUnknown;
  bool read_only = false;
  bool sensitive = false;
};

struct ConfigDescription {
  ConfigResource resource;
  absl::Status status;
  std::vector<ConfigEntry> entries;
};

struct ConfigChange {
  enum class Op : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

  std::string name;
  Op op = Op::kSet;
  std::string value;  // nothing for kDelete
};

struct ConfigAlteration {
  ConfigResource resource;
  std::vector<ConfigChange> changes;
};

struct ConfigResult {
  ConfigResource resource;
  absl::Status status;
};

enum class ElectionKind : int8_t { kPreferred = 0, kUnclean = 1 };

struct Reassignment {
  TopicPartition partition;
  // The whole new list, preferred leader first; unset cancels a running reassignment.
  std::optional<std::vector<int32_t>> replicas;
};

struct OngoingReassignment {
  TopicPartition partition;
  std::vector<int32_t> replicas;  // old and new together
  std::vector<int32_t> adding;
  std::vector<int32_t> removing;
};

struct OffsetQuery {
  // Kafka's markers in place of a time.
  static constexpr int64_t kLatest = -1;
  static constexpr int64_t kEarliest = -2;

  TopicPartition partition;
  // A time in milliseconds since 1970 (the first record at or after it), or a marker.
  int64_t timestamp_ms = kLatest;
};

struct OffsetResult {
  TopicPartition partition;
  absl::Status status;
  int64_t offset = -1;  // -1: no such record
  int64_t timestamp_ms = -1;
};

}  // namespace sluice::kafka_admin
