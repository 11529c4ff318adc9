#include "services/balancer-planner/core/trigger/trigger.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/balancer-planner/core/picture/cluster_picture.h"
#include "services/balancer-planner/core/testing/clusters.h"

namespace sluice::balancer_planner {
namespace {

using planner::Mode;
using testing::Cluster;
using testing::EvenCluster;
using testing::kNow;

// One look, with what is remembered of the looks before.
struct Looks {
  TriggerOptions options;
  TriggerMemory memory;
  TriggerPast past;

  Verdict At(Cluster cluster, absl::Time now) {
    cluster.SetTime(now);
    const std::set<int32_t> dead = DeadBrokers(cluster.status, cluster.load, options, memory, now);
    const auto snapshot = PictureOf(cluster.status, cluster.load, {.dead = dead}, {}, now);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return Decide(cluster.status, cluster.load, *snapshot, past, options, memory, now);
  }
};

Cluster WithoutBrokerTwo(absl::Duration away) {
  Cluster cluster = EvenCluster(4, 12);
  cluster.Lose(2, kNow - away);
  for (SeenPartition& partition : cluster.load.partitions) partition.min_in_sync = 1;
  return cluster;
}

struct Case {
  const char* name;
  std::function<Cluster()> cluster;
  std::optional<Mode> mode;
  Cause cause;
  std::string says;  // a part of the reason, or of what it waits for
};

class Decides : public ::testing::TestWithParam<Case> {};

TEST_P(Decides, AtFirstSight) {
  const Verdict verdict = Looks().At(GetParam().cluster(), kNow);
  EXPECT_EQ(verdict.mode, GetParam().mode) << verdict.waits_for;
  if (verdict.mode) {
    EXPECT_EQ(verdict.cause, GetParam().cause);
    ASSERT_FALSE(verdict.reasons.empty());
    EXPECT_NE(verdict.reasons[0].find(GetParam().says), std::string::npos) << verdict.reasons[0];
  } else {
    EXPECT_NE(verdict.waits_for.find(GetParam().says), std::string::npos) << verdict.waits_for;
  }
}

Cluster InState(ClusterState state) {
  Cluster cluster = EvenCluster(4, 12);
  cluster.Broker(4).leaving = true;
  cluster.status.state = state;
  return cluster;
}

Cluster Racks() {
  Cluster cluster = EvenCluster(4, 12);
  for (const int32_t id : {1, 2}) cluster.LoadOf(id).rack = "a";
  for (const int32_t id : {3, 4}) cluster.LoadOf(id).rack = "b";
  cluster.Put("together", 0, {1, 2});
  return cluster;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Decides,
    ::testing::Values(
        Case{"Balanced", [] { return EvenCluster(3, 12); }, std::nullopt, Cause::kCalled, "balanced"},
        Case{"ALeavingBrokerAtOnce", [] { return InState(ClusterState::kShrinking); }, Mode::kEmpty,
             Cause::kLeavingBroker, "broker 4 leaves"},
        Case{"AnEmptyOneMayGo",
             [] {
               Cluster c = EvenCluster(3, 12);
               c.Add(4);
               c.Broker(4).leaving = true;
               return c;
             },
             std::nullopt, Cause::kCalled, "balanced"},
        Case{"ANewBroker",
             [] {
               Cluster c = EvenCluster(3, 12);
               c.Add(4);
               return c;
             },
             Mode::kFill, Cause::kNewBroker, "broker 4 is new"},
        Case{"ADeadBroker", [] { return WithoutBrokerTwo(absl::Minutes(61)); }, Mode::kRepair, Cause::kDeadBroker,
             "broker 2 is dead"},
        Case{"NotDeadYet", [] { return WithoutBrokerTwo(absl::Minutes(59)); }, std::nullopt, Cause::kCalled,
             "broker 2 is not ready, and may come back"},
        Case{"SoonerAtMinIsr",
             [] {
               Cluster c = WithoutBrokerTwo(absl::Minutes(6));
               for (SeenPartition& p : c.load.partitions) p.min_in_sync = 2;
               return c;
             },
             Mode::kRepair, Cause::kDeadBroker, "broker 2 is dead"},
        Case{"NearTheDisksLimit",
             [] {
               Cluster c = EvenCluster(3, 12);
               c.Put("large", 0, {1, 2, 3}, 79'500'000'000);
               return c;
             },
             Mode::kRelieve, Cause::kNearLimit, "limit of disk"},
        Case{"NearTheLinksLimit",
             [] {
               Cluster c = EvenCluster(3, 12);
               c.Put("busy", 0, {1, 2, 3}, 1000, 27'000'000);
               return c;
             },
             Mode::kRelieve, Cause::kNearLimit, "limit of network out"},
        Case{"ARackRule", Racks, Mode::kRepair, Cause::kRackRule, "1 partition lies on fewer racks"},
        Case{"Rolling", [] { return InState(ClusterState::kRolling); }, std::nullopt, Cause::kCalled, "restarted"},
        Case{"Down", [] { return InState(ClusterState::kDown); }, std::nullopt, Cause::kCalled, "down"},
        Case{"Provisioning", [] { return InState(ClusterState::kProvisioning); }, std::nullopt, Cause::kCalled,
             "set up"},
        Case{"Deleting", [] { return InState(ClusterState::kDeleting); }, std::nullopt, Cause::kCalled, "goes"},
        Case{"DegradedOtherwise",
             [] {
               Cluster c = EvenCluster(3, 12);
               c.Add(4);
               c.status.state = ClusterState::kDegraded;
               return c;
             },
             std::nullopt, Cause::kCalled, "degraded"},
        Case{"AnotherPlanIsCarriedOut",
             [] {
               Cluster c = InState(ClusterState::kShrinking);
               c.status.rebalance = SeenRebalance{.rebalance = "reb-x"};
               return c;
             },
             std::nullopt, Cause::kCalled, "reb-x"}),
    [](const auto& info) { return info.param.name; });

// Broker 1 leads and holds far more than the others.
Cluster Uneven() {
  Cluster cluster = EvenCluster(4, 12);
  for (int32_t p = 0; p < 20; ++p) cluster.Put("skewed", p, {1});
  return cluster;
}

TEST(Decide, UnevennessMustLast) {
  Looks looks;
  EXPECT_FALSE(looks.At(Uneven(), kNow).mode);
  EXPECT_FALSE(looks.At(Uneven(), kNow + absl::Minutes(14)).mode);
  const Verdict verdict = looks.At(Uneven(), kNow + absl::Minutes(15));
  ASSERT_EQ(verdict.mode, Mode::kEvenOut) << verdict.waits_for;
  EXPECT_EQ(verdict.cause, Cause::kUneven);
  EXPECT_NE(verdict.reasons[0].find("broker 1 has"), std::string::npos) << verdict.reasons[0];
}

TEST(Decide, UnevennessThatWentAwayBeginsAnew) {
  Looks looks;
  EXPECT_FALSE(looks.At(Uneven(), kNow).mode);
  EXPECT_FALSE(looks.At(EvenCluster(4, 12), kNow + absl::Minutes(10)).mode);
  EXPECT_FALSE(looks.At(Uneven(), kNow + absl::Minutes(16)).mode);
}

TEST(Decide, LittleUseIsNeverUneven) {
  Looks looks;
  Cluster cluster = EvenCluster(3, 12);
  // Three times the others' network, and far below a quarter of the link.
  for (int32_t p = 0; p < 12; p += 3) cluster.load.partitions[p].in_bytes_per_second = 100'000;
  looks.At(cluster, kNow);
  EXPECT_FALSE(looks.At(cluster, kNow + absl::Hours(1)).mode);
  for (int32_t p = 0; p < 12; p += 3) cluster.load.partitions[p].in_bytes_per_second = 4'000'000;
  looks.At(cluster, kNow + absl::Hours(2));
  EXPECT_EQ(looks.At(cluster, kNow + absl::Hours(3)).mode, Mode::kEvenOut);
}

TEST(Decide, RestsAfterARebalanceButNotForThoseWhoLeave) {
  Looks looks;
  looks.past.last_end = kNow - absl::Seconds(30);
  Cluster added = EvenCluster(3, 12);
  added.Add(4);
  const Verdict rests = looks.At(added, kNow);
  EXPECT_FALSE(rests.mode);
  EXPECT_NE(rests.waits_for.find("rests"), std::string::npos) << rests.waits_for;
  EXPECT_EQ(looks.At(added, kNow + absl::Seconds(90)).mode, Mode::kFill);
  EXPECT_EQ(looks.At(InState(ClusterState::kShrinking), kNow).mode, Mode::kEmpty);
}

TEST(Decide, RestsLongerAfterEachFailureAlsoForThoseWhoLeave) {
  Looks looks;
  looks.past = {.last_end = kNow - absl::Minutes(3), .failures = 1};
  EXPECT_FALSE(looks.At(InState(ClusterState::kShrinking), kNow).mode);
  EXPECT_TRUE(looks.At(InState(ClusterState::kShrinking), kNow + absl::Minutes(2)).mode);
  looks.past.failures = 30;
  EXPECT_FALSE(looks.At(InState(ClusterState::kShrinking), kNow + absl::Minutes(50)).mode);
  EXPECT_TRUE(looks.At(InState(ClusterState::kShrinking), kNow + absl::Minutes(57)).mode) << "an hour at most";
}

TEST(Decide, WaitsForNewsAfterTheLastEnd) {
  Looks looks;
  looks.past.last_end = kNow + absl::Seconds(1);
  EXPECT_FALSE(looks.At(InState(ClusterState::kShrinking), kNow).mode);
  EXPECT_TRUE(looks.At(InState(ClusterState::kShrinking), kNow + absl::Seconds(2)).mode);
}

TEST(DeadBrokers, OneThatOnlyReplicasNameIsMissedFromTheFirstLookOn) {
  TriggerMemory memory;
  const TriggerOptions options;
  Cluster cluster = EvenCluster(3, 3);
  cluster.Put("t", 0, {1, 9}, 1000);
  cluster.load.partitions.back().min_in_sync = 1;
  EXPECT_TRUE(DeadBrokers(cluster.status, cluster.load, options, memory, kNow).empty());
  EXPECT_TRUE(DeadBrokers(cluster.status, cluster.load, options, memory, kNow + absl::Minutes(59)).empty());
  EXPECT_EQ(DeadBrokers(cluster.status, cluster.load, options, memory, kNow + absl::Hours(1)), std::set<int32_t>{9});
  cluster.Add(9);
  EXPECT_TRUE(DeadBrokers(cluster.status, cluster.load, options, memory, kNow + absl::Hours(1)).empty());
  EXPECT_TRUE(memory.missing_since.empty());
}

}  // namespace
}  // namespace sluice::balancer_planner
