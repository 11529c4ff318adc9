#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/cluster_snapshot/cluster_facts.h"
#include "libs/planner/snapshot.h"

namespace sluice::cluster_snapshot {

// An amount for every broker, and others for some.
struct AmountByBroker {
  std::optional<double> everywhere;
  std::map<int32_t, double> of;

  std::optional<double> For(int32_t broker) const {
    const auto found = of.find(broker);
    return found != of.end() ? std::optional<double>(found->second) : everywhere;
  }
};

// What Kafka cannot say, and what a person wants.
struct AssemblyOptions {
  // Of all log dirs together, MB; instead of what the broker tells of its volumes.
  AmountByBroker disk_mb;
  // What a broker can receive, and can send, KB/s. Without it links have no limit and only evenness counts.
  AmountByBroker network_kbps;
  // How often consumers read each record: their traffic is not in Kafka's answers. >= 0.
  double reads_per_record = 1;
  std::set<int32_t> leaving;
  // Keep what they have, get nothing new.
  std::set<int32_t> cordoned;
  // Their partitions stay where they are.
  std::set<std::string> pinned_topics;
};

struct Assembled {
  planner::Snapshot snapshot;
  // For people, a sentence each: what was assumed, and what the plan cannot know.
  std::vector<std::string> notes;
};

// The planner's picture of a cluster. A broker that is not alive is DEAD, one without replicas beside others that have
// some is NEW. A partition leads with its present leader; one that is moving stays where it goes. Nothing is known of
// processors, so no plan is limited by them.
//
// INVALID_ARGUMENT: CAPACITY_UNKNOWN, a broker that stays tells nothing of its disks and no option does;
// BROKER_NOT_FOUND, TOPIC_NOT_FOUND, an option names one that the cluster lacks; what SnapshotBuilder refuses.
absl::StatusOr<Assembled> AssembleSnapshot(const ClusterFacts& facts, const AssemblyOptions& options);

// Stands for a link without a limit, KB/s.
inline constexpr double kUnlimitedKbps = 1e9;

}  // namespace sluice::cluster_snapshot
