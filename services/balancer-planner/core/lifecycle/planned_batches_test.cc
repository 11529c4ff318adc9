#include "services/balancer-planner/core/lifecycle/planned_batches.h"

#include <gtest/gtest.h>

#include <map>

#include "libs/planner/planner.h"
#include "services/balancer-planner/core/picture/cluster_picture.h"
#include "services/balancer-planner/core/testing/clusters.h"

namespace sluice::balancer_planner {
namespace {

using testing::Cluster;
using testing::EvenCluster;
using testing::kNow;

PlanOutcome Planned(const Cluster& cluster, planner::Mode mode, const PictureHints& hints = {}) {
  const auto snapshot = PictureOf(cluster.status, cluster.load, hints, {}, kNow);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  const auto plan = planner::MakePlan(*snapshot, {.mode = mode});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return OutcomeOf(*snapshot, *plan);
}

using Places = std::map<std::pair<std::string, int32_t>, std::vector<int32_t>>;

Places PlacesOf(const Cluster& cluster) {
  Places places;
  for (const SeenPartition& partition : cluster.load.partitions) {
    places[{partition.topic, partition.partition}] = partition.replicas;
  }
  return places;
}

TEST(OutcomeOf, EachMoveBeginsWhereTheOneBeforeEnded) {
  Cluster cluster = EvenCluster(4, 60);
  cluster.Broker(4).leaving = true;
  const PlanOutcome outcome = Planned(cluster, planner::Mode::kEmpty);
  ASSERT_GT(outcome.summary.moves, 0);
  Places places = PlacesOf(cluster);
  int64_t moves = 0, bytes = 0;
  for (const PlannedBatch& batch : outcome.batches) {
    for (const PlannedMove& move : batch) {
      EXPECT_EQ(places.at({move.topic, move.partition}), move.replicas_before);
      places[{move.topic, move.partition}] = move.replicas;
      EXPECT_EQ(move.reason, "broker 4 leaves");
      ++moves;
      bytes += move.bytes;
    }
  }
  EXPECT_EQ(moves, outcome.summary.moves);
  EXPECT_EQ(bytes, outcome.summary.bytes);
  EXPECT_EQ(outcome.summary.batches, static_cast<int32_t>(outcome.batches.size()));
  for (const auto& [name, replicas] : places) {
    for (const int32_t broker : replicas) EXPECT_NE(broker, 4);
  }
}

TEST(OutcomeOf, ShowsEachBrokerBeforeAndAfter) {
  Cluster cluster = EvenCluster(4, 60);
  cluster.Broker(4).leaving = true;
  const PlanOutcome outcome = Planned(cluster, planner::Mode::kEmpty);
  ASSERT_EQ(outcome.brokers.size(), 4u);
  EXPECT_EQ(outcome.brokers[3].broker, 4);
  EXPECT_EQ(outcome.brokers[3].state, "LEAVING");
  EXPECT_EQ(outcome.brokers[3].before.replicas, 45);
  EXPECT_EQ(outcome.brokers[3].after.replicas, 0);
  EXPECT_EQ(outcome.brokers[3].after.disk_bytes, 0);
  EXPECT_EQ(outcome.brokers[0].disk_limit_bytes, 80'000'000'000);
  EXPECT_EQ(outcome.brokers[0].network_limit_bytes_per_second, 80'000'000);
  EXPECT_EQ(outcome.throttle_bytes_per_second, 8'000'000) << "8 % of the smallest link";
}

TEST(OutcomeOf, WhatCannotBeDoneIsNamed) {
  Cluster cluster = EvenCluster(3, 6);
  cluster.Broker(3).leaving = true;
  const PlanOutcome outcome = Planned(cluster, planner::Mode::kEmpty);
  EXPECT_EQ(outcome.summary.moves, 0);
  EXPECT_EQ(outcome.summary.unmet_count, 6);
  ASSERT_FALSE(outcome.summary.unmet.empty());
  EXPECT_NE(outcome.summary.unmet[0].find("even-"), std::string::npos) << outcome.summary.unmet[0];
}

TEST(OutcomeOf, ALargeBatchBecomesSeveral) {
  Cluster cluster = testing::ClusterOf(2);
  for (int32_t p = 0; p < 4000; ++p) cluster.Put("topic-with-a-rather-long-name-" + std::string(60, 'x'), p, {1}, 10);
  const PlanOutcome outcome = Planned(cluster, planner::Mode::kEvenOut);
  ASSERT_GT(outcome.summary.moves, 1500);
  for (const PlannedBatch& batch : outcome.batches) {
    int64_t bytes = 0;
    for (const PlannedMove& move : batch) bytes += EncodedBytesAtMost(move);
    EXPECT_LE(bytes, kBatchBytes);
  }
}

PlannedBatch BatchOfBytes(int64_t bytes) {
  PlannedBatch batch;
  PlannedMove move{.topic = std::string(100, 't'), .replicas_before = {1}, .replicas = {2}};
  while (bytes > 0) {
    batch.push_back(move);
    bytes -= EncodedBytesAtMost(move);
  }
  return batch;
}

TEST(WindowFrom, TakesAsManyAsFitAndAtLeastOne) {
  const std::vector<PlannedBatch> batches = {BatchOfBytes(kBatchBytes - 500), BatchOfBytes(kBatchBytes - 500),
                                             BatchOfBytes(kBatchBytes - 500), BatchOfBytes(kBatchBytes - 500),
                                             BatchOfBytes(2 * kWindowBytes)};
  EXPECT_EQ(WindowFrom(batches, 0), 3);
  EXPECT_EQ(WindowFrom(batches, 2), 2);
  EXPECT_EQ(WindowFrom(batches, 4), 1) << "one that is too large alone goes alone";
  EXPECT_EQ(WindowFrom(batches, 5), 0);
}

}  // namespace
}  // namespace sluice::balancer_planner
