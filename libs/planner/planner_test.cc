#include "libs/planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/planner/step_checker.h"
#include "libs/planner/testing/random_cluster.h"

namespace sluice::planner {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::RandomCluster;
using testing::RandomClusterOptions;

// What a plan leaves behind, partition by partition.
std::vector<std::vector<uint16_t>> AfterPlan(const Snapshot& snapshot, const Plan& plan) {
  std::vector<std::vector<uint16_t>> after;
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    const auto replicas = snapshot.ReplicasOf(p);
    after.emplace_back(replicas.begin(), replicas.end());
  }
  for (const Batch& batch : plan.batches) {
    for (const Step& step : batch.steps) after[step.partition] = step.replicas;
  }
  return after;
}

Snapshot SnapshotAfter(const Snapshot& before, const Plan& plan) {
  Snapshot after = before;
  const auto replicas = AfterPlan(before, plan);
  for (size_t p = 0; p < replicas.size(); ++p) {
    std::copy(replicas[p].begin(), replicas[p].end(), after.replicas.begin() + after.first_replica[p]);
  }
  return after;
}

size_t RacksOf(const Snapshot& snapshot, const std::vector<uint16_t>& replicas) {
  std::set<std::string> racks;
  for (uint16_t b : replicas) racks.insert(snapshot.brokers[b].rack);
  return racks.size();
}

struct Scenario {
  const char* sentence;
  RandomClusterOptions cluster;
  // What a few hundred partitions leave of evenness: one leader of 33 is 3 %.
  double tolerance = 0.05;
};

class EveryPlan : public ::testing::TestWithParam<Scenario> {};

