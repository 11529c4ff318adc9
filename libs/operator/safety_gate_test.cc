#include "libs/operator/safety_gate.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::op {
namespace {

constexpr int32_t kTarget = 2;

PartitionHealth Partition(std::vector<int32_t> replicas, std::vector<int32_t> in_sync, int32_t min_in_sync = 2) {
  return {.topic = "t",
          .partition = 0,
          .leader = in_sync.empty() ? -1 : in_sync[0],
          .replicas = std::move(replicas),
          .in_sync = std::move(in_sync),
          .min_in_sync = min_in_sync};
}

KafkaHealth Healthy() {
  KafkaHealth health;
  health.sampled_at = absl::Seconds(100);
  health.registered_brokers = {1, 2, 3};
  health.partitions = {Partition({1, 2, 3}, {1, 2, 3})};
  health.active_controller = 1001;
  health.voters = {{1001, absl::ZeroDuration()}};
  for (int32_t broker : {1, 2, 3}) {
    health.request_handler_idle[broker] = 0.9;
    health.disk_used_fraction[broker] = 0.1;
  }
  health.load_sampled_at = absl::Seconds(100);
  return health;
}

GateQuestion Question() { return {.now = absl::Seconds(101), .target = kTarget}; }

GateAnswer Ask(const KafkaHealth& health, const GateQuestion& question = Question()) {
  return AskGate(GatePolicy(), question, &health);
}

bool Names(const GateAnswer& answer, const std::string& code) {
  return std::any_of(answer.reasons.begin(), answer.reasons.end(), [&](const GateReason& r) { return r.code == code; });
}

void ExpectFail(const KafkaHealth& health, const std::string& code, const GateQuestion& question = Question()) {
  const GateAnswer answer = Ask(health, question);
  EXPECT_EQ(answer.verdict, GateVerdict::kFail) << answer.Summary();
  EXPECT_TRUE(Names(answer, code)) << answer.Summary();
}

void ExpectInconclusive(const KafkaHealth& health, const std::string& code, const GateQuestion& question = Question()) {
  const GateAnswer answer = Ask(health, question);
  EXPECT_EQ(answer.verdict, GateVerdict::kInconclusive) << answer.Summary();
  EXPECT_TRUE(Names(answer, code)) << answer.Summary();
}

TEST(SafetyGateTest, AHealthyClusterMayLoseOneBroker) {
  EXPECT_EQ(Ask(Healthy()).verdict, GateVerdict::kPass) << Ask(Healthy()).Summary();
}

TEST(SafetyGateTest, NoSampleIsNotGoodNews) {
  EXPECT_EQ(AskGate(GatePolicy(), Question(), nullptr).verdict, GateVerdict::kInconclusive);
}

TEST(SafetyGateTest, ASampleOlderThanFifteenSecondsRefuses) {
  GateQuestion question = Question();
  question.now = absl::Seconds(115);
  EXPECT_EQ(Ask(Healthy(), question).verdict, GateVerdict::kPass);
  question.now = absl::Seconds(116);
  ExpectInconclusive(Healthy(), "SAMPLE_OLD", question);
}

TEST(SafetyGateTest, ASampleFromTheFutureRefuses) {
  GateQuestion question = Question();
  question.now = absl::Seconds(99);
  ExpectInconclusive(Healthy(), "SAMPLE_OLD", question);
}

TEST(SafetyGateTest, ASampleFromBeforeTheLastStopHasSettledRefuses) {
  GateQuestion question = Question();
  question.last_disruption_at = absl::Seconds(91);
  ExpectInconclusive(Healthy(), "SETTLING", question);
  question.last_disruption_at = absl::Seconds(90);
  EXPECT_EQ(Ask(Healthy(), question).verdict, GateVerdict::kPass);
}

TEST(SafetyGateTest, AFrozenClusterIsLeftAlone) {
  GateQuestion question = Question();
  question.allowed = false;
  ExpectFail(Healthy(), "NOT_ALLOWED", question);
}

TEST(SafetyGateTest, OnePartitionUnderReplicatedRefusesWhereverItIs) {
  KafkaHealth health = Healthy();
  health.partitions->push_back(Partition({1, 3}, {1}, 1));
  ExpectFail(health, "UNDER_REPLICATED");
}

TEST(SafetyGateTest, APartitionWithoutLeaderRefuses) {
  KafkaHealth health = Healthy();
  health.partitions->push_back(Partition({1, 3}, {}, 1));
  ExpectFail(health, "OFFLINE_PARTITIONS");
}

TEST(SafetyGateTest, APartitionUnderMinIsrRefuses) {
  KafkaHealth health = Healthy();
  health.partitions->push_back(Partition({1, 2, 3}, {1}));
  ExpectFail(health, "UNDER_MIN_ISR");
}

TEST(SafetyGateTest, IsrAtMinimumOnTheTargetRefuses) {
  KafkaHealth health = Healthy();
  health.partitions = {Partition({1, 2, 3}, {1, 2, 3}, 3)};
  health.partitions->at(0).replicas.push_back(4);
  health.partitions->at(0).reassigning = false;
  ExpectFail(health, "ISR_AT_MINIMUM");
}

TEST(SafetyGateTest, IsrAtMinimumElsewhereIsNoHindrance) {
  KafkaHealth health = Healthy();
  health.partitions = {Partition({1, 3}, {1, 3}, 2)};
  EXPECT_EQ(Ask(health).verdict, GateVerdict::kPass) << Ask(health).Summary();
}

TEST(SafetyGateTest, ReplicationFactorOfMinIsrNeedsAWaiverByName) {
  KafkaHealth health = Healthy();
  health.partitions = {Partition({1, 2}, {1, 2}, 2)};
  ExpectFail(health, "WAIVER_NEEDED");
  GateQuestion question = Question();
  question.waivers = {"t-0"};
  EXPECT_EQ(Ask(health, question).verdict, GateVerdict::kPass);
  question.waivers = {"u-0"};
  ExpectFail(health, "WAIVER_NEEDED", question);
}

TEST(SafetyGateTest, ARunningReassignmentRefuses) {
  KafkaHealth health = Healthy();
  health.partitions->at(0).reassigning = true;
  ExpectFail(health, "REASSIGNMENT_RUNNING");
}

TEST(SafetyGateTest, AFencedBrokerRefuses) {
  KafkaHealth health = Healthy();
  health.fenced_brokers = {3};
  ExpectFail(health, "BROKER_FENCED");
}

TEST(SafetyGateTest, NoActiveControllerRefuses) {
  KafkaHealth health = Healthy();
  health.active_controller.reset();
  ExpectFail(health, "NO_ACTIVE_CONTROLLER");
}

TEST(SafetyGateTest, UnknownPartitionsRefuse) {
  KafkaHealth health = Healthy();
  health.partitions.reset();
  ExpectInconclusive(health, "PARTITIONS_UNKNOWN");
}

TEST(SafetyGateTest, AnUnknownTargetRefuses) {
  KafkaHealth health = Healthy();
  health.registered_brokers.erase(kTarget);
  ExpectInconclusive(health, "BROKER_UNKNOWN");
}

TEST(SafetyGateTest, ABusyOrFullRemainingBrokerRefusesAndTheTargetsOwnLoadDoesNot) {
  KafkaHealth health = Healthy();
  health.request_handler_idle[kTarget] = 0.0;
  health.disk_used_fraction[kTarget] = 1.0;
  EXPECT_EQ(Ask(health).verdict, GateVerdict::kPass);
  health.request_handler_idle[1] = 0.29;
  ExpectFail(health, "BROKER_BUSY");
  health = Healthy();
  health.disk_used_fraction[3] = 0.85;
  ExpectFail(health, "DISK_FULL");
}

TEST(SafetyGateTest, MissingOrOldLoadRefuses) {
  KafkaHealth health = Healthy();
  health.request_handler_idle.erase(1);
  ExpectInconclusive(health, "LOAD_UNKNOWN");
  health = Healthy();
  health.load_sampled_at.reset();
  ExpectInconclusive(health, "LOAD_UNKNOWN");
  health.load_sampled_at = absl::Seconds(85);
  ExpectInconclusive(health, "LOAD_UNKNOWN");
}

TEST(SafetyGateTest, ASingleControllerMayGoWithAWarning) {
  GateQuestion question = Question();
  question.target = 1001;
  question.role = NodeRole::kController;
  const GateAnswer answer = Ask(Healthy(), question);
  EXPECT_EQ(answer.verdict, GateVerdict::kPass) << answer.Summary();
  EXPECT_TRUE(Names(answer, "SINGLE_CONTROLLER"));
}

TEST(SafetyGateTest, AQuorumKeepsEnoughCaughtUpVoters) {
  GateQuestion question = Question();
  question.target = 1002;
  question.role = NodeRole::kController;
  KafkaHealth health = Healthy();
  health.voters = {{1001, absl::ZeroDuration()}, {1002, absl::ZeroDuration()}, {1003, absl::Milliseconds(1999)}};
  EXPECT_EQ(Ask(health, question).verdict, GateVerdict::kPass) << Ask(health, question).Summary();
  health.voters[2].behind = absl::Milliseconds(2000);
  ExpectFail(health, "QUORUM_NOT_CAUGHT_UP", question);
  health.voters[2].behind.reset();
  ExpectFail(health, "QUORUM_NOT_CAUGHT_UP", question);
  health.voters = {{1001, absl::ZeroDuration()}, {1002, absl::ZeroDuration()}};
  EXPECT_EQ(Ask(health, question).verdict, GateVerdict::kPass);
  health.voters = {{1001, absl::ZeroDuration()}};
  ExpectInconclusive(health, "QUORUM_UNKNOWN", question);
}

TEST(SafetyGateTest, AKnownFaultOutweighsMissingData) {
  KafkaHealth health = Healthy();
  health.load_sampled_at.reset();
  health.fenced_brokers = {1};
  ExpectFail(health, "BROKER_FENCED");
}

}  // namespace
}  // namespace sluice::op
