#include "libs/operator/moves/rebalance_machine.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::op {
namespace {

using Intent = RebalanceWish::Intent;
using State = RebalanceState;
using Ids = std::vector<int32_t>;

constexpr Moment kNow = absl::Seconds(1000);

PartitionHealth At(int32_t partition, Ids replicas) {
  PartitionHealth p;
  p.topic = "t";
  p.partition = partition;
  p.leader = replicas.front();
  p.replicas = p.in_sync = std::move(replicas);
  p.min_in_sync = 2;
  return p;
}

MoveWish Move(int32_t partition, Ids before, Ids after, int64_t bytes = 1'000'000) {
  return {{"t", partition}, std::move(before), std::move(after), bytes};
}

// Four brokers, all well; four partitions on 1, 2, 3. The plan takes 0 and 1 to broker 4, then 2.
class RebalanceMachineTest : public testing::Test {
 protected:
  RebalanceMachineTest() {
    wish_.rebalance = "reb-1";
    wish_.generation = 5;
    wish_.desired_generation = 7;
    wish_.throttle_bytes_per_second = 2'000'000;
    wish_.batches_total = 2;
    wish_.batches = {{Move(0, {1, 2, 3}, {1, 2, 4}), Move(1, {1, 2, 3}, {1, 2, 4})}, {Move(2, {1, 2, 3}, {4, 2, 3})}};
    health_.sampled_at = kNow;
    health_.partitions = {At(0, {1, 2, 3}), At(1, {1, 2, 3}), At(2, {1, 2, 3}), At(3, {1, 2, 3})};
    for (int32_t broker : {1, 2, 3, 4}) health_.broker_settings[broker] = {};
    load_.sampled_at = kNow;
    for (int32_t broker : {1, 2, 3, 4}) load_.stress[broker] = {.idle = 0.9};
    input_.now = kNow;
    input_.wish = &wish_;
    input_.desired_generation = 7;
    input_.live = {1, 2, 3, 4};
    input_.health = &health_;
    input_.load = &load_;
    input_.disk_bytes = 1'000'000'000;
  }

  PartitionHealth& Partition(int32_t id) { return health_.partitions->at(static_cast<size_t>(id)); }

  // Decides, remembers, and does to the cluster what a shell would have Kafka do.
  RebalanceDecision Round() {
    RebalanceDecision d = DecideRebalance({}, input_);
    input_.memory = d.memory;
    input_.pace = d.pace;
    for (const auto& [broker, rate] : d.throttle.brokers) {
      health_.broker_settings[broker].leader_rate = health_.broker_settings[broker].follower_rate = rate;
    }
    for (const auto& [topic, throttle] : d.throttle.topics) {
      health_.throttled_topics[topic] = throttle;
      if (throttle == TopicThrottle()) health_.throttled_topics.erase(topic);
    }
    for (const NewReplicas& one : d.assign) Assign(Partition(one.partition.partition), one.replicas);
    for (const PartitionId& id : d.cancel) Revert(Partition(id.partition));
    for (const PartitionId& id : d.elect) Partition(id.partition).leader = Partition(id.partition).replicas.front();
    return d;
  }
  static void Assign(PartitionHealth& p, const Ids& replicas) {
    const auto has = [](const Ids& ids, int32_t id) { return std::count(ids.begin(), ids.end(), id) > 0; };
    Ids all = replicas;
    for (int32_t id : p.replicas) {
      if (has(replicas, id)) continue;
      all.push_back(id);
      p.removing.push_back(id);
    }
    for (int32_t id : replicas) {
      if (!has(p.replicas, id)) p.adding.push_back(id);
    }
    p.replicas = all;
    p.reassigning = !p.adding.empty() || !p.removing.empty();
  }
  static void Revert(PartitionHealth& p) {
    std::erase_if(p.replicas, [&](int32_t id) { return std::count(p.adding.begin(), p.adding.end(), id) > 0; });
    p.adding.clear();
    p.removing.clear();
    p.reassigning = false;
  }
  // Kafka ends what it copies.
  void Arrive(int32_t partition) {
    PartitionHealth& p = Partition(partition);
    std::erase_if(p.replicas, [&](int32_t id) { return std::count(p.removing.begin(), p.removing.end(), id) > 0; });
    p.in_sync = p.replicas;
    p.adding.clear();
    p.removing.clear();
    p.reassigning = false;
    if (std::count(p.in_sync.begin(), p.in_sync.end(), p.leader) == 0) p.leader = p.in_sync.front();
  }
  bool AnyThrottle() const { return ThrottleInForce(health_) != 0 || !health_.throttled_topics.empty(); }
  int Moving() const {
    return static_cast<int>(std::count_if(health_.partitions->begin(), health_.partitions->end(),
                                          [](const PartitionHealth& p) { return p.reassigning; }));
  }

