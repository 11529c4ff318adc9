#include "services/balancer-planner/core/picture/cluster_picture.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "services/balancer-planner/core/testing/clusters.h"

namespace sluice::balancer_planner {
namespace {

using planner::BrokerState;
using testing::Cluster;
using testing::ClusterOf;
using testing::EvenCluster;
using testing::kNow;

absl::StatusOr<planner::Snapshot> Picture(const Cluster& cluster, const PictureHints& hints = {},
                                          absl::Time now = kNow) {
  return PictureOf(cluster.status, cluster.load, hints, {}, now);
}

const planner::Broker& BrokerOf(const planner::Snapshot& snapshot, int32_t id) {
  for (const planner::Broker& broker : snapshot.brokers) {
    if (broker.id == id) return broker;
  }
  ADD_FAILURE() << "no broker " << id;
  return snapshot.brokers[0];
}

TEST(PictureOf, TakesSizesRatesAndLimitsInThePlannersUnits) {
  Cluster cluster = ClusterOf(2);
  cluster.Put("t", 0, {1, 2}, 5'000'000'000, 40'000);
  cluster.load.partitions[0].out_bytes_per_second = 10'000;
  const auto snapshot = Picture(cluster);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_FLOAT_EQ(snapshot->leader_load[0][planner::kDisk], 5000);
  EXPECT_FLOAT_EQ(snapshot->leader_load[0][planner::kNetworkIn], 40);
  EXPECT_FLOAT_EQ(snapshot->leader_load[0][planner::kNetworkOut], 50) << "consumers, and one follower";
  EXPECT_FLOAT_EQ(snapshot->follower_load[0][planner::kNetworkIn], 40);
  EXPECT_FLOAT_EQ(snapshot->follower_load[0][planner::kNetworkOut], 0);
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 1).capacity[planner::kDisk], 100'000);
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 1).capacity[planner::kNetworkIn], 100'000);
  EXPECT_EQ(snapshot->min_in_sync[0], 2);
}

TEST(PictureOf, WhatNoReplicaExplainsIsReserved) {
  Cluster cluster = ClusterOf(2);
  cluster.Put("t", 0, {1, 2}, 5'000'000'000);
  cluster.LoadOf(2).log_dirs[0].used_bytes += 700'000'000;
  const auto snapshot = Picture(cluster);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 1).reserved[planner::kDisk], 0);
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 2).reserved[planner::kDisk], 700);
}

