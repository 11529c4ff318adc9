#include "libs/planner/end_state.h"

#include <algorithm>

namespace sluice::planner {

int LogDirBefore(const Snapshot& snapshot, uint32_t partition, uint16_t broker) {
  for (uint32_t slot = snapshot.first_replica[partition]; slot < snapshot.first_replica[partition + 1]; ++slot) {
    if (snapshot.replicas[slot] == broker) return snapshot.LogDirOf(slot);
  }
  return -1;
}

void PlacementOf(const ClusterState& end, uint32_t partition, Placement& placement) {
  const Snapshot& snapshot = end.snapshot();
  const auto before = snapshot.ReplicasOf(partition);
  const uint32_t first = end.FirstSlot(partition), after_last = end.EndSlot(partition);
  const uint16_t leader = end.BrokerOf(end.LeaderSlot(partition));
  placement = {};
  placement.changed = leader != before[0];
  placement.replicas.push_back(leader);
  // Those that stay keep their order, so that the preferred order changes no more than it must.
  for (uint16_t broker : before) {
    if (broker != leader && end.Holds(partition, broker)) placement.replicas.push_back(broker);
  }
  for (uint32_t slot = first; slot < after_last; ++slot) {
    const uint16_t broker = end.BrokerOf(slot);
    const bool added = std::find(before.begin(), before.end(), broker) == before.end();
    if (added && broker != leader) placement.replicas.push_back(broker);
    placement.copies |= added || end.LogDirOf(slot) != LogDirBefore(snapshot, partition, broker);
  }
  placement.changed |= placement.copies;
  if (!snapshot.has_several_log_dirs()) return;
  for (uint16_t broker : placement.replicas) {
    for (uint32_t slot = first; slot < after_last; ++slot) {
      if (end.BrokerOf(slot) == broker) placement.log_dirs.push_back(end.LogDirOf(slot));
    }
  }
}

void Replace(Snapshot& snapshot, uint32_t partition, const std::vector<uint16_t>& replicas,
             const std::vector<uint16_t>& log_dirs) {
  const uint32_t first = snapshot.first_replica[partition];
  const auto held = snapshot.ReplicasOf(partition);
  const std::vector<uint16_t> before(held.begin(), held.end());
  std::vector<bool> out_of_sync;
  for (uint16_t broker : replicas) {
    const size_t at = std::find(before.begin(), before.end(), broker) - before.begin();
    out_of_sync.push_back(!snapshot.out_of_sync.empty() && at < before.size() && snapshot.out_of_sync[first + at]);
  }
  for (size_t i = 0; i < replicas.size(); ++i) {
    snapshot.replicas[first + i] = replicas[i];
    if (!snapshot.out_of_sync.empty()) snapshot.out_of_sync[first + i] = out_of_sync[i];
    if (!log_dirs.empty()) snapshot.log_dir_of[first + i] = log_dirs[i];
  }
}

Snapshot SnapshotOf(const ClusterState& end) {
  Snapshot after = end.snapshot();
  Placement placement;
  for (uint32_t p = 0; p < after.partitions(); ++p) {
    PlacementOf(end, p, placement);
    if (placement.changed) Replace(after, p, placement.replicas, placement.log_dirs);
  }
  return after;
}

}  // namespace sluice::planner