  RebalanceWish wish_;
  KafkaHealth health_;
  MoveLoad load_;
  RebalanceInput input_;
};

TEST_F(RebalanceMachineTest, ABatchIsThrottledBegunHandedOverAndFollowedByTheNext) {
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kRunning);
  EXPECT_EQ(d.assign.size(), 2u);
  EXPECT_EQ(d.throttle.brokers.size(), 4u);
  EXPECT_EQ(d.throttle.topics.at("t"), (TopicThrottle{"0:1,0:2,0:3,1:1,1:2,1:3", "0:4,1:4"}));
  EXPECT_TRUE(d.under_way);
  EXPECT_TRUE(d.memory.begun);

  input_.copied[{"t", 0}] = 250'000;
  d = Round();
  EXPECT_TRUE(d.assign.empty());
  EXPECT_TRUE(d.throttle.empty()) << "it is in force";
  EXPECT_EQ(d.progress.moves_in_flight, 2);
  EXPECT_EQ(d.progress.moves_left, 2);
  EXPECT_EQ(d.progress.bytes_done, 250'000);
  EXPECT_EQ(d.progress.bytes_left, 1'750'000);
  EXPECT_DOUBLE_EQ(d.progress.seconds_left, 1.75 / 2);
  EXPECT_EQ(d.progress.throttle_bytes_per_second, 2'000'000);

  Arrive(0);
  d = Round();
  EXPECT_TRUE(d.assign.empty()) << "the batch has not ended";
  EXPECT_EQ(d.throttle.topics.at("t").follower, "1:4") << "what arrived is not throttled any more";
  EXPECT_TRUE(d.throttle.brokers.empty()) << "nothing is lifted below the other move";
  Arrive(1);
  d = Round();
  ASSERT_EQ(d.assign.size(), 1u) << "the second batch";
  EXPECT_EQ(d.memory.batches_done, 1);
  EXPECT_EQ(d.progress.moves_done, 2);
  Arrive(2);
  Partition(2).leader = 2;
  d = Round();
  EXPECT_EQ(d.elect, (std::vector<PartitionId>{{"t", 2}}));
  EXPECT_FALSE(AnyThrottle()) << "nothing moves any more";
  EXPECT_EQ(d.progress.reason, "HANDING_OVER");
  d = Round();
  EXPECT_EQ(d.progress.state, State::kDone);
  EXPECT_EQ(d.progress.batches_done, 2);
  EXPECT_EQ(d.progress.moves_done, 3);
  EXPECT_EQ(d.progress.bytes_done, 3'000'000);
  EXPECT_EQ(d.progress.moves_left, 0);
  EXPECT_FALSE(d.under_way);
  EXPECT_TRUE(Round().assign.empty());
}

TEST_F(RebalanceMachineTest, ASatelliteWithoutMemoryFindsWhatMovesAndGoesOn) {
  Round();
  Arrive(0);
  input_.memory = {};
  input_.pace = {};
  // Its time to begin is over, but it has begun.
  input_.expired = true;
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kRunning);
  EXPECT_EQ(d.progress.moves_in_flight, 1);
  EXPECT_EQ(d.progress.moves_done, 1);
  Arrive(1);
  d = Round();
  EXPECT_EQ(d.assign.size(), 1u);
}

