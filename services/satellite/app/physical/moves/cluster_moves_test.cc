// Plans and shrinks through ClusterLoop, on a Kafka and nodes in memory: FakeAdminClient moves replicas as the real one
// does, in the two steps that a test decides on.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "libs/base/error.h"
#include "services/satellite/adapters/kafka_probe/health_sample.h"
#include "services/satellite/app/physical/cluster_loop.h"
#include "services/satellite/ports/testing/fake_kafka_probe.h"
#include "services/satellite/ports/testing/fake_substrate.h"

namespace sluice::satellite {
namespace {

using balancer_planner::v1::PlanDocument;
using satellite::v1::PhysicalClusterStatus;
using satellite::v1::RebalanceStatus;
using satellite::v1::StatusDocument;
using Calls = std::vector<std::string>;
using Ids = std::vector<int32_t>;
using kafka_admin::ConfigResourceType;

constexpr char kCluster[] = "pkc-1";
constexpr absl::Duration kTimeout = absl::Seconds(5);

// Readiness as FakeKafka has it, health as Kafka shows it.
class MovingKafka final : public KafkaProbeFactory {
 public:
  MovingKafka(testing::FakeKafka& kafka, const clock::Clock& clock) : kafka_(kafka), clock_(clock) {}
  absl::StatusOr<std::unique_ptr<KafkaProbe>> Open(ProbeTarget target) override {
    auto opened = kafka_.Open(std::move(target));
    return std::make_unique<Probe>(*std::move(opened), *this);
  }

  std::function<void()> before_look = [] {};

 private:
  class Probe final : public KafkaProbe {
   public:
    Probe(std::unique_ptr<KafkaProbe> under, const MovingKafka& kafka) : under_(std::move(under)), kafka_(kafka) {}
    absl::Status BrokerReady(int32_t id, const kafka_admin::BrokerAddress& internal,
                             const kafka_admin::BrokerAddress& client, absl::Duration timeout) override {
      return under_->BrokerReady(id, internal, client, timeout);
    }
    absl::Status ControllerReady(const kafka_admin::BrokerAddress& at, absl::Duration timeout) override {
      return under_->ControllerReady(at, timeout);
    }
    absl::StatusOr<op::KafkaHealth> Health(absl::Duration timeout) override {
      kafka_.before_look();
      auto health = SampleHealth(Admin(), kafka_.clock_, timeout);
      if (!health.ok()) return health;
      // The fake's quorum has a number of its own.
      health->active_controller = 1001;
      health->voters = {{1001, absl::ZeroDuration()}};
      return health;
    }
    absl::StatusOr<op::DynamicConfigs> ClusterConfigs(absl::Duration timeout) override {
      return under_->ClusterConfigs(timeout);
    }
    absl::Status ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration timeout) override {
      return under_->ApplyClusterConfigs(wanted, timeout);
    }
    absl::Status ReloadCertificates(int32_t, const std::string&, absl::Duration) override { return absl::OkStatus(); }
    kafka_admin::AdminClient& Admin() override { return under_->Admin(); }

   private:
    const std::unique_ptr<KafkaProbe> under_;
    const MovingKafka& kafka_;
  };

  testing::FakeKafka& kafka_;
  const clock::Clock& clock_;
};

class LastStatus final : public StatusSink {
 public:
  void Publish(StatusDocument draft, std::string_view) override { last = std::move(draft); }
  void Forget(const std::string&) override {}
  StatusDocument last;
};

class ClusterMovesTest : public ::testing::Test {
 protected:
  ClusterMovesTest() : loop_(std::make_unique<ClusterLoop>(kCluster, parts_)) {
    for (int32_t id : {5, 6}) (void)kafka_.admin().UnregisterBroker(id, kTimeout).ok();
    wish_.generation = 1;
    wish_.spec.brokers = 4;
    plan_.set_key(kCluster);
    plan_.set_generation(1);
    plan_.set_rebalance("reb-1");
    plan_.set_physical_cluster_generation(1);
    plan_.set_wish(PlanDocument::RUN);
    plan_.set_throttle_bytes_per_second(1'000'000);
  }

