#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/provisioner/core/model/resource.h"

namespace sluice::provisioner {

// Units as in sluice.provisioner.v1.KafkaLimits. 0: the type's default.
struct Limits {
  int64_t ingress_bytes_per_second = 0;
  int64_t egress_bytes_per_second = 0;
  int32_t request_percent = 0;
  int32_t controller_mutations_per_second = 0;
  int32_t partitions = 0;

  friend bool operator==(const Limits&, const Limits&) = default;
};

enum class ClusterType { kServerless = 1, kDedicated = 2 };

enum class ClusterState {
  kAccepted = 1,
  kPlacing = 2,
  kProvisioning = 3,
  kReady = 4,
  kUpdating = 5,
  kSuspended = 6,
  kFailed = 7,
  kDeleting = 8,
  kDeleted = 9,
};

// Where a logical cluster lies. Empty: nowhere yet.
struct Placement {
  std::string data_plane;        // id
  std::string physical_cluster;  // pkc-…

  bool empty() const { return physical_cluster.empty(); }
  friend bool operator==(const Placement&, const Placement&) = default;
};

// The record key of its desired and status documents: "pkc-…/lkc-…".
std::string DocumentKey(const Placement& placement, const std::string& cluster_uid);

// What a DEDICATED cluster's owner wishes of its brokers, and the limits that go with them.
struct BrokerWish {
  int32_t brokers = 0;
  int64_t broker_disk_mib = 0;
  Limits limits;
  Limits effective_limits;

  friend bool operator==(const BrokerWish&, const BrokerWish&) = default;
};

struct KafkaCluster {
  Meta meta;  // uid lkc-…; name organizations/{organization}/environments/{environment}/kafkaClusters/{id}
  std::string organization;
  std::string environment;
  std::string id;

  // What the caller wishes.
  std::string display_name;
  Labels labels;
  ClusterType type = ClusterType::kServerless;
  std::string region;
  int32_t brokers = 0;
  int64_t broker_disk_mib = 0;
  std::string kafka_version;
  Limits limits;
  bool deletion_protection = false;

  // What is so. bootstrap_servers and the CA belong to the physical cluster: see Queries::ViewOf.
  ClusterState state = ClusterState::kAccepted;
  std::vector<Condition> conditions;
  std::string prefix;  // "lkc-….", "" for DEDICATED
  Limits effective_limits;
  int32_t replication_factor = 0;
  int32_t min_insync_replicas = 0;
  Placement placement;
  int32_t topic_count = 0;
  int32_t partition_count = 0;
  int64_t observed_generation = 0;

  // The running operation on it ("op-…"), empty when it is idle. One at a time.
  std::string operation;
  // Cells and data planes that refused it, newest last: not asked again until all others have been.
  std::vector<Placement> refused_by;
  // What a change of its brokers that is under way goes back to when it is cancelled, or refused for want of room.
  std::optional<BrokerWish> before_change;

  bool reconciling() const;

  friend bool operator==(const KafkaCluster&, const KafkaCluster&) = default;
};

enum class KeyState { kProvisioning = 1, kReady = 2, kDeleting = 3, kFailed = 4 };

struct KafkaKey {
  Meta meta;  // uid key-…; name {cluster name}/keys/{id}
  std::string organization;
  std::string environment;
  std::string cluster_uid;
  std::string id;
  std::string display_name;
  std::string username;  // "{lkc}.{key uid}"
  KeyState state = KeyState::kProvisioning;
  std::vector<Condition> conditions;
  // The password's SCRAM credential, sealed to the data plane's key: only its satellite can open it.
  std::string sealed_credential;
  std::string sealed_for_data_plane;
  std::string operation;

  friend bool operator==(const KafkaKey&, const KafkaKey&) = default;
};

enum class TopicState { kCreating = 1, kReady = 2, kUpdating = 3, kDeleting = 4, kFailed = 5 };

// Kafka owns it: made up from the last status and the wishes under way, never stored.
struct Topic {
  std::string name;  // {cluster name}/topics/{id}
  std::string id;
  std::string kafka_name;
  int32_t partitions = 1;
  std::map<std::string, std::string> configs;
  int32_t replication_factor = 0;
  TopicState state = TopicState::kReady;
  std::string state_message;
  std::string etag;

  friend bool operator==(const Topic&, const Topic&) = default;
};

}  // namespace sluice::provisioner