TEST_F(RebalanceMachineTest, LeadershipGoesOnlyToAReplicaInSync) {
  wish_.batches = {{Move(0, {1, 2, 3}, {2, 1, 3}, 0)}};
  wish_.batches_total = 1;
  Partition(0).in_sync = {1, 3};
  RebalanceDecision d = Round();
  ASSERT_EQ(d.assign.size(), 1u) << "the order is harmless";
  EXPECT_EQ(d.assign[0].replicas, (Ids{2, 1, 3}));
  EXPECT_TRUE(d.throttle.empty()) << "nothing is copied";
  d = Round();
  EXPECT_TRUE(d.elect.empty());
  Partition(0).in_sync = {1, 2, 3};
  d = Round();
  EXPECT_EQ(d.elect.size(), 1u);
  EXPECT_EQ(Round().progress.state, State::kDone);
}

TEST_F(RebalanceMachineTest, APartitionThatIsNotAsPlannedIsLeftAloneAndCounted) {
  Partition(0) = At(0, {2, 3, 4});
  wish_.batches[0].push_back(Move(9, {1, 2, 3}, {1, 2, 4}));
  RebalanceDecision d = Round();
  ASSERT_EQ(d.assign.size(), 1u);
  EXPECT_EQ(d.assign[0].partition.partition, 1);
  EXPECT_EQ(d.progress.moves_skipped, 2);
  Arrive(1);
  Round();
  Arrive(2);
  Round();
  d = Round();
  EXPECT_EQ(d.progress.state, State::kDone);
  EXPECT_EQ(d.progress.moves_skipped, 2);
  EXPECT_EQ(d.progress.moves_done, 2);
}

TEST_F(RebalanceMachineTest, AMoveThatHasEndedAMomentAgoIsNotTakenForAnothersPlacement) {
  Round();
  Arrive(0);
  // The controller says that it has ended, the broker still shows all four replicas.
  Partition(0).replicas = {1, 2, 4, 3};
  input_.lately_moving = {{"t", 0}, {"t", 1}};
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.moves_skipped, 0);
  EXPECT_EQ(d.progress.moves_in_flight, 2);
  input_.lately_moving = {{"t", 1}};
  EXPECT_EQ(Round().progress.moves_skipped, 1) << "it stays so";
}

TEST_F(RebalanceMachineTest, AnotherLeaderOfTheSameReplicasIsNoOtherPlacement) {
  Partition(0).leader = 3;
  EXPECT_EQ(Round().assign.size(), 2u);
}

TEST_F(RebalanceMachineTest, WhatKafkaRefusesIsSkipped) {
  input_.refused = {{"t", 0}};
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.assign.size(), 1u);
  EXPECT_EQ(d.progress.moves_skipped, 1);
}

TEST_F(RebalanceMachineTest, WhatIsDoneAlreadyIsDone) {
  for (int32_t id : {0, 1}) Partition(id) = At(id, {1, 2, 4});
  Partition(2) = At(2, {4, 2, 3});
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kDone);
  EXPECT_EQ(d.progress.moves_done, 3);
  EXPECT_TRUE(d.assign.empty());
}

struct RefusalCase {
  const char* name;
  void (*change)(RebalanceWish& wish, RebalanceInput& input, MoveLoad& load);
  State state;
  const char* reason;
};

