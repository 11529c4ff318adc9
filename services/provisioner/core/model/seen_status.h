#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/resource.h"

namespace sluice::provisioner {

struct SeenKey {
  std::string uid;
  bool ready = false;
  std::string error_reason;
  std::string error_message;

  friend bool operator==(const SeenKey&, const SeenKey&) = default;
};

struct SeenWish {
  std::string wish_id;
  bool done = false;
  std::string error_reason;
  std::string error_message;

  friend bool operator==(const SeenWish&, const SeenWish&) = default;
};

struct SeenTopic {
  std::string name;
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  std::map<std::string, std::string> configs;

  friend bool operator==(const SeenTopic&, const SeenTopic&) = default;
};

enum class SeenLogicalState { kUnspecified, kProvisioning, kReady, kSuspended, kFailed, kDeleting, kGone, kRejected };

struct SeenLogical {
  SeenLogicalState state = SeenLogicalState::kUnspecified;
  std::vector<SeenKey> keys;
  std::vector<SeenWish> wish_results;
  std::vector<SeenTopic> topics;
  int32_t topic_count = 0;
  int32_t partition_count = 0;
  bool topic_creation_withdrawn = false;
  std::string message;

  friend bool operator==(const SeenLogical&, const SeenLogical&) = default;
};

enum class SeenPhysicalState {
  kUnspecified,
  kProvisioning,
  kUp,
  kExpanding,
  kShrinking,
  kRolling,
  kRebalancing,
  kDegraded,
  kDown,
  kDeleting,
  kGone,
  kRejected,
};

struct SeenPhysical {
  SeenPhysicalState state = SeenPhysicalState::kUnspecified;
  int32_t brokers_ready = 0;
  std::string bootstrap_servers;
  std::string ca_certificate_pem;
  std::string kafka_version;
  int32_t partitions = 0;
  // What it does or waits for, of the newest action.
  std::string newest_action;

  friend bool operator==(const SeenPhysical&, const SeenPhysical&) = default;
};

struct SeenDataPlane {
  std::string satellite_version;
  std::vector<std::string> kafka_versions;
  int32_t max_brokers = 0;
  int32_t brokers = 0;
  std::string sealing_public_key;

  friend bool operator==(const SeenDataPlane&, const SeenDataPlane&) = default;
};

// The last word of a satellite on one document, as it came: the provisioner derives from it and never edits it.
struct SeenStatus {
  Meta meta;                // uid and name: "{data plane}:{key}"
  std::string data_plane;   // id, as the topic says
  std::string key;          // "pkc-…", "pkc-…/lkc-…" or "data-plane"
  std::string cluster_uid;  // lkc-… of the key, if any
  int64_t satellite_epoch = 0;
  int64_t sequence = 0;
  absl::Time time;
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;
  std::variant<SeenPhysical, SeenLogical, SeenDataPlane> seen;

  friend bool operator==(const SeenStatus&, const SeenStatus&) = default;
};

}  // namespace sluice::provisioner