  void Rounds(int count, absl::Duration step = absl::Seconds(1)) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(step);
      SayLoad();
      loop_->RunOnce();
    }
  }
  void SayLoad() {
    LoadReading reading;
    reading.taken_at = clock_.MonotonicNow();
    reading.sample.set_physical_cluster(kCluster);
    for (int32_t id : {1, 2, 3, 4}) {
      auto& broker = *reading.sample.add_brokers();
      broker.set_broker(id);
      broker.set_request_handler_idle(0.9);
      broker.add_log_dirs()->set_total_bytes(1 << 30);
    }
    auto& partition = *reading.sample.add_partitions();
    partition.set_topic("t");
    partition.set_bytes_in_per_second(received_);
    load_.Put(reading);
  }
  // Four brokers, three partitions of t on 1, 2, 3.
  void BringUp() {
    const auto made =
        kafka_.admin().CreateTopics({{.name = "t", .assignments = {{1, 2, 3}, {2, 3, 1}, {3, 1, 2}}}}, false, kTimeout);
    ASSERT_TRUE(made.ok() && made->at(0).status.ok());
    loop_->Accept(wish_);
    Rounds(8);
    ASSERT_EQ(State(), PhysicalClusterStatus::UP) << status_.last.DebugString();
    substrate_.TakeCalls();
  }
  void AddMove(int batch, int32_t partition, const Ids& before, const Ids& after) {
    while (plan_.batches_size() <= batch) plan_.add_batches();
    auto& move = *plan_.mutable_batches(batch)->add_moves();
    move.set_topic("t");
    move.set_partition(partition);
    move.mutable_replicas_before()->Add(before.begin(), before.end());
    move.mutable_replicas()->Add(after.begin(), after.end());
    move.set_bytes(1000);
    plan_.set_batches_total(plan_.batches_size());
  }
  void SayPlan() { loop_->AcceptPlan(std::make_shared<const PlanDocument>(plan_)); }
  void SayPlan(PlanDocument::Wish wish) {
    plan_.set_wish(wish);
    plan_.set_generation(plan_.generation() + 1);
    SayPlan();
  }
  void Restart() {
    loop_ = std::make_unique<ClusterLoop>(kCluster, parts_);
    loop_->Accept(wish_);
    SayPlan();
  }

  PhysicalClusterStatus::State State() const { return status_.last.physical_cluster().state(); }
  const RebalanceStatus& Rebalance() const { return status_.last.physical_cluster().rebalance(); }
  Ids Replicas(int32_t partition) {
    return kafka_.admin()
        .DescribeTopics({{"t"}}, kTimeout)
        ->at(0)
        .partitions.at(static_cast<size_t>(partition))
        .replicas;
  }
  int32_t Leader(int32_t partition) {
    return kafka_.admin().DescribeTopics({{"t"}}, kTimeout)->at(0).partitions.at(static_cast<size_t>(partition)).leader;
  }
  size_t Moving() { return kafka_.admin().ListReassignments(std::nullopt, kTimeout)->size(); }
  // "4: leader.…rate=1000000 …" of all that is set for one broker or topic alone.
  std::string Settings(ConfigResourceType type, const std::string& name) {
    std::string text;
    const auto described = kafka_.admin().DescribeConfigs({{type, name}}, {}, kTimeout);
    for (const auto& entry : described->at(0).entries) {
      const bool own = entry.source == kafka_admin::ConfigEntry::Source::kDynamicBroker ||
                       entry.source == kafka_admin::ConfigEntry::Source::kDynamicTopic;
      if (own) text += entry.name + "=" + *entry.value + " ";
    }
    return text;
  }
  bool AnyThrottle() {
    std::string all = Settings(ConfigResourceType::kTopic, "t");
    for (const char* id : {"1", "2", "3", "4"}) all += Settings(ConfigResourceType::kBroker, id);
    return all.find("throttled") != all.npos;
  }
  std::string ReasonOf(const std::string& type) const {
    for (const auto& condition : status_.last.conditions()) {
      if (condition.type() == type) return condition.status() + " " + condition.reason();
    }
    return "";
  }

  clock::FakeClock clock_;
  clock::SeededRandom random_{7};
  testing::FakeSubstrate substrate_{clock_, 6};
  testing::FakeKafka kafka_;
  MovingKafka moving_{kafka_, clock_};
  LastStatus status_;
  CellDirectory cells_;
  LoadBoard load_;
  FakeRebalanceStore rebalances_;
  metrics::Registry metrics_;
  ClusterLoopParts parts_{substrate_, moving_, status_, cells_, load_, rebalances_,
                          metrics_,   clock_,  random_, {},     {},    {}};
  PhysicalWish wish_;
  PlanDocument plan_;
  double received_ = 0;
  std::unique_ptr<ClusterLoop> loop_;
};

