#include "libs/cluster_snapshot/snapshot_assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/cluster_snapshot/append_rate.h"

namespace sluice::cluster_snapshot {
namespace {

using planner::BrokerState;
using planner::kDisk;
using planner::kNetworkIn;
using planner::kNetworkOut;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct RateCase {
  const char* sentence;
  LogSample first, second;
  std::optional<double> kbps;
};

class AppendRate : public ::testing::TestWithParam<RateCase> {};

TEST_P(AppendRate, IsWhatWasAppended) {
  const std::optional<double> rate = AppendRateKbps(GetParam().first, GetParam().second, 10);
  ASSERT_EQ(rate.has_value(), GetParam().kbps.has_value());
  if (rate) {
    EXPECT_NEAR(*rate, *GetParam().kbps, 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, AppendRate,
    ::testing::Values(RateCase{"a log that grows", {100, 0, 1000}, {105, 0, 1500}, 500},
                      RateCase{"a log at rest", {100, 0, 1000}, {100, 0, 1000}, 0},
                      RateCase{"a log at rest whose old segment went", {100, 0, 1000}, {50, 500, 1000}, 0},
                      RateCase{"its oldest segment went: 100 records of 0.1 MB", {100, 0, 1000}, {90, 200, 1100}, 1000},
                      RateCase{"compacted meanwhile: 50 of 0.02 MB", {100, 0, 950}, {20, 0, 1000}, 100},
                      RateCase{"offsets went back", {100, 0, 1000}, {90, 0, 900}, std::nullopt},
                      RateCase{"all deleted at once", {100, 0, 1000}, {0, 1100, 1100}, std::nullopt},
                      RateCase{"records before their bytes are told", {0, 0, 0}, {0, 0, 10}, std::nullopt}));

LogDirFacts Dir(double total_mb, double usable_mb) {
  return {.path = "/data", .total_mb = total_mb, .usable_mb = usable_mb};
}

// Brokers 1, 2 and 3 in racks a, b and c, one topic with one partition on 1 and 2 of 100 MB and 50 KB/s.
ClusterFacts Three() {
  return {.brokers = {{.id = 1, .rack = "a", .log_dirs = {Dir(1000, 700)}},
                      {.id = 2, .rack = "b", .log_dirs = {Dir(1000, 700)}},
                      {.id = 3, .rack = "c", .log_dirs = {Dir(1000, 700)}}},
          .topics = {{.name = "orders",
                      .partitions = {{.number = 0,
                                      .leader = 1,
                                      .replicas = {{.broker = 1, .log_dir = 0, .size_mb = 100},
                                                   {.broker = 2, .log_dir = 0, .size_mb = 98}},
                                      .in_kbps = 50}}}},
          .sample_seconds = 10};
}

Assembled Good(const ClusterFacts& facts, const AssemblyOptions& options = {}) {
  absl::StatusOr<Assembled> assembled = AssembleSnapshot(facts, options);
  EXPECT_TRUE(assembled.ok()) << assembled.status();
  return assembled.ok() ? *std::move(assembled) : Assembled{};
}

TEST(SnapshotAssembly, TakesLoadsFromTheLeader) {
  const planner::Snapshot snapshot = Good(Three(), {.reads_per_record = 2}).snapshot;
  ASSERT_EQ(snapshot.partitions(), 1u);
  EXPECT_THAT(snapshot.leader_load[0], ElementsAre(100, 50, 50 * (1 + 2), 0));
  EXPECT_THAT(snapshot.follower_load[0], ElementsAre(100, 50, 0, 0));
}

TEST(SnapshotAssembly, ABrokerWithoutReplicasIsNew) {
  const planner::Snapshot snapshot = Good(Three()).snapshot;
  EXPECT_EQ(snapshot.brokers[0].state, BrokerState::kAlive);
  EXPECT_EQ(snapshot.brokers[2].state, BrokerState::kNew);
}

TEST(SnapshotAssembly, OtherDataOnAVolumeIsNotKafkasToUse) {
  // 1,000 MB with 700 free, of which Kafka has 100.
  const planner::Snapshot snapshot = Good(Three()).snapshot;
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].capacity[kDisk], 1000);
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].reserved[kDisk], 200);
  EXPECT_DOUBLE_EQ(snapshot.brokers[2].reserved[kDisk], 300);
}

