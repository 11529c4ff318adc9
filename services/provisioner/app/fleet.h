#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/provisioner/core/model/data_plane.h"
#include "services/provisioner/core/placement/fleet_snapshot.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// The data planes and physical clusters, in memory: few, read by each create and each list, changed seldom. Loaded at
// the start, refreshed each second by Refresh and at once by what this process itself commits, so another replica's
// change is seen within a second. Placement decides on it; the satellite is the last judge. Thread-safe.
class Fleet {
 public:
  explicit Fleet(Store& store) : store_(store) {}

  // Reads all data planes and physical clusters; the counts of logical clusters too when `counts`.
  absl::Status Refresh(bool counts);
  // For decisions: cheap to take, never changes.
  std::shared_ptr<const FleetSnapshot> Snapshot() const;

  // What was just committed here.
  void Put(const DataPlane& data_plane);
  void Put(const PhysicalCluster& physical_cluster);
  void Remove(Kind kind, const std::string& uid);
  // A logical cluster was placed on (+1) or taken off (-1) a cell.
  void Count(const std::string& physical_cluster, int delta);
  // A sign of life of a satellite, by its own record's time of arrival.
  void Seen(const std::string& data_plane, absl::Time when);

  std::optional<DataPlane> DataPlaneById(const std::string& id) const;
  std::optional<PhysicalCluster> PhysicalClusterById(const std::string& pkc) const;
  std::optional<absl::Time> LastSeen(const std::string& data_plane) const;

 private:
  void Publish();  // under mutex_

  Store& store_;
  mutable std::mutex mutex_;
  FleetSnapshot current_;
  std::shared_ptr<const FleetSnapshot> published_ = std::make_shared<FleetSnapshot>();
};

}  // namespace sluice::provisioner
