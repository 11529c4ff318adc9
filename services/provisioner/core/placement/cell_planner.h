#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/placement/fleet_snapshot.h"

namespace sluice::provisioner {

// A data plane that refused a cell is not asked for another for so long.
inline constexpr absl::Duration kCellRefusalPause = absl::Minutes(1);

// A cell to begin.
struct CellPlan {
  std::string data_plane;
  PhysicalSpec spec;
  std::string reason;
};

// Keeps `warm_cells` cells with room on each connected data plane, so that a create never waits for one: at most one
// new cell a data plane and call, three brokers (one, where no three fit). Gives the plans in the data planes' order.
std::vector<CellPlan> PlanCells(const FleetSnapshot& fleet, absl::Time now);

// Cells of data planes that are being deleted, with no logical cluster left on them: to be deleted.
std::vector<std::string> CellsToDelete(const FleetSnapshot& fleet);

// What a physical cluster of `brokers` brokers is made of, on that data plane. Shared: a cell.
PhysicalSpec SpecFor(const DataPlane& data_plane, int32_t brokers, int64_t broker_disk_mib,
                     const std::string& kafka_version, bool shared);

}  // namespace sluice::provisioner
