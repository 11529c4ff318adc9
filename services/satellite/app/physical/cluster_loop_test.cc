#include "services/satellite/app/physical/cluster_loop.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/base/error.h"
#include "libs/operator/broker_config.h"
#include "services/satellite/ports/testing/fake_kafka_probe.h"
#include "services/satellite/ports/testing/fake_substrate.h"

namespace sluice::satellite {
namespace {

using satellite::v1::PhysicalClusterStatus;
using satellite::v1::StatusDocument;
using Calls = std::vector<std::string>;

constexpr char kCluster[] = "pkc-1";

class LastStatus final : public StatusSink {
 public:
  void Publish(StatusDocument draft, std::string_view traceparent) override {
    last = std::move(draft);
    last_trace = std::string(traceparent);
  }
  void Forget(const std::string&) override {}
  StatusDocument last;
  std::string last_trace;
};

class ClusterLoopTest : public ::testing::Test {
 protected:
  ClusterLoopTest() : loop_(std::make_unique<ClusterLoop>(kCluster, parts_)) {
    wish_.generation = 1;
    wish_.spec.brokers = 3;
    wish_.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  }

  void Wish() { loop_->Accept(wish_); }
  void WishNext() {
    ++wish_.generation;
    Wish();
  }
  // Rounds with time between them, healthy samples included.
  void Rounds(int count, absl::Duration step = absl::Seconds(1)) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(step);
      if (healthy_) SayHealthy();
      loop_->RunOnce();
    }
  }
  void SayHealthy() {
    op::KafkaHealth health;
    health.sampled_at = clock_.MonotonicNow();
    health.registered_brokers = {1, 2, 3};
    health.active_controller = 1001;
    health.voters = {{1001, absl::ZeroDuration()}};
    health.partitions = std::vector<op::PartitionHealth>{
        {.topic = "t", .partition = 0, .leader = 1, .replicas = {1, 2, 3}, .in_sync = {1, 2, 3}, .min_in_sync = 2}};
    kafka_.SetHealth(health);
    LoadReading reading;
    reading.taken_at = clock_.MonotonicNow();
    reading.sample.set_physical_cluster(kCluster);
    for (int32_t id : {1, 2, 3}) {
      auto& broker = *reading.sample.add_brokers();
      broker.set_broker(id);
      broker.set_request_handler_idle(0.9);
      broker.add_log_dirs()->set_total_bytes(100);
    }
    load_.Put(reading);
  }
  void BringUp() {
    Wish();
    Rounds(6);
    ASSERT_EQ(State(), PhysicalClusterStatus::UP) << status_.last.DebugString();
    substrate_.TakeCalls();
  }
  PhysicalClusterStatus::State State() const { return status_.last.physical_cluster().state(); }
  std::string ReasonOf(const std::string& type) const {
    for (const auto& condition : status_.last.conditions()) {
      if (condition.type() == type) return condition.reason();
    }
    return "";
  }
  static int Count(const Calls& calls, const std::string& call) {
    return static_cast<int>(std::count(calls.begin(), calls.end(), call));
  }

  clock::FakeClock clock_;
  clock::SeededRandom random_{7};
  testing::FakeSubstrate substrate_{clock_, 6};
  testing::FakeKafka kafka_;
  LastStatus status_;
  CellDirectory cells_;
  LoadBoard load_;
  FakeRebalanceStore rebalances_;
  metrics::Registry metrics_;
  ClusterLoopParts parts_{substrate_, kafka_, status_, cells_, load_, rebalances_,
                          metrics_,   clock_, random_, {},     {},    {}};
  PhysicalWish wish_;
  bool healthy_ = true;
  std::unique_ptr<ClusterLoop> loop_;
};

