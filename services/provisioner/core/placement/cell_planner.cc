#include "services/provisioner/core/placement/cell_planner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/provisioner/core/placement/placement_planner.h"

namespace sluice::provisioner {
namespace {

constexpr int32_t kCellBrokers = 3;
constexpr int64_t kCellDiskMib = 10 * 1024;
// 1 Gbit/s, what a small machine's link gives.
constexpr int64_t kBrokerNetworkBytesPerSecond = 125'000'000;

}  // namespace

PhysicalSpec SpecFor(const DataPlane& data_plane, int32_t brokers, int64_t broker_disk_mib,
                     const std::string& kafka_version, bool shared) {
  const int32_t replicas = std::min(brokers, 3);
  return {.kafka_version = kafka_version.empty() ? NewestVersion(data_plane.kafka_versions) : kafka_version,
          .brokers = brokers,
          .controllers = data_plane.substrate == Substrate::kLocal ? 1 : 3,
          .broker_disk_mib = broker_disk_mib,
          .broker_network_bytes_per_second = kBrokerNetworkBytesPerSecond,
          .shared = shared,
          .default_replication_factor = replicas,
          .min_insync_replicas = replicas >= 3 ? 2 : 1};
}

std::vector<CellPlan> PlanCells(const FleetSnapshot& fleet, absl::Time now) {
  std::vector<CellPlan> plans;
  for (const auto& [id, data_plane] : fleet.data_planes) {
    if (data_plane.state != DataPlaneState::kConnected || data_plane.kafka_versions.empty()) continue;
    int32_t with_room = 0;
    bool refused_lately = false;
    for (const auto& [uid, cell] : fleet.physical_clusters) {
      if (cell.data_plane != id || !cell.spec.shared) continue;
      if (cell.refused) {
        refused_lately = refused_lately || now - cell.meta.update_time < kCellRefusalPause;
      } else if (!cell.meta.delete_time && HasRoom(fleet, cell)) {
        ++with_room;
      }
    }
    if (refused_lately || with_room >= data_plane.warm_cells) continue;
    const int32_t free = FreeBrokers(fleet, data_plane);
    if (free < 1) continue;
    const int32_t brokers = free >= kCellBrokers ? kCellBrokers : 1;
    plans.push_back({.data_plane = id,
                     .spec = SpecFor(data_plane, brokers, kCellDiskMib, "", /*shared=*/true),
                     .reason = absl::StrCat(with_room, " of ", data_plane.warm_cells, " cells with room")});
  }
  return plans;
}

std::vector<std::string> CellsToDelete(const FleetSnapshot& fleet) {
  std::vector<std::string> cells;
  for (const auto& [uid, cell] : fleet.physical_clusters) {
    if (!cell.spec.shared || cell.meta.delete_time) continue;
    const auto data_plane = fleet.data_planes.find(cell.data_plane);
    const bool going = data_plane == fleet.data_planes.end() || data_plane->second.state == DataPlaneState::kDeleting;
    const auto count = fleet.logical_clusters.find(uid);
    const bool empty = count == fleet.logical_clusters.end() || count->second == 0;
    if (empty && (going || cell.refused)) cells.push_back(uid);
  }
  return cells;
}

}  // namespace sluice::provisioner