class RefusalTest : public RebalanceMachineTest, public testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusalTest, NothingIsBegun) {
  GetParam().change(wish_, input_, load_);
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, GetParam().state);
  EXPECT_EQ(d.progress.reason, GetParam().reason);
  EXPECT_TRUE(d.assign.empty());
  EXPECT_TRUE(d.throttle.empty());
  EXPECT_FALSE(d.under_way);
  EXPECT_FALSE(d.memory.begun);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusalTest,
    testing::Values(
        RefusalCase{"older_generation", [](auto& w, auto&, auto&) { w.desired_generation = 6; }, State::kRefused,
                    "STALE_GENERATION"},
        RefusalCase{"expired", [](auto&, auto& in, auto&) { in.expired = true; }, State::kRefused, "EXPIRED"},
        RefusalCase{"throttle_too_low",
                    [](auto&, auto&, auto& load) {
                      load.received[{"t", 2}] = 2e6;
                    },
                    State::kRefused, "THROTTLE_TOO_LOW"},
        RefusalCase{"cancelled_before", [](auto& w, auto&, auto&) { w.intent = Intent::kCancel; }, State::kCancelled,
                    "CANCELLED"},
        RefusalCase{"newer_generation", [](auto& w, auto&, auto&) { w.desired_generation = 8; }, State::kRunning,
                    "GENERATION_AHEAD"},
        RefusalCase{"paused_plan", [](auto& w, auto&, auto&) { w.intent = Intent::kPause; }, State::kPaused, "PAUSED"},
        RefusalCase{"paused_cluster", [](auto&, auto& in, auto&) { in.paused = true; }, State::kPaused,
                    "CLUSTER_PAUSED"},
        RefusalCase{"a_roll", [](auto&, auto& in, auto&) { in.busy = "a node is rolled"; }, State::kRunning,
                    "OTHER_WORK_FIRST"},
        RefusalCase{"a_dead_node",
                    [](auto&, auto& in, auto&) {
                      in.live = {1, 3, 4};
                      in.not_ready = {2};
                    },
                    State::kRunning, "NODE_NOT_READY"},
        RefusalCase{"a_dead_target",
                    [](auto&, auto& in, auto&) {
                      in.live = {1, 2, 3};
                      in.not_ready = {4};
                    },
                    State::kRunning, "NODE_NOT_READY"},
        RefusalCase{"no_health", [](auto&, auto& in, auto&) { in.health = nullptr; }, State::kRunning,
                    "HEALTH_UNKNOWN"},
        RefusalCase{"old_health", [](auto&, auto& in, auto&) { in.now += absl::Seconds(16); }, State::kRunning,
                    "HEALTH_UNKNOWN"},
        RefusalCase{"no_load", [](auto&, auto& in, auto&) { in.load = nullptr; }, State::kRunning, "LOAD_UNKNOWN"},
        RefusalCase{"old_load", [](auto&, auto&, auto& load) { load.sampled_at -= absl::Seconds(16); }, State::kRunning,
                    "LOAD_UNKNOWN"},
        RefusalCase{"full_disk",
                    [](auto&, auto& in, auto&) { const_cast<KafkaHealth*>(in.health)->disk_used_fraction[4] = 0.9495; },
                    State::kRunning, "DISK_FULL"}),
    [](const auto& info) { return info.param.name; });

TEST_F(RebalanceMachineTest, ARefusalStandsUntilTheDocumentIsSaidAnew) {
  load_.received[{"t", 0}] = 5e6;
  EXPECT_EQ(Round().progress.state, State::kRefused);
  load_.received.clear();
  EXPECT_EQ(Round().progress.state, State::kRefused);
  wish_.generation = 6;
  wish_.throttle_bytes_per_second = 20'000'000;
  EXPECT_EQ(Round().assign.size(), 2u);
}

TEST_F(RebalanceMachineTest, ADeadNodeIsRepairedAwayFrom) {
  input_.live = {1, 2, 4};
  input_.not_ready = {3};
  Partition(0).in_sync = {1, 2};
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.assign.size(), 2u) << "both leave broker 3";
  EXPECT_FALSE(d.throttle.brokers.contains(3)) << "a dead broker's configuration cannot be set";
}

TEST_F(RebalanceMachineTest, ADeadNodeHoldsTheNextBatchBackButNotWhatMoves) {
  wish_.batches[1] = {Move(2, {1, 2, 3}, {4, 1, 2})};
  Round();
  input_.live = {1, 3, 4};
  input_.not_ready = {2};
  Arrive(0);
  Arrive(1);
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.memory.batches_done, 1);
  EXPECT_TRUE(d.assign.empty());
  EXPECT_EQ(d.progress.reason, "NODE_NOT_READY");
  EXPECT_FALSE(health_.broker_settings[1].leader_rate) << "and meanwhile nothing is throttled";
  EXPECT_TRUE(d.under_way);
}

