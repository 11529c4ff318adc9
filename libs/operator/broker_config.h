#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/operator/physical_spec.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

enum class ConfigKind {
  // Kafka changes it on all brokers while they run (DynamicBrokerConfig of 4.3.1, cluster-wide ones).
  kDynamic,
  // Goes into server.properties: each node is rolled.
  kStatic,
  // Who is heard, trusted and allowed, where data lies, which classes are loaded: never a wish of others.
  kRefused,
};

ConfigKind KindOf(std::string_view key);

// What shall be in force cluster-wide, from the spec itself and from its broker_configs (which win).
// min.insync.replicas is here since a static one has no effect on a cluster formatted by 4.3.1. The segment size
// follows the disk, so that a small disk holds more than one segment per partition and retention can do its work.
DynamicConfigs DynamicConfigsOf(const PhysicalSpec& spec);
std::map<std::string, std::string> StaticConfigsOf(const PhysicalSpec& spec);
// Keys of broker_configs that are refused; they are left out above.
std::vector<std::string> RefusedConfigs(const PhysicalSpec& spec);

}  // namespace sluice::op