TEST(PictureOf, SeesWhoLeavesWhoIsNewAndWhoIsDead) {
  Cluster cluster = EvenCluster(4, 12);
  cluster.Broker(4).leaving = true;
  cluster.Add(5);
  cluster.Lose(3, kNow - absl::Hours(2));
  cluster.Put("t", 0, {1, 9}, 1'000'000);
  const auto snapshot = Picture(cluster, {.dead = {3, 9}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(BrokerOf(*snapshot, 1).state, BrokerState::kAlive);
  EXPECT_EQ(BrokerOf(*snapshot, 3).state, BrokerState::kDead);
  EXPECT_EQ(BrokerOf(*snapshot, 4).state, BrokerState::kLeaving);
  EXPECT_EQ(BrokerOf(*snapshot, 5).state, BrokerState::kNew);
  EXPECT_EQ(BrokerOf(*snapshot, 9).state, BrokerState::kDead) << "only replicas name it";
}

TEST(PictureOf, ABrokerThatTopicsWereMadeOnIsStillNew) {
  Cluster cluster = EvenCluster(3, 60);
  cluster.Add(4);
  for (int32_t p = 0; p < 4; ++p) cluster.Put("late", p, {4, 1, 2});
  EXPECT_EQ(BrokerOf(*Picture(cluster), 4).state, BrokerState::kNew);
  cluster.Put("late", 4, {4, 1, 2});
  EXPECT_EQ(BrokerOf(*Picture(cluster), 4).state, BrokerState::kAlive) << "5 of 48.75";
}

TEST(PictureOf, AnUnchangedStatusIsAsFreshAsItsSatellite) {
  Cluster cluster = EvenCluster(3, 3);
  cluster.status.time = kNow - absl::Hours(1);
  cluster.status.heard = kNow - absl::Seconds(5);
  EXPECT_TRUE(Picture(cluster).ok());
}

TEST(PictureOf, ABrokerThatMayComeBackKeepsWhatItHasAndGetsNothing) {
  Cluster cluster = EvenCluster(3, 6);
  cluster.Lose(2, kNow - absl::Minutes(3));
  const auto snapshot = Picture(cluster);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(BrokerOf(*snapshot, 2).state, BrokerState::kAlive);
  EXPECT_TRUE(BrokerOf(*snapshot, 2).excluded);
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 2).capacity[planner::kDisk], 100'000) << "as large as the others";
  EXPECT_FALSE(snapshot->out_of_sync.empty());
}

TEST(PictureOf, PinsWhatMovesAndWhatIsNamed) {
  Cluster cluster = EvenCluster(3, 3);
  cluster.load.partitions[0].reassigning = true;
  const auto snapshot = Picture(cluster, {.pinned = {{"even", 2}}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_TRUE(snapshot->pinned[0]);
  EXPECT_FALSE(snapshot->pinned[1]);
  EXPECT_TRUE(snapshot->pinned[2]);
}

TEST(PictureOf, BrokersWithoutARackAreARackEach) {
  Cluster cluster = EvenCluster(3, 3);
  cluster.LoadOf(1).rack = "a";
  const auto snapshot = Picture(cluster);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(BrokerOf(*snapshot, 1).rack, "a");
  EXPECT_NE(BrokerOf(*snapshot, 2).rack, BrokerOf(*snapshot, 3).rack);
}

TEST(PictureOf, LinksWithoutALimitLimitNothing) {
  Cluster cluster = EvenCluster(3, 3);
  for (SeenBrokerLoad& broker : cluster.load.brokers) broker.network_limit_bytes_per_second = 0;
  const auto snapshot = Picture(cluster);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_DOUBLE_EQ(BrokerOf(*snapshot, 1).capacity[planner::kNetworkOut], kUnlimitedKbps);
}

struct Unknown {
  const char* what;
  void (*spoil)(Cluster&);
};

class NoPicture : public ::testing::TestWithParam<Unknown> {};

TEST_P(NoPicture, IsSaidWithItsReason) {
  Cluster cluster = EvenCluster(3, 3);
  GetParam().spoil(cluster);
  const auto snapshot = Picture(cluster);
  EXPECT_EQ(ErrorReason(snapshot.status()), "LOAD_UNKNOWN") << snapshot.status();
  EXPECT_TRUE(GetErrorDetail(snapshot.status())->retry_after.has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Stale, NoPicture,
    ::testing::Values(Unknown{"OldLoad", [](Cluster& c) { c.load.time = kNow - absl::Seconds(91); }},
                      Unknown{"OldStatus", [](Cluster& c) { c.status.time = kNow - absl::Seconds(91); }},
                      Unknown{"NeverSampled", [](Cluster& c) { c.load = {}; }},
                      Unknown{
                          "SilentBroker",
                          [](Cluster& c) { std::erase_if(c.load.brokers, [](const auto& b) { return b.id == 2; }); }}),
    [](const auto& info) { return info.param.what; });

TEST(PictureOf, ABrokerWithoutADiskIsRefusedByName) {
  Cluster cluster = EvenCluster(3, 3);
  cluster.LoadOf(2).log_dirs.clear();
  const auto snapshot = Picture(cluster);
  EXPECT_EQ(ErrorReason(snapshot.status()), "INVALID_SNAPSHOT");
  EXPECT_NE(std::string(snapshot.status().message()).find("broker 2"), std::string::npos) << snapshot.status();
}

TEST(PictureOf, AClusterWithoutPartitionsIsAPictureToo) {
  const auto snapshot = Picture(ClusterOf(3));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->partitions(), 0u);
  EXPECT_EQ(BrokerOf(*snapshot, 3).state, BrokerState::kAlive);
}

}  // namespace
}  // namespace sluice::balancer_planner
