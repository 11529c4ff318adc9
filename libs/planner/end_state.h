#pragma once

#include <cstdint>
#include <vector>

#include "libs/planner/cluster_state.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner {

// A partition's replicas as an end state has them.
struct Placement {
  std::vector<uint16_t> replicas;  // leader first; those that stay keep their order, new ones come last
  std::vector<uint16_t> log_dirs;  // of each; empty where no broker has several
  bool copies = false;             // something has to be copied to get there
  bool changed = false;
};

// The log dir that the partition's replica on `broker` has before; -1 where the broker holds none. Not that of the slot
// that ends there: two replicas of a partition may have changed places, which moves nothing.
int LogDirBefore(const Snapshot& snapshot, uint32_t partition, uint16_t broker);

void PlacementOf(const ClusterState& end, uint32_t partition, Placement& placement);

// The snapshot that will be taken when `end` has been reached: new replicas are in sync.
Snapshot SnapshotOf(const ClusterState& end);

// Writes one partition's new replicas into a snapshot, as its next picture would show them.
void Replace(Snapshot& snapshot, uint32_t partition, const std::vector<uint16_t>& replicas,
             const std::vector<uint16_t>& log_dirs);

}  // namespace sluice::planner
