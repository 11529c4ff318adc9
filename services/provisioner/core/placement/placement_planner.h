#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/placement/fleet_snapshot.h"

namespace sluice::provisioner {

// Logical clusters at most on one cell, when its data plane does not say.
inline constexpr int32_t kDefaultLogicalClustersPerCell = 2000;

struct PlacementRequest {
  ClusterType type = ClusterType::kServerless;
  std::string region;         // empty: any
  int32_t brokers = 0;        // DEDICATED
  std::string kafka_version;  // DEDICATED; empty: the data plane's newest
  // Cells and data planes that refused it.
  std::vector<Placement> refused_by;
  // Two random numbers: chance comes in from outside.
  uint64_t chance[2] = {0, 0};
};

struct PlacementDecision {
  // SERVERLESS: data plane and cell. DEDICATED: the data plane alone. Unset: nobody has room.
  std::optional<Placement> placement;
  // Why this one, and why not the others; for validate_only and describe.
  std::vector<std::string> reasons;
  // One that would take it does not answer now.
  bool may_come_back = false;
};

// Chooses where a logical cluster goes. SERVERLESS: of two cells drawn at random among those with room, the emptier
// (Mitzenmacher, "The Power of Two Choices", 2001: the fullest cell stays within O(log log n) of the mean although each
// decision looks at two only, on counts that may be a second old). Cells that are up come before those that are still
// starting or degraded. DEDICATED: the connected data plane with the most room for brokers.
//
// INVALID_ARGUMENT REGION_NOT_FOUND, UNSUPPORTED_VERSION; otherwise a decision, maybe without a placement.
// Cost: one pass over the fleet's cells.
absl::StatusOr<PlacementDecision> PlanPlacement(const FleetSnapshot& fleet, const PlacementRequest& request);

// Of a decision without a placement, with its reasons: UNAVAILABLE DATA_PLANE_SILENT when one that would take it may
// come back, otherwise RESOURCE_EXHAUSTED NO_CAPACITY.
absl::Status NoPlacement(const PlacementDecision& decision);

// Brokers that a data plane has room for beyond those of its physical clusters; 0 when it is not known.
int32_t FreeBrokers(const FleetSnapshot& fleet, const DataPlane& data_plane);
// RESOURCE_EXHAUSTED NO_CAPACITY when the data plane has no room for so many brokers more.
absl::Status CheckRoomToGrow(const FleetSnapshot& fleet, const std::string& data_plane, int32_t more);
// Whether one more logical cluster fits on the cell.
bool HasRoom(const FleetSnapshot& fleet, const PhysicalCluster& cell);
// The newest of "4.3.1", "3.9.1", by number.
std::string NewestVersion(const std::vector<std::string>& versions);

}  // namespace sluice::provisioner