TEST(SnapshotAssembly, AGivenDiskIsSharedOutAsTheVolumesAre) {
  ClusterFacts facts = Three();
  facts.brokers[0].log_dirs.push_back(Dir(3000, 3000));
  const AssemblyOptions given{.disk_mb = {.everywhere = 5000, .of = {{2, 9000}}}};
  const planner::Snapshot snapshot = Good(facts, given).snapshot;
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].capacity[kDisk], 5000);
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].log_dirs[0].capacity_mb, 1250);
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].log_dirs[1].capacity_mb, 3750);
  EXPECT_DOUBLE_EQ(snapshot.brokers[1].capacity[kDisk], 9000);
}

TEST(SnapshotAssembly, AReplicaIsInItsLogDirAndCountsWhereItIs) {
  ClusterFacts facts = Three();
  facts.brokers[1].log_dirs.insert(facts.brokers[1].log_dirs.begin(), {.path = "/broken", .online = false});
  facts.brokers[1].log_dirs.push_back(Dir(2000, 2000));
  facts.topics[0].partitions[0].replicas[1].log_dir = 2;
  const planner::Snapshot snapshot = Good(facts).snapshot;
  ASSERT_EQ(snapshot.brokers[1].log_dirs.size(), 2u);
  EXPECT_EQ(snapshot.LogDirOf(1), 1) << "the offline dir is not counted";
}

TEST(SnapshotAssembly, AReplicaThatLagsIsSaidSo) {
  ClusterFacts facts = Three();
  facts.topics[0].min_in_sync = 2;
  facts.topics[0].partitions[0].replicas[1].in_sync = false;
  const Assembled assembled = Good(facts);
  EXPECT_FALSE(assembled.snapshot.InSync(1));
  EXPECT_EQ(assembled.snapshot.min_in_sync[0], 2);
  EXPECT_THAT(assembled.notes, Contains(HasSubstr("1 partition has a replica that is not in sync")));
}

