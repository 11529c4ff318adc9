#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "services/satellite/core/tenancy/grant.h"

namespace sluice::satellite {

struct SeenTopic {
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  std::map<std::string, std::string> configs;  // those set for the topic

  friend bool operator==(const SeenTopic&, const SeenTopic&) = default;
};

// What the physical cluster holds of one logical cluster.
struct TenantSeen {
  std::set<Grant> grants;
  std::set<std::string> users;              // SCRAM-SHA-512
  std::map<std::string, double> quotas;     // by Kafka's quota key, of the user entity
  std::map<std::string, SeenTopic> topics;  // by their name on the wire
  std::set<std::string> groups;             // looked up for deletion only
};

}  // namespace sluice::satellite
