#include "libs/planner/testing/snapshot_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status.h"
#include "libs/planner/end_state.h"
#include "libs/planner/testing/numbers.h"

namespace sluice::planner::testing {
namespace {

Broker RandomBroker(Numbers& numbers, int id, int racks, bool unequal, bool log_dirs) {
  Broker broker{.id = id, .rack = absl::StrCat("rack", id % racks), .capacity = {1000, 10'000, 10'000, 100}};
  if (unequal && numbers.OneIn(2)) {
    for (int r = 0; r < kCpu; ++r) broker.capacity[r] *= 2;
  }
  if (log_dirs) {
    const int dirs = numbers.Between(1, 3);
    for (int d = 0; d < dirs; ++d) {
      broker.log_dirs.push_back({absl::StrCat("/data/", d), broker.capacity[kDisk] / dirs});
    }
    broker.capacity[kDisk] = 0;
  }
  const int fate = numbers.Below(12);
  if (fate == 0) broker.state = BrokerState::kDead;
  if (fate == 1) broker.state = BrokerState::kLeaving;
  if (fate == 2) broker.state = BrokerState::kNew;
  if (fate == 3) broker.excluded = true;
  return broker;
}

}  // namespace

absl::StatusOr<Snapshot> SnapshotFacts::Build() const {
  SnapshotBuilder builder;
  for (const Broker& broker : brokers) RETURN_IF_ERROR(builder.AddBroker(broker));
  for (const Topic& topic : topics) builder.AddTopic(topic.name, topic.excluded);
  RETURN_IF_ERROR(builder.SetLimits(limits));
  for (const PartitionFacts& partition : partitions) RETURN_IF_ERROR(builder.AddPartition(partition));
  return std::move(builder).Build();
}

SnapshotFacts RandomFacts(uint64_t seed) {
  Numbers numbers(seed);
  SnapshotFacts facts;
  const int brokers = numbers.Between(3, 8), racks = numbers.Between(1, 4);
  const bool unequal = numbers.OneIn(3), log_dirs = numbers.OneIn(3);
  for (int b = 0; b < brokers; ++b) facts.brokers.push_back(RandomBroker(numbers, b + 1, racks, unequal, log_dirs));
  facts.brokers[0].state = BrokerState::kAlive;
  const int topics = numbers.Between(1, 5);
  for (int t = 0; t < topics; ++t) facts.topics.push_back({absl::StrCat("t", t), numbers.OneIn(12)});
  const int partitions = numbers.Between(5, 70);
  const double disk_use = 0.1 + 0.8 * numbers.Unit(), link_use = 0.05 + 0.6 * numbers.Unit();
  for (int p = 0; p < partitions; ++p) {
    PartitionFacts partition{.topic = p % topics, .partition = p / topics};
    const int replicas = numbers.Between(1, std::min(3, brokers));
    while (static_cast<int>(partition.replicas.size()) < replicas) {
      // Low ids get more, so that there is something to even out; the rack rule is left to chance.
      const int id = 1 + std::min(numbers.Below(brokers), numbers.Below(brokers));
      auto& held = partition.replicas;
      if (std::find(held.begin(), held.end(), id) == held.end()) held.push_back(id);
    }
    const double disk = numbers.Exponential() * disk_use * 1000 * brokers / (partitions * 2);
    const double in = numbers.Exponential() * link_use * 4000 * brokers / (partitions * 2);
    partition.leader_load = {disk, in, in * numbers.Between(0, 4), in / 200};
    partition.follower_load = {disk, in, 0, in / 800};
    partition.pinned = numbers.OneIn(20);
    if (log_dirs || numbers.OneIn(8)) {
      for (int id : partition.replicas) {
        const int dirs = std::max<size_t>(1, facts.brokers[id - 1].log_dirs.size());
        partition.replica_facts.push_back({numbers.Below(dirs), !numbers.OneIn(15)});
      }
      partition.min_in_sync = numbers.Between(1, replicas);
    }
    facts.partitions.push_back(std::move(partition));
  }
  return facts;
}

void CarryOut(const Batch& batch, Snapshot& snapshot) {
  for (const Step& step : batch.steps) Replace(snapshot, step.partition, step.replicas, step.log_dirs);
}

Snapshot SnapshotAfter(const Snapshot& before, const Plan& plan) {
  Snapshot after = before;
  for (const Batch& batch : plan.batches) CarryOut(batch, after);
  return after;
}

std::string PlanText(const Plan& plan) {
  std::string text = absl::StrCat(plan.summary, "\n");
  for (const Batch& batch : plan.batches) {
    absl::StrAppendFormat(&text, "batch %.17g MB %.17g h\n", batch.bytes_mb, batch.hours);
    for (const Step& step : batch.steps) {
      absl::StrAppendFormat(&text, "%d: %.17g MB, why %d %d;", step.partition, step.bytes_mb, step.reason.kind,
                            step.reason.dimension);
      for (uint16_t b : step.replicas) absl::StrAppend(&text, " ", b);
      text += " dirs";
      for (uint16_t d : step.log_dirs) absl::StrAppend(&text, " ", d);
      text += "\n";
    }
  }
  for (const Unresolved& left : plan.unresolved) absl::StrAppend(&text, left.partition, " ", left.because, "\n");
  for (const Unmet& unmet : plan.unmet) absl::StrAppend(&text, unmet.because, "\n");
  return text;
}

}  // namespace sluice::planner::testing
