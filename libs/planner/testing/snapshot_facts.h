#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner::testing {

// A snapshot before it is built: what a test makes, changes and breaks.
struct SnapshotFacts {
  struct Topic {
    std::string name;
    bool excluded = false;
  };
  std::vector<Broker> brokers;
  std::vector<Topic> topics;
  std::vector<PartitionFacts> partitions;
  ResourceVector limits = {0.8, 0.8, 0.8, 0.7};

  absl::StatusOr<Snapshot> Build() const;
};

// A small cluster with everything that a real one may have: several log dirs, unequal brokers, every broker state,
// replication factors from 1 to 3, excluded topics, pinned partitions, replicas out of sync, disks that are nearly full
// or too full, a rack rule that is broken here and there.
SnapshotFacts RandomFacts(uint64_t seed);

// The snapshot when all batches have been carried out: new replicas are in sync.
Snapshot SnapshotAfter(const Snapshot& before, const Plan& plan);
void CarryOut(const Batch& batch, Snapshot& snapshot);

// All that a plan says, as text: two plans are the same if and only if their texts are.
std::string PlanText(const Plan& plan);

}  // namespace sluice::planner::testing
