#include "libs/operator/moves/retire_gate.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

constexpr Moment kNow = absl::Seconds(1000);

KafkaHealth Drained() {
  KafkaHealth health;
  health.sampled_at = kNow;
  health.registered_brokers = {1, 2, 3, 4};
  health.active_controller = 1001;
  health.broker_settings[4].cordoned = true;
  health.partitions = std::vector<PartitionHealth>{
      {.topic = "t", .partition = 0, .leader = 1, .replicas = {1, 2, 3}, .in_sync = {1, 2, 3}},
      {.topic = "t", .partition = 1, .leader = 2, .replicas = {2, 3}, .in_sync = {2, 3}}};
  return health;
}

struct Case {
  const char* name;
  void (*change)(KafkaHealth& health);
  GateVerdict verdict;
  const char* code;
};

class RetireGateTest : public testing::TestWithParam<Case> {};

TEST_P(RetireGateTest, Says) {
  KafkaHealth health = Drained();
  GetParam().change(health);
  const GateAnswer answer = AskRetire({}, kNow, 4, &health);
  EXPECT_EQ(answer.verdict, GetParam().verdict) << answer.Summary();
  EXPECT_EQ(answer.reasons.empty() ? "" : answer.reasons[0].code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RetireGateTest,
    testing::Values(
        Case{"drained", [](auto&) {}, GateVerdict::kPass, ""},
        Case{"one_replica_left", [](auto& h) { (*h.partitions)[1].replicas.push_back(4); }, GateVerdict::kFail,
             "NOT_EMPTY"},
        Case{"one_on_its_way",
             [](auto& h) {
               (*h.partitions)[0].replicas.push_back(4);
               (*h.partitions)[0].adding = {4};
               (*h.partitions)[0].reassigning = true;
             },
             GateVerdict::kFail, "NOT_EMPTY"},
        Case{"another_moves", [](auto& h) { (*h.partitions)[0].reassigning = true; }, GateVerdict::kFail,
             "REASSIGNMENT_RUNNING"},
        Case{"no_controller", [](auto& h) { h.active_controller = -1; }, GateVerdict::kFail, "NO_ACTIVE_CONTROLLER"},
        Case{"not_cordoned", [](auto& h) { h.broker_settings.clear(); }, GateVerdict::kInconclusive, "NOT_CORDONED"},
        Case{"dead_and_not_cordoned",
             [](auto& h) {
               h.broker_settings.clear();
               h.fenced_brokers = {4};
             },
             GateVerdict::kPass, ""},
        Case{"unregistered_already",
             [](auto& h) {
               h.broker_settings.clear();
               h.registered_brokers = {1, 2, 3};
             },
             GateVerdict::kPass, ""},
        Case{"partitions_unknown", [](auto& h) { h.partitions.reset(); }, GateVerdict::kInconclusive,
             "PARTITIONS_UNKNOWN"},
        Case{"old", [](auto& h) { h.sampled_at -= absl::Seconds(16); }, GateVerdict::kInconclusive, "SAMPLE_OLD"}),
    [](const auto& info) { return info.param.name; });

TEST(RetireGateTest, WithoutAnyLookItDoesNotPass) {
  EXPECT_EQ(AskRetire({}, kNow, 4, nullptr).verdict, GateVerdict::kInconclusive);
}

TEST(ReplicasByBrokerTest, CountsWhatIsOnItsWayToo) {
  EXPECT_EQ(ReplicasByBroker(*Drained().partitions), (std::map<int32_t, int32_t>{{1, 1}, {2, 2}, {3, 2}}));
}

}  // namespace
}  // namespace sluice::op