TEST_P(EveryPlan, KeepsEveryConstraintAtEveryStepAndEndsEven) {
  const Snapshot snapshot = RandomCluster(GetParam().cluster);
  const absl::StatusOr<Plan> plan = MakePlan(snapshot, {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const StepViolations found = CheckSteps(snapshot, plan->batches, plan->throttle_kbps);
  EXPECT_EQ(found.total(), 0) << found.first;
  EXPECT_TRUE(plan->unresolved.empty()) << plan->unresolved[0].because;
  for (const auto& replicas : AfterPlan(snapshot, *plan)) {
    EXPECT_EQ(RacksOf(snapshot, replicas), 3u);
    for (uint16_t b : replicas) EXPECT_TRUE(snapshot.brokers[b].stays());
  }
  for (int k : {kReplicas, kLeaders, kDiskUse, kIn, kOut}) {
    EXPECT_LE(plan->after[k].most, 1 + GetParam().tolerance) << kDimensionNames[k];
    EXPECT_GE(plan->after[k].least, 1 - GetParam().tolerance) << kDimensionNames[k];
  }
}

TEST_P(EveryPlan, LeavesNothingForTheNext) {
  const Snapshot snapshot = RandomCluster(GetParam().cluster);
  const absl::StatusOr<Plan> first = MakePlan(snapshot, {});
  ASSERT_TRUE(first.ok());
  const absl::StatusOr<Plan> second = MakePlan(SnapshotAfter(snapshot, *first), {});
  ASSERT_TRUE(second.ok());
  EXPECT_LE(second->replica_moves, 2) << second->summary;
}

TEST_P(EveryPlan, IsTheSameEachTime) {
  const Snapshot snapshot = RandomCluster(GetParam().cluster);
  const absl::StatusOr<Plan> first = MakePlan(snapshot, {}), second = MakePlan(snapshot, {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(AfterPlan(snapshot, *first), AfterPlan(snapshot, *second));
  EXPECT_EQ(first->summary, second->summary);
}

TEST_P(EveryPlan, RepairsWithoutEveningOutWhenOnlyRepairIsAskedFor) {
  const Snapshot snapshot = RandomCluster(GetParam().cluster);
  const absl::StatusOr<Plan> repair = MakePlan(snapshot, {.mode = Mode::kRepair});
  const absl::StatusOr<Plan> all = MakePlan(snapshot, {});
  ASSERT_TRUE(repair.ok() && all.ok());
  EXPECT_LT(repair->bytes_mb, all->bytes_mb);
  for (const auto& replicas : AfterPlan(snapshot, *repair)) EXPECT_EQ(RacksOf(snapshot, replicas), 3u);
}

INSTANTIATE_TEST_SUITE_P(
    Scenarios, EveryPlan,
    ::testing::Values(Scenario{"an uneven cluster", {.seed = 1}},
                      Scenario{"many partitions", {.seed = 2, .brokers = 12, .partitions = 3000}, 0.032},
                      Scenario{"one empty broker in each rack", {.seed = 3, .partitions = 900, .added = 3}},
                      Scenario{"a broker leaves each rack",
                               {.seed = 4, .brokers = 12, .partitions = 900, .leaving = 3}},
                      Scenario{"a broker died in each rack", {.seed = 5, .brokers = 12, .partitions = 900, .dead = 3}},
                      Scenario{"little disk is free", {.seed = 6, .partitions = 900, .disk_use = 0.7}}),
    [](const auto& info) {
      std::string name = info.param.sentence;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

// Two racks of two brokers; broker 4 is new and empty.
SnapshotBuilder FourBrokers() {
  SnapshotBuilder builder;
  for (int id = 1; id <= 4; ++id) {
    EXPECT_TRUE(builder.AddBroker({.id = id, .rack = id % 2 ? "a" : "b", .capacity = {1000, 1000, 1000, 100}}).ok());
  }
  builder.AddTopic("t");
  return builder;
}

PartitionFacts Facts(int partition, std::vector<int32_t> replicas, double disk) {
  return {.topic = 0,
          .partition = partition,
          .replicas = std::move(replicas),
          .leader_load = {disk, 1, 1, 0.1},
          .follower_load = {disk, 1, 0, 0.1}};
}

TEST(Planner, APinnedPartitionStaysWhereItIs) {
  SnapshotBuilder builder = FourBrokers();
  for (int p = 0; p < 8; ++p) {
    PartitionFacts facts = Facts(p, {1, 2}, 50);
    facts.pinned = true;
    ASSERT_TRUE(builder.AddPartition(facts).ok());
  }
  const absl::StatusOr<Snapshot> snapshot = std::move(builder).Build();
  ASSERT_TRUE(snapshot.ok());
  const absl::StatusOr<Plan> plan = MakePlan(*snapshot, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->batches.empty()) << plan->summary;
}

TEST(Planner, RelievesOnlyTheFullDisk) {
  SnapshotBuilder builder = FourBrokers();
  // 900 of 1000 MB on brokers 1 and 2, where 800 is the limit; 3 and 4 are empty.
  for (int p = 0; p < 18; ++p) ASSERT_TRUE(builder.AddPartition(Facts(p, {1, 2}, 50)).ok());
  const absl::StatusOr<Snapshot> snapshot = std::move(builder).Build();
  ASSERT_TRUE(snapshot.ok());
  const absl::StatusOr<Plan> plan = MakePlan(*snapshot, {.mode = Mode::kRelieve});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->bytes_mb, 300);  // three replicas from each: 900 - 150 is below 98 % of the limit
  EXPECT_LE(plan->loads_after[0][kDiskUse], 800);
  EXPECT_LE(plan->loads_after[1][kDiskUse], 800);
  EXPECT_EQ(plan->intermediate_violations, 0);
}

TEST(Planner, SaysWhichConstraintStandsInTheWay) {
  SnapshotBuilder builder;
  for (int id = 1; id <= 3; ++id) {
    Broker broker{.id = id, .rack = std::to_string(id), .capacity = {1000, 1000, 1000, 100}};
    if (id == 3) broker.state = BrokerState::kLeaving;
    ASSERT_TRUE(builder.AddBroker(broker).ok());
  }
  builder.AddTopic("t");
  // The brokers that stay are at 790 of 800 MB: broker 3's 300 MB fit nowhere.
  ASSERT_TRUE(builder.AddPartition(Facts(0, {1}, 790)).ok());
  ASSERT_TRUE(builder.AddPartition(Facts(1, {2}, 790)).ok());
  ASSERT_TRUE(builder.AddPartition(Facts(2, {3}, 300)).ok());
  const absl::StatusOr<Snapshot> snapshot = std::move(builder).Build();
  ASSERT_TRUE(snapshot.ok());
  const absl::StatusOr<Plan> plan = MakePlan(*snapshot, {});
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->unresolved,
              Contains(AllOf(Field(&Unresolved::partition, 2u),
                             Field(&Unresolved::because, HasSubstr("2 would be over a capacity limit")))));
}

TEST(Planner, HandsLeadershipOverBeforeAFullLinkHasToSend) {
  SnapshotBuilder builder;
  for (int id = 1; id <= 3; ++id) {
    ASSERT_TRUE(builder.AddBroker({.id = id, .rack = std::to_string(id), .capacity = {1000, 1000, 1000, 100}}).ok());
  }
  builder.AddTopic("t");
  // Broker 1 leads all and its link is full: it could not bear a throttle's worth of copying besides.
  for (int p = 0; p < 10; ++p) {
    PartitionFacts facts = Facts(p, {1, 2}, 60);
    facts.leader_load[kNetworkOut] = 79;
    ASSERT_TRUE(builder.AddPartition(facts).ok());
  }
  const absl::StatusOr<Snapshot> snapshot = std::move(builder).Build();
  ASSERT_TRUE(snapshot.ok());
  const absl::StatusOr<Plan> plan = MakePlan(*snapshot, {.window = 0.2, .throttle_kbps = 50});
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->unresolved.empty());
  EXPECT_EQ(plan->intermediate_violations, 0);
  ASSERT_GE(plan->batches.size(), 2u);
  EXPECT_EQ(plan->batches[0].bytes_mb, 0) << "leaders first";
  EXPECT_GT(plan->bytes_mb, 0);
}

TEST(Planner, DoesNothingInsideTheStartWindow) {
  const Snapshot snapshot = RandomCluster({.seed = 7, .partitions = 900});
  const absl::StatusOr<Plan> even = MakePlan(snapshot, {.window = 0.2});
  ASSERT_TRUE(even.ok());
  const absl::StatusOr<Plan> next = MakePlan(SnapshotAfter(snapshot, *even), {.window = 0.03, .start_window = 0.25});
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->batches.empty()) << next->summary;
}

TEST(Planner, GivesItsBestWithinTheWork) {
  const Snapshot snapshot = RandomCluster({.seed = 8, .brokers = 12, .partitions = 3000});
  const absl::StatusOr<Plan> plan = MakePlan(snapshot, {.work = 20'000});
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->work_spent);
  EXPECT_EQ(plan->intermediate_violations, 0);
  EXPECT_LT(plan->after[kDiskUse].most, plan->before[kDiskUse].most);
}

TEST(Planner, RefusesOptionsThatMeanNothing) {
  const Snapshot snapshot = RandomCluster({});
  for (const PlanOptions& options :
       {PlanOptions{.window = 0}, PlanOptions{.window = 1.5}, PlanOptions{.window = 0.1, .start_window = 0.05},
        PlanOptions{.throttle_kbps = -1}, PlanOptions{.work = -1}}) {
    EXPECT_EQ(ErrorReason(MakePlan(snapshot, options).status()), "INVALID_OPTION");
  }
}

}  // namespace
}  // namespace sluice::planner