TEST(SnapshotAssembly, LinksHaveNoLimitUnlessOneIsGiven) {
  const Assembled unlimited = Good(Three());
  EXPECT_DOUBLE_EQ(unlimited.snapshot.brokers[0].capacity[kNetworkIn], kUnlimitedKbps);
  EXPECT_THAT(unlimited.notes, Contains(HasSubstr("--network-mb")));
  const Assembled limited = Good(Three(), {.network_kbps = {.everywhere = 125'000}});
  EXPECT_DOUBLE_EQ(limited.snapshot.brokers[0].capacity[kNetworkOut], 125'000);
  EXPECT_THAT(limited.notes, Not(Contains(HasSubstr("--network-mb"))));
}

TEST(SnapshotAssembly, AFencedBrokerIsDeadAndSoIsOneThatOnlyReplicasTellOf) {
  ClusterFacts facts = Three();
  facts.brokers[1].alive = false;
  facts.brokers[1].log_dirs.clear();
  facts.topics[0].partitions[0].replicas[1] = {.broker = 9};
  const Assembled assembled = Good(facts);
  EXPECT_EQ(assembled.snapshot.brokers[1].state, BrokerState::kDead);
  EXPECT_EQ(assembled.snapshot.brokers[3].id, 9);
  EXPECT_EQ(assembled.snapshot.brokers[3].state, BrokerState::kDead);
  EXPECT_THAT(assembled.notes, Contains("Brokers 2, 9 are not alive: the replicas there are placed anew."));
}

TEST(SnapshotAssembly, BrokersLeaveOrGetNothingNewWhenAPersonSaysSo) {
  const planner::Snapshot snapshot = Good(Three(), {.leaving = {1}, .cordoned = {3}}).snapshot;
  EXPECT_EQ(snapshot.brokers[0].state, BrokerState::kLeaving);
  EXPECT_TRUE(snapshot.brokers[2].excluded);
}

TEST(SnapshotAssembly, ThePresentLeaderComesFirst) {
  ClusterFacts facts = Three();
  facts.topics[0].partitions[0].leader = 2;
  const Assembled assembled = Good(facts);
  EXPECT_THAT(assembled.snapshot.ReplicasOf(0), ElementsAre(1, 0));
  EXPECT_THAT(assembled.notes, Contains(HasSubstr("not led by the first replica")));
}

TEST(SnapshotAssembly, WithoutALeaderTheFirstThatLivesStandsForIt) {
  ClusterFacts facts = Three();
  facts.topics[0].partitions[0].leader = -1;
  facts.brokers[0].alive = false;
  const Assembled assembled = Good(facts);
  EXPECT_THAT(assembled.snapshot.ReplicasOf(0), ElementsAre(1, 0));
  EXPECT_THAT(assembled.notes, Contains(HasSubstr("no leader")));
}

TEST(SnapshotAssembly, WhatMovesStaysWhereItGoes) {
  ClusterFacts facts = Three();
  PartitionFacts& partition = facts.topics[0].partitions[0];
  partition.moving = true;
  partition.going = {partition.replicas[0]};
  partition.replicas[0] = {.broker = 3, .in_sync = false};
  const planner::Snapshot snapshot = Good(facts).snapshot;
  EXPECT_TRUE(snapshot.pinned[0]);
  EXPECT_THAT(snapshot.ReplicasOf(0), ElementsAre(2, 1));
  EXPECT_FLOAT_EQ(snapshot.leader_load[0][kDisk], 100);  // the leader's, though it goes
  EXPECT_EQ(snapshot.brokers[0].state, BrokerState::kAlive) << "it still holds the old copy";
}

TEST(SnapshotAssembly, ExcludedTopicsArePinned) {
  EXPECT_TRUE(Good(Three(), {.pinned_topics = {"orders"}}).snapshot.pinned[0]);
}

TEST(SnapshotAssembly, SaysWhatItDoesNotKnow) {
  ClusterFacts facts = Three();
  facts.topics[0].partitions[0].in_kbps.reset();
  for (ReplicaFacts& replica : facts.topics[0].partitions[0].replicas) replica.size_mb = -1;
  facts.brokers[0].rack.clear();
  facts.brokers[0].log_dirs.push_back({.path = "/broken", .online = false});
  const Assembled assembled = Good(facts);
  for (const char* words :
       {"1 partition has no replica that tells its size", "1 partition's rate could not be measured",
        "/broken of broker 1", "Without a rack, each a rack of its own: brokers 1"}) {
    EXPECT_THAT(assembled.notes, Contains(HasSubstr(words)));
  }
  facts.sample_seconds = 0;
  EXPECT_THAT(Good(facts).notes, Contains(HasSubstr("Rates were not measured")));
}

struct BadCase {
  const char* sentence;
  AssemblyOptions options;
  const char* reason;
  const char* field;
};

class BadAssembly : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadAssembly, IsRefusedByName) {
  ClusterFacts facts = Three();
  facts.brokers[2].log_dirs = {{.path = "/data"}};  // a broker of before 3.3
  const absl::Status status = AssembleSnapshot(facts, GetParam().options).status();
  EXPECT_EQ(ErrorReason(status), GetParam().reason) << status;
  EXPECT_EQ(GetErrorDetail(status)->field, GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadAssembly,
    ::testing::Values(BadCase{"a broker that tells nothing of its disks", {}, "CAPACITY_UNKNOWN", "--disk-gib"},
                      BadCase{"a stranger leaves", {.leaving = {7}}, "INVALID_OPTION", "--remove"},
                      BadCase{"a stranger is cordoned", {.cordoned = {7}}, "INVALID_OPTION", "--cordon"},
                      BadCase{"a stranger's disk", {.disk_mb = {.of = {{7, 1}}}}, "INVALID_OPTION", "--disk-gib"},
                      BadCase{"an unknown topic", {.pinned_topics = {"x"}}, "INVALID_OPTION", "--exclude-topic"}));

}  // namespace
}  // namespace sluice::cluster_snapshot