TEST_F(ClusterLoopTest, AWishBecomesAClusterThatIsUp) {
  Wish();
  Rounds(6);
  EXPECT_EQ(substrate_.TakeCalls(), (Calls{"prepare", "start 1001", "start 1", "start 2", "start 3"}));
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
  EXPECT_EQ(status_.last.observed_generation(), 1);
  EXPECT_EQ(status_.last_trace, wish_.traceparent);
  EXPECT_EQ(ReasonOf("Accepted"), "ACCEPTED");
  EXPECT_EQ(kafka_.configs(), op::DynamicConfigsOf(wish_.spec));
  ASSERT_TRUE(cells_.Find(kCluster).has_value());
  EXPECT_EQ(cells_.Find(kCluster)->brokers.size(), 3u);
  EXPECT_TRUE(cells_.Find(kCluster)->brokers[2].live);
  EXPECT_EQ(substrate_.Look(kCluster)->provisioned, true);
}

TEST_F(ClusterLoopTest, NothingIsUpBeforeTheLastBrokerAnswers) {
  kafka_.SetAnswers(3, false);
  Wish();
  Rounds(10);
  EXPECT_EQ(State(), PhysicalClusterStatus::PROVISIONING);
  EXPECT_FALSE(cells_.Find(kCluster)->brokers[2].live);
  kafka_.SetAnswers(3, true);
  Rounds(3);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterLoopTest, AnotherOwnerTouchesNothingThatRuns) {
  BringUp();
  loop_ = std::make_unique<ClusterLoop>(kCluster, parts_);
  Wish();
  Rounds(5);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterLoopTest, ADeadBrokerIsStartedAgainWithNobodyToAsk) {
  BringUp();
  healthy_ = false;
  kafka_.SetHealth(std::nullopt);
  substrate_.Crash(kCluster, 2);
  Rounds(3);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{"start 2"});
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

// The control plane away for 24 hours of virtual time: nothing is wished, nobody hears the status. Each hour another
// broker dies, and is back within a minute; nothing else is touched.
TEST_F(ClusterLoopTest, ForADayWithNobodyToAskEachDeadBrokerComesBack) {
  BringUp();
  for (int hour = 0; hour < 24; ++hour) {
    const int victim = 1 + hour % 3;
    substrate_.Crash(kCluster, victim);
    Rounds(12, absl::Seconds(5));
    EXPECT_EQ(substrate_.TakeCalls(), Calls{"start " + std::to_string(victim)}) << "hour " << hour;
    EXPECT_EQ(State(), PhysicalClusterStatus::UP) << "hour " << hour;
    Rounds(708, absl::Seconds(5));
    EXPECT_EQ(substrate_.TakeCalls(), Calls{}) << "hour " << hour;
  }
}

TEST_F(ClusterLoopTest, ACrashLoopIsSlowedDownAndShown) {
  BringUp();
  int starts = 0;
  for (int second = 0; second < 600; ++second) {
    substrate_.Crash(kCluster, 2);
    Rounds(1);
    starts += Count(substrate_.TakeCalls(), "start 2");
  }
  EXPECT_GE(starts, 10);
  EXPECT_LE(starts, 30) << "at most one each 30 to 60 s after the first few";
  EXPECT_EQ(State(), PhysicalClusterStatus::DEGRADED);
}

TEST_F(ClusterLoopTest, ANodeThatCannotBeStartedKeepsNoOtherFromIt) {
  substrate_.FailStarts(kCluster, 1,
                        MakeError(absl::StatusCode::kUnavailable, "port 9 is in use", {.reason = "PORT_IN_USE"}));
  Wish();
  Rounds(4);
  EXPECT_EQ(ReasonOf("Progressing"), "PORT_IN_USE");
  EXPECT_TRUE(cells_.Find(kCluster)->brokers[1].live);
  substrate_.FailStarts(kCluster, 1, absl::OkStatus());
  Rounds(6);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterLoopTest, WithoutRoomItIsRejectedAtOnceAndStaysSo) {
  wish_.spec.brokers = 7;
  Wish();
  Rounds(1);
  EXPECT_EQ(State(), PhysicalClusterStatus::REJECTED);
  EXPECT_EQ(ReasonOf("Accepted"), "NO_CAPACITY");
  EXPECT_TRUE(loop_->finished());
  Rounds(60);
  EXPECT_EQ(State(), PhysicalClusterStatus::REJECTED);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  wish_.spec.brokers = 3;
  WishNext();
  Rounds(6);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP) << "another generation is another question";
}

