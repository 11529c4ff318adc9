#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "services/provisioner/core/model/data_plane.h"

namespace sluice::provisioner {

// What placement decides on.
struct FleetSnapshot {
  std::map<std::string, DataPlane> data_planes;              // by id
  std::map<std::string, PhysicalCluster> physical_clusters;  // by pkc-…
  std::map<std::string, int32_t> logical_clusters;           // by pkc-…
  std::map<std::string, absl::Time> last_seen;               // by data plane id
};

}  // namespace sluice::provisioner
