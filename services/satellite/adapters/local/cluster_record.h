#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::satellite {

// cluster.json of a cluster's folder.
struct ClusterRecord {
  bool provisioned = false;
  // What was promised to it.
  int32_t brokers = 0;
  int64_t broker_disk_mib = 0;
};

// An empty record when there is none or it cannot be read: all of it is learnt again.
ClusterRecord LoadClusterRecord(const std::string& folder);
absl::Status SaveClusterRecord(const std::string& folder, const ClusterRecord& record);

// A Kafka id (22 characters of base64url, 16 bytes) that is always the same for `name` and never starts with '-', which
// Kafka's tools would take for an option.
std::string KafkaIdOf(const std::string& name);

}  // namespace sluice::satellite