TEST_F(RebalanceMachineTest, APauseLetsWhatMovesEndAndBeginsNothing) {
  Round();
  wish_.intent = Intent::kPause;
  ++wish_.generation;
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kPaused);
  EXPECT_TRUE(AnyThrottle());
  EXPECT_TRUE(d.cancel.empty());
  EXPECT_TRUE(d.under_way);
  Arrive(0);
  Arrive(1);
  d = Round();
  EXPECT_EQ(d.progress.state, State::kPaused);
  EXPECT_FALSE(AnyThrottle());
  EXPECT_TRUE(d.assign.empty());
  EXPECT_FALSE(d.under_way) << "a roll may go first now";
  wish_.intent = Intent::kRun;
  ++wish_.generation;
  EXPECT_EQ(Round().assign.size(), 1u);
}

TEST_F(RebalanceMachineTest, ChangesOfLeadersAloneAreHeldBackAsCopiesAre) {
  wish_.batches = {{Move(0, {1, 2, 3}, {2, 1, 3}, 0)}, {Move(1, {1, 2, 3}, {2, 1, 3}, 0)}};
  for (int i = 0; i < 3; ++i) Round();
  EXPECT_EQ(Partition(0).leader, 2);
  Partition(1) = At(1, {1, 2, 3});
  input_.memory.batches_done = 1;
  input_.busy = "a node is rolled";
  RebalanceDecision d = Round();
  EXPECT_TRUE(d.assign.empty() && d.elect.empty());
  EXPECT_EQ(d.progress.reason, "OTHER_WORK_FIRST");
  input_.busy = "";
  wish_.intent = Intent::kPause;
  ++wish_.generation;
  d = Round();
  EXPECT_TRUE(d.assign.empty() && d.elect.empty());
  EXPECT_EQ(d.progress.state, State::kPaused);
  wish_.intent = Intent::kRun;
  ++wish_.generation;
  for (int i = 0; i < 2; ++i) Round();
  EXPECT_EQ(Round().progress.state, State::kDone);
  EXPECT_EQ(Partition(1).leader, 2);
}

TEST_F(RebalanceMachineTest, ACancelPutsBackWhatMovesAndLiftsTheThrottleAfterwards) {
  Round();
  Arrive(0);
  wish_.intent = Intent::kCancel;
  ++wish_.generation;
  RebalanceDecision d = DecideRebalance({}, input_);
  EXPECT_EQ(d.cancel, (std::vector<PartitionId>{{"t", 1}}));
  EXPECT_EQ(d.progress.state, State::kCancelling);
  EXPECT_TRUE(d.throttle.brokers.empty());
  Round();
  d = Round();
  EXPECT_EQ(d.progress.state, State::kCancelled);
  EXPECT_EQ(d.progress.moves_done, 1) << "what had arrived stays";
  EXPECT_EQ(Partition(1).replicas, (Ids{1, 2, 3}));
  EXPECT_FALSE(AnyThrottle());
  EXPECT_FALSE(Round().under_way);
}

TEST_F(RebalanceMachineTest, AnotherGenerationEndsItOnceNothingMoves) {
  Round();
  input_.desired_generation = 8;
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kRunning);
  EXPECT_EQ(d.progress.reason, "STALE_GENERATION");
  Arrive(0);
  Arrive(1);
  d = Round();
  EXPECT_EQ(d.progress.state, State::kFailed);
  EXPECT_EQ(d.progress.reason, "STALE_GENERATION");
  EXPECT_EQ(d.progress.moves_done, 2);
  EXPECT_FALSE(AnyThrottle());
}

TEST_F(RebalanceMachineTest, WithoutAPlanALeftThrottleGoesAsSoonAsNothingMoves) {
  Round();
  input_.wish = nullptr;
  RebalanceDecision d = Round();
  EXPECT_TRUE(AnyThrottle()) << "two copies still need it";
  EXPECT_EQ(d.progress.state, State::kNone);
  EXPECT_TRUE(d.under_way);
  Arrive(0);
  Round();
  EXPECT_TRUE(AnyThrottle());
  Arrive(1);
  Round();
  EXPECT_FALSE(AnyThrottle());
  EXPECT_EQ(Round().memory, RebalanceMemory());
}