TEST_F(ClusterMovesTest, APlanIsCarriedOutAndLeavesNoThrottle) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  AddMove(1, 1, {2, 3, 1}, {2, 3, 4});
  SayPlan();
  Rounds(1);
  EXPECT_EQ(Moving(), 1u);
  EXPECT_EQ(Settings(ConfigResourceType::kBroker, "4"),
            "follower.replication.throttled.rate=1000000 leader.replication.throttled.rate=1000000 ");
  EXPECT_EQ(Settings(ConfigResourceType::kTopic, "t"),
            "follower.replication.throttled.replicas=0:4 leader.replication.throttled.replicas=0:1,0:2,0:3 ");
  kafka_.admin().SetReplicaSize({"t", 0}, 4, 400);
  Rounds(2);
  EXPECT_EQ(State(), PhysicalClusterStatus::REBALANCING);
  EXPECT_EQ(ReasonOf("Rebalancing"), "TRUE MOVING");
  EXPECT_EQ(ReasonOf("Ready"), "TRUE REBALANCING");
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::RUNNING);
  EXPECT_EQ(Rebalance().moves_in_flight(), 1);
  EXPECT_EQ(Rebalance().bytes_done(), 400);
  EXPECT_EQ(Rebalance().bytes_left(), 600);
  EXPECT_EQ(Rebalance().throttle_bytes_per_second(), 1'000'000);
  EXPECT_EQ(metrics_.GaugeOf("sluice_satellite_rebalance_moves_in_flight", "", {{"cluster", kCluster}}).Value(), 1);
  kafka_.admin().FinishReassignments();
  Rounds(3);
  EXPECT_EQ(Replicas(0), (Ids{4, 2, 3}));
  EXPECT_EQ(Leader(0), 4);
  EXPECT_EQ(Moving(), 1u) << "the next batch";
  kafka_.admin().FinishReassignments();
  Rounds(4);
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::DONE) << status_.last.DebugString();
  EXPECT_EQ(Rebalance().moves_done(), 2);
  EXPECT_EQ(Rebalance().bytes_done(), 2000);
  EXPECT_EQ(Rebalance().observed_generation(), 1);
  EXPECT_FALSE(AnyThrottle());
  EXPECT_EQ(Rebalance().throttle_bytes_per_second(), 0);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
  loop_->AcceptPlan(nullptr);
  Rounds(1);
  EXPECT_FALSE(status_.last.physical_cluster().has_rebalance());
  EXPECT_EQ(ReasonOf("Rebalancing"), "FALSE NO_PLAN");
}

TEST_F(ClusterMovesTest, ASatelliteThatWasKilledFindsItsMovesAndGoesOn) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  AddMove(1, 1, {2, 3, 1}, {2, 3, 4});
  SayPlan();
  Rounds(2);
  Restart();
  Rounds(5);
  EXPECT_EQ(Moving(), 1u);
  EXPECT_TRUE(AnyThrottle());
  kafka_.admin().FinishReassignments();
  Rounds(3);
  Restart();
  Rounds(3);
  EXPECT_EQ(Rebalance().moves_done(), 1) << "what is counted is on disk";
  kafka_.admin().FinishReassignments();
  Rounds(4);
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::DONE);
  EXPECT_EQ(Rebalance().moves_done(), 2);
  EXPECT_FALSE(AnyThrottle());
}

TEST_F(ClusterMovesTest, WhatAPlanThatWentAwayLeftIsTakenOff) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  loop_ = std::make_unique<ClusterLoop>(kCluster, parts_);
  loop_->Accept(wish_);
  Rounds(8);
  EXPECT_TRUE(AnyThrottle()) << "a copy still needs it";
  kafka_.admin().FinishReassignments();
  Rounds(6);
  EXPECT_FALSE(AnyThrottle());
}

TEST_F(ClusterMovesTest, APlanIsJudgedByALookThatIsNewerThanIt) {
  BringUp();
  const auto made = kafka_.admin().CreateTopics({{.name = "new", .assignments = {{1, 2}}}}, false, kTimeout);
  ASSERT_TRUE(made.ok() && made->at(0).status.ok());
  AddMove(0, 0, {1, 2}, {4, 2});
  plan_.mutable_batches(0)->mutable_moves(0)->set_topic("new");
  SayPlan();
  Rounds(1, absl::Milliseconds(10));
  EXPECT_EQ(Rebalance().moves_skipped(), 0) << "in the last look it was not there";
  EXPECT_EQ(Moving(), 1u);
}

