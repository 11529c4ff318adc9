#pragma once

#include "absl/status/statusor.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/core/placement/placement_planner.h"

namespace sluice::provisioner {

// Asks the planner for a place for a family that wants one, and puts it there. Without a place the family is unchanged.
absl::StatusOr<PlacementDecision> Place(const FleetSnapshot& fleet, clock::Random& random, clock::IdSource& ids,
                                        ClusterFamily& family, absl::Time now);

}  // namespace sluice::provisioner
