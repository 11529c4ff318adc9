#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/planner/snapshot.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

using PartitionName = std::pair<std::string, int32_t>;  // topic, number

struct PictureOptions {
  // A sample or status older than this says nothing of now. A satellite samples each 15 s, so this bears five lost
  // ones.
  absl::Duration stale_after = absl::Seconds(90);
  // Shares of disk, network in, network out and CPU that may be used: Cruise Control's defaults.
  planner::ResourceVector limits = {0.8, 0.8, 0.8, 0.7};
};

// Who and what is to be seen otherwise than status and load say.
struct PictureHints {
  // Their replicas are placed anew. A broker that is not ready and not among them may come back: what it holds is left
  // alone, and it gets nothing.
  std::set<int32_t> dead;
  // They stay where they are, unless their broker goes.
  std::set<PartitionName> pinned;
};

// The planner's picture of a physical cluster, from what its satellite said. A broker with less than a tenth of
// the mean number of replicas is NEW. Partitions that are being moved stay. Internal topics move as others do. Nothing
// is known of the CPU of a partition, so no plan is limited by it.
//
// UNAVAILABLE / LOAD_UNKNOWN (with RetryInfo): no or an old status or sample, a ready broker that told no load.
// INVALID_ARGUMENT / INVALID_SNAPSHOT: what planner::SnapshotBuilder refuses.
absl::StatusOr<planner::Snapshot> PictureOf(const SeenStatus& status, const SeenLoad& load, const PictureHints& hints,
                                            const PictureOptions& options, absl::Time now);

// Stands for a link without a limit, KB/s.
inline constexpr double kUnlimitedKbps = 1e9;

}  // namespace sluice::balancer_planner