TEST_F(ClusterMovesTest, WithoutItsThrottleNothingIsBegun) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  kafka_.admin().FailNext("AlterConfigs", absl::UnavailableError("not now"));
  Rounds(1);
  EXPECT_EQ(Moving(), 0u);
  Rounds(1);
  EXPECT_EQ(Moving(), 1u);
}

TEST_F(ClusterMovesTest, NothingIsBegunBeforeItIsRemembered) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  rebalances_.SetStatus(absl::ResourceExhaustedError("full"));
  Rounds(2);
  EXPECT_EQ(Moving(), 0u);
  EXPECT_FALSE(AnyThrottle());
  rebalances_.SetStatus(absl::OkStatus());
  Rounds(1);
  EXPECT_EQ(Moving(), 1u);
}

TEST_F(ClusterMovesTest, ACancelPutsBackAndAPauseDoesNot) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  SayPlan(PlanDocument::PAUSE);
  Rounds(2);
  EXPECT_EQ(Moving(), 1u);
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::PAUSED);
  EXPECT_EQ(ReasonOf("Rebalancing"), "FALSE PAUSED");
  SayPlan(PlanDocument::CANCEL);
  Rounds(3);
  EXPECT_EQ(Moving(), 0u);
  EXPECT_EQ(Replicas(0), (Ids{1, 2, 3}));
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::CANCELLED);
  EXPECT_EQ(Rebalance().observed_generation(), 3);
  EXPECT_FALSE(AnyThrottle());
}

TEST_F(ClusterMovesTest, AThrottleTooLowIsRefusedWithWhatItNeeds) {
  BringUp();
  received_ = 2e6;
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::REFUSED);
  EXPECT_EQ(Rebalance().reason(), "THROTTLE_TOO_LOW");
  EXPECT_NE(Rebalance().message().find("t-0 receives 2.00 MB/s"), std::string::npos) << Rebalance().message();
  EXPECT_FALSE(AnyThrottle());
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
}

TEST_F(ClusterMovesTest, APlanForAnotherGenerationIsRefused) {
  BringUp();
  wish_.generation = 5;
  loop_->Accept(wish_);
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::REFUSED);
  EXPECT_EQ(Rebalance().reason(), "STALE_GENERATION");
  EXPECT_EQ(Moving(), 0u);
}

TEST_F(ClusterMovesTest, AnExpiredPlanIsRefused) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  plan_.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) - 1);
  SayPlan();
  Rounds(2);
  EXPECT_EQ(Rebalance().reason(), "EXPIRED");
}

TEST_F(ClusterMovesTest, ARollWaitsForTheRebalanceAndTheRebalanceForTheRoll) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  substrate_.SetDigestSalt("next");
  Rounds(70);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  EXPECT_EQ(ReasonOf("UpToDate"), "FALSE REBALANCING");
  AddMove(1, 1, {2, 3, 1}, {2, 3, 4});
  SayPlan(PlanDocument::PAUSE);
  kafka_.admin().FinishReassignments();
  Calls calls;
  for (int i = 0; i < 120 && calls.empty(); ++i) {
    Rounds(1);
    calls = substrate_.TakeCalls();
  }
  EXPECT_EQ(calls, Calls{"stop 1"}) << "a paused one is not in the way";
  EXPECT_EQ(Rebalance().state(), RebalanceStatus::PAUSED);
  SayPlan(PlanDocument::RUN);
  Rounds(1);
  EXPECT_EQ(Moving(), 0u) << "and now the roll goes first";
  EXPECT_EQ(Rebalance().reason(), "OTHER_WORK_FIRST");
}

TEST_F(ClusterMovesTest, ADeadBrokerIsStartedAgainAndWhatMovesGoesOn) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  AddMove(1, 1, {2, 3, 1}, {2, 3, 4});
  SayPlan();
  Rounds(2);
  substrate_.Crash(kCluster, 2);
  kafka_.SetAnswers(2, false);
  kafka_.admin().SetBrokerAlive(2, false);
  kafka_.admin().FinishReassignments();
  Rounds(5);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{"start 2"});
  EXPECT_EQ(Moving(), 0u) << "no new batch while a node is not ready";
  EXPECT_EQ(Rebalance().reason(), "NODE_NOT_READY");
  kafka_.SetAnswers(2, true);
  kafka_.admin().SetBrokerAlive(2, true);
  Rounds(8);
  EXPECT_EQ(Moving(), 1u);
}

