#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sluice::op {

// What one physical cluster shall be: sluice.provisioner.v1.PhysicalClusterSpec without Protobuf.
struct PhysicalSpec {
  std::string kafka_version = "4.3.1";
  // Node ids 1..brokers.
  int32_t brokers = 3;
  // 1 or 3, apart from the brokers; node ids from kFirstControllerId.
  int32_t controllers = 1;
  // The disk that one broker may fill.
  int64_t broker_disk_mib = 1024;
  int64_t broker_network_bytes_per_second = 0;
  // 0: the substrate's default.
  int32_t broker_heap_mib = 0;
  bool shared = false;
  int32_t default_replication_factor = 3;
  int32_t min_insync_replicas = 2;
  // Further Kafka broker configuration; see broker_config.h for what is allowed.
  std::map<std::string, std::string> broker_configs;
  // Nothing disruptive is done while set; dead nodes are still restarted.
  bool paused = false;

  friend bool operator==(const PhysicalSpec&, const PhysicalSpec&) = default;
};

inline constexpr int32_t kFirstBrokerId = 1;
inline constexpr int32_t kFirstControllerId = 1001;

}  // namespace sluice::op