TEST_F(ClusterLoopTest, GrowthWithoutRoomLeavesTheClusterAsItIs) {
  BringUp();
  wish_.spec.brokers = 7;
  WishNext();
  Rounds(3);
  EXPECT_EQ(ReasonOf("Accepted"), "NO_CAPACITY");
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  substrate_.Crash(kCluster, 1);
  Rounds(3);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{"start 1"});
}

TEST_F(ClusterLoopTest, AnOldGenerationIsIgnored) {
  BringUp();
  PhysicalWish old = wish_;
  old.generation = 0;
  old.deleted = true;
  loop_->Accept(old);
  Rounds(3);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterLoopTest, AStaticChangeRollsOneNodeAfterTheOther) {
  BringUp();
  substrate_.SetDigestSalt("next");
  WishNext();
  Calls calls;
  for (int i = 0; i < 120; ++i) {
    Rounds(1);
    const Calls more = substrate_.TakeCalls();
    calls.insert(calls.end(), more.begin(), more.end());
  }
  EXPECT_EQ(calls, (Calls{"stop 1", "start 1", "stop 2", "start 2", "stop 3", "start 3", "stop 1001", "start 1001"}))
      << status_.last.DebugString();
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterLoopTest, WithoutAFreshSampleNothingIsRolled) {
  BringUp();
  healthy_ = false;
  kafka_.SetHealth(std::nullopt);
  substrate_.SetDigestSalt("next");
  WishNext();
  Rounds(60);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  EXPECT_EQ(ReasonOf("UpToDate"), "GATE_INCONCLUSIVE");
}

TEST_F(ClusterLoopTest, TheGateIsAskedAgainInTheSameBreathAsTheStop) {
  BringUp();
  substrate_.SetDigestSalt("next");
  const int before = kafka_.health_asked();
  WishNext();
  // The sample that the plan rests on is good; the one that is taken for the stop is not.
  Rounds(1);
  EXPECT_GE(kafka_.health_asked(), before + 1);
  healthy_ = false;
  clock_.Advance(absl::Seconds(12));
  for (int32_t id : {1, 2, 3}) substrate_.Crash(kCluster, id);
  substrate_.TakeCalls();
  op::KafkaHealth sick;
  sick.sampled_at = clock_.MonotonicNow();
  kafka_.SetHealth(sick);
  Rounds(3);
  EXPECT_EQ(Count(substrate_.TakeCalls(), "stop 2"), 0);
}

TEST_F(ClusterLoopTest, ADeleteLeavesNothing) {
  BringUp();
  wish_.deleted = true;
  WishNext();
  Rounds(6);
  EXPECT_EQ(substrate_.TakeCalls(), (Calls{"kill 1", "kill 2", "kill 3", "kill 1001", "remove"}));
  EXPECT_EQ(State(), PhysicalClusterStatus::GONE);
  EXPECT_FALSE(cells_.Find(kCluster).has_value());
  EXPECT_TRUE(loop_->finished());
}

TEST_F(ClusterLoopTest, ADeleteOfWhatNeverWasIsGone) {
  wish_.deleted = true;
  Wish();
  Rounds(2);
  EXPECT_EQ(State(), PhysicalClusterStatus::GONE);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
}

TEST_F(ClusterLoopTest, TheSameStateIsSaidInTheSameWords) {
  BringUp();
  const std::string before = status_.last.SerializeAsString();
  Rounds(20);
  EXPECT_EQ(status_.last.SerializeAsString(), before) << "no status travels when nothing has changed";
}

}  // namespace
}  // namespace sluice::satellite