TEST_F(ClusterMovesTest, AShrinkCordonsWaitsUntilEmptyAndLetsTheBrokerGo) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  kafka_.admin().FinishReassignments();
  Rounds(4);
  loop_->AcceptPlan(nullptr);

  wish_.generation = 2;
  wish_.spec.brokers = 3;
  loop_->Accept(wish_);
  Rounds(8);
  EXPECT_EQ(Settings(ConfigResourceType::kBroker, "4"), "cordoned.log.dirs=* ");
  EXPECT_EQ(State(), PhysicalClusterStatus::SHRINKING);
  EXPECT_EQ(ReasonOf("Progressing"), "FALSE DRAINING");
  EXPECT_EQ(ReasonOf("Accepted"), "TRUE ACCEPTED");
  const PhysicalClusterStatus& status = status_.last.physical_cluster();
  ASSERT_EQ(status.leaving_brokers_size(), 1);
  EXPECT_EQ(status.leaving_brokers(0), 4);
  EXPECT_EQ(status.nodes(3).replicas(), 1);
  EXPECT_TRUE(status.nodes(3).leaving());
  EXPECT_EQ(status.nodes(0).replicas(), 2);
  EXPECT_EQ(std::count(status.bootstrap_servers().begin(), status.bootstrap_servers().end(), ','), 2);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});

  plan_.clear_batches();
  plan_.set_rebalance("reb-2");
  plan_.set_physical_cluster_generation(2);
  AddMove(0, 0, {4, 2, 3}, {1, 2, 3});
  SayPlan(PlanDocument::RUN);
  Rounds(3);
  EXPECT_EQ(Moving(), 1u);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  kafka_.admin().FinishReassignments();
  Rounds(8);
  EXPECT_EQ(substrate_.TakeCalls(), (Calls{"kill 4", "remove 4"}));
  EXPECT_EQ(kafka_.admin().DescribeCluster(true, kTimeout)->brokers.size(), 3u);
  EXPECT_EQ(State(), PhysicalClusterStatus::UP) << status_.last.DebugString();
  EXPECT_EQ(status_.last.physical_cluster().leaving_brokers_size(), 0);
  EXPECT_FALSE(AnyThrottle());
}

TEST_F(ClusterMovesTest, WhatIsNotEmptyAtTheLastMomentIsNotErased) {
  BringUp();
  wish_.generation = 2;
  wish_.spec.brokers = 3;
  loop_->Accept(wish_);
  // The look that the decision rests on shows it empty; the one that is taken for the act does not.
  int looks = 0;
  moving_.before_look = [&] {
    const bool cordoned = !Settings(ConfigResourceType::kBroker, "4").empty();
    if (cordoned && ++looks == 2) {
      ASSERT_TRUE(kafka_.admin().CreateTopics({{.name = "late", .assignments = {{4, 1}}}}, false, kTimeout).ok());
    }
  };
  Rounds(12);
  EXPECT_GE(looks, 3);
  EXPECT_EQ(substrate_.TakeCalls(), Calls{});
  EXPECT_EQ(kafka_.admin().DescribeCluster(true, kTimeout)->brokers.size(), 4u);
  EXPECT_EQ(ReasonOf("Progressing"), "FALSE DRAINING");
}

TEST_F(ClusterMovesTest, WhoStaysAfterAllIsUncordoned) {
  BringUp();
  AddMove(0, 0, {1, 2, 3}, {4, 2, 3});
  SayPlan();
  Rounds(2);
  kafka_.admin().FinishReassignments();
  Rounds(4);
  wish_.generation = 2;
  wish_.spec.brokers = 3;
  loop_->Accept(wish_);
  Rounds(8);
  ASSERT_EQ(Settings(ConfigResourceType::kBroker, "4"), "cordoned.log.dirs=* ");
  wish_.generation = 3;
  wish_.spec.brokers = 4;
  loop_->Accept(wish_);
  Rounds(8);
  EXPECT_EQ(Settings(ConfigResourceType::kBroker, "4"), "");
  EXPECT_EQ(State(), PhysicalClusterStatus::UP);
  EXPECT_EQ(status_.last.physical_cluster().leaving_brokers_size(), 0);
}

}  // namespace
}  // namespace sluice::satellite
