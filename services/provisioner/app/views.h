#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/data_plane.h"
#include "services/provisioner/core/model/kafka_cluster.h"

namespace sluice::provisioner {

// A cluster with what it has from its physical cluster.
struct KafkaClusterView {
  KafkaCluster cluster;
  std::string bootstrap_servers;
  std::string ca_certificate_pem;
  int32_t effective_brokers = 0;
  std::string effective_kafka_version;
  // Its data plane has been silent for 15 s: what is shown may be out of date.
  bool unreachable = false;
};

struct DataPlaneView {
  struct Cell {
    PhysicalCluster physical_cluster;
    int32_t logical_clusters = 0;
  };
  DataPlane data_plane;
  std::optional<absl::Time> last_seen_time;
  std::vector<Cell> physical_clusters;
};

}  // namespace sluice::provisioner