TEST_F(RebalanceMachineTest, AnothersMoveIsWaitedForAndItsThrottleStays) {
  health_.throttled_topics["other"] = {"*", "*"};
  Assign(Partition(3), {1, 2, 4});
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.reason, "FOREIGN_MOVE");
  EXPECT_TRUE(d.assign.empty());
  EXPECT_TRUE(AnyThrottle());
  Arrive(3);
  d = Round();
  EXPECT_EQ(d.assign.size(), 2u);
  EXPECT_FALSE(health_.throttled_topics.contains("other"));
}

TEST_F(RebalanceMachineTest, AsManyAtOnceAsThePaceAllows) {
  wish_.batches = {{}};
  wish_.batches_total = 1;
  health_.partitions->clear();
  for (int32_t i = 0; i < 20; ++i) {
    health_.partitions->push_back(At(i, {1, 2, 3}));
    wish_.batches[0].push_back(Move(i, {1, 2, 3}, {1, 2, 4}));
  }
  Round();
  EXPECT_EQ(Moving(), 3);
  Arrive(0);
  Round();
  EXPECT_EQ(Moving(), 3) << "the next one takes its place";
  input_.now = health_.sampled_at = load_.sampled_at = kNow + absl::Seconds(10);
  load_.stress[2] = {.idle = 0.1};
  Round();
  for (int32_t i = 1; i < 4; ++i) Arrive(i);
  Round();
  EXPECT_EQ(Moving(), 1) << "a broker is stressed";
}

TEST_F(RebalanceMachineTest, CopiesThatCouldNotCatchUpTogetherGoOneAfterTheOther) {
  load_.received[{"t", 0}] = load_.received[{"t", 1}] = 1.5e6;
  Round();
  EXPECT_EQ(Moving(), 1);
  Arrive(0);
  Round();
  EXPECT_EQ(Moving(), 1);
  EXPECT_TRUE(Partition(1).reassigning);
}

TEST_F(RebalanceMachineTest, AThrottleThatBecameTooLowIsSaidWhileItMoves) {
  Round();
  load_.received[{"t", 0}] = 3e6;
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.state, State::kRunning);
  EXPECT_EQ(d.progress.reason, "THROTTLE_TOO_LOW");
  EXPECT_TRUE(AnyThrottle());
}

TEST_F(RebalanceMachineTest, TheNextWindowIsAwaitedAndGoneOnWith) {
  wish_.batches.pop_back();
  Round();
  Arrive(0);
  Arrive(1);
  RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.reason, "NEXT_BATCHES_AWAITED");
  EXPECT_EQ(d.progress.batches_done, 1);
  EXPECT_FALSE(AnyThrottle());
  ++wish_.generation;
  wish_.first_batch = 1;
  wish_.batches = {{Move(2, {1, 2, 3}, {4, 2, 3})}};
  d = Round();
  EXPECT_EQ(d.assign.size(), 1u);
  Arrive(2);
  Partition(2).leader = 4;
  d = Round();
  EXPECT_EQ(d.progress.state, State::kDone);
  EXPECT_EQ(d.progress.moves_done, 3) << "since it began";
}

TEST_F(RebalanceMachineTest, AnotherRebalanceCountsFromItsOwnBeginning) {
  Round();
  Arrive(0);
  Arrive(1);
  Round();
  Arrive(2);
  Partition(2).leader = 4;
  EXPECT_EQ(Round().progress.state, State::kDone);
  wish_.rebalance = "reb-2";
  wish_.generation = 9;
  wish_.batches_total = 1;
  wish_.batches = {{Move(3, {1, 2, 3}, {1, 2, 4})}};
  const RebalanceDecision d = Round();
  EXPECT_EQ(d.progress.moves_done, 0);
  EXPECT_EQ(d.assign.size(), 1u);
}

TEST_F(RebalanceMachineTest, OurOwnRateIsTakenWhereThePlanNamesNone) {
  wish_.throttle_bytes_per_second = 0;
  input_.link = 40'000'000;
  Round();
  EXPECT_EQ(health_.broker_settings[4].follower_rate, 10'000'000);
}

}  // namespace
}  // namespace sluice::op
