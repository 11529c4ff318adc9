// Each scenario is a sentence; the cluster is written out so that the plan can be checked by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/planner/planner.h"
#include "libs/planner/step_checker.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::SnapshotFacts;

// Brokers 1, 2, ... of 1,000 MB, in the racks given, one letter each.
SnapshotFacts BrokersIn(const std::string& racks) {
  SnapshotFacts facts;
  for (size_t i = 0; i < racks.size(); ++i) {
    facts.brokers.push_back(
        {.id = static_cast<int32_t>(i) + 1, .rack = racks.substr(i, 1), .capacity = {1000, 1000, 1000, 100}});
  }
  facts.topics = {{"t"}};
  return facts;
}

void Add(SnapshotFacts& facts, std::vector<int32_t> replicas, double disk) {
  facts.partitions.push_back({.topic = 0,
                              .partition = static_cast<int32_t>(facts.partitions.size()),
                              .replicas = std::move(replicas),
                              .leader_load = {disk, 1, 1, 0.1},
                              .follower_load = {disk, 1, 0, 0.1}});
}

// "t-0 to 3 2: dead" for every step, in order.
std::vector<std::string> Steps(const Snapshot& snapshot, const Plan& plan) {
  constexpr const char* kWhy[] = {"evenness", "dead", "leaving", "racks", "limit", "too much", "too little", "log dir"};
  std::vector<std::string> steps;
  auto id = [&](std::string* out, uint16_t b) { absl::StrAppend(out, snapshot.brokers[b].id); };
  for (const Batch& batch : plan.batches) {
    for (const Step& step : batch.steps) {
      std::string text =
          absl::StrCat("t-", snapshot.number_of[step.partition], " to ", absl::StrJoin(step.replicas, " ", id));
      if (!step.moving_within.empty()) absl::StrAppend(&text, " in dirs ", absl::StrJoin(step.log_dirs, " "));
      steps.push_back(absl::StrCat(text, ": ", kWhy[step.reason.kind]));
    }
  }
  return steps;
}

struct Planned {
  Snapshot snapshot;
  Plan plan;
  std::vector<std::string> steps;
};

Planned PlanOf(const SnapshotFacts& facts, const PlanOptions& options) {
  absl::StatusOr<Snapshot> snapshot = facts.Build();
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  absl::StatusOr<Plan> plan = MakePlan(*snapshot, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  const StepViolations found = CheckSteps(*snapshot, plan->batches, plan->throttle_kbps);
  EXPECT_EQ(found.total(), 0) << found.first;
  std::vector<std::string> steps = Steps(*snapshot, *plan);
  return {*std::move(snapshot), *std::move(plan), std::move(steps)};
}

TEST(Scenario, ADeadBrokersReplicaIsCopiedToTheOneThatIsLeft) {
  SnapshotFacts facts = BrokersIn("abc");
  facts.brokers[0].state = BrokerState::kDead;
  Add(facts, {2, 1}, 10);
  EXPECT_THAT(PlanOf(facts, {.mode = Mode::kRepair}).steps, ElementsAre("t-0 to 2 3: dead"));
}

TEST(Scenario, WithAsManyReplicasAsBrokersADeadOnesStayWhereTheyAreAndThePlanSaysWhy) {
  SnapshotFacts facts = BrokersIn("abc");
  facts.brokers[0].state = BrokerState::kDead;
  Add(facts, {1, 2, 3}, 10);
  const Planned planned = PlanOf(facts, {});
  EXPECT_THAT(planned.steps, IsEmpty());
  ASSERT_EQ(planned.plan.unresolved.size(), 1u);
  EXPECT_EQ(planned.plan.unresolved[0].constraint, Constraint::kNoBroker);
}

TEST(Scenario, APartitionWhoseOnlyReplicaDiedHasNothingToCopyFrom) {
  SnapshotFacts facts = BrokersIn("abc");
  facts.brokers[0].state = BrokerState::kDead;
  Add(facts, {1}, 10);
  const Planned planned = PlanOf(facts, {.mode = Mode::kRepair});
  EXPECT_THAT(planned.steps, IsEmpty());
  ASSERT_EQ(planned.plan.unresolved.size(), 1u);
  EXPECT_EQ(planned.plan.unresolved[0].constraint, Constraint::kNoSource);
}

TEST(Scenario, ALeavingBrokersOnlyReplicaGoesToTheOtherRack) {
  SnapshotFacts facts = BrokersIn("ab");
  facts.brokers[0].state = BrokerState::kLeaving;
  Add(facts, {1}, 10);
  EXPECT_THAT(PlanOf(facts, {.mode = Mode::kEmpty}).steps, ElementsAre("t-0 to 2: leaving"));
}

TEST(Scenario, WhatALeavingBrokerGivesAwayIsLedEvenlyAndNothingElseIsTouched) {
  SnapshotFacts facts = BrokersIn("abcd");
  facts.brokers[3].state = BrokerState::kLeaving;
  for (int i = 0; i < 6; ++i) Add(facts, {1, 2, 4}, 10);
  for (int i = 0; i < 3; ++i) Add(facts, {1, 2, 3}, 10);
  const Planned planned = PlanOf(facts, {.mode = Mode::kEmpty});
  ASSERT_EQ(planned.steps.size(), 6u);
  std::map<int, int> leads = {{0, 3}};
  for (const Batch& batch : planned.plan.batches) {
    for (const Step& step : batch.steps) ++leads[step.replicas[0]];
  }
  EXPECT_THAT(leads, ElementsAre(Pair(0, 3), Pair(1, 3), Pair(2, 3))) << "three each";
}

TEST(Scenario, TwoReplicasInOneRackAreSpreadOverTwo) {
  SnapshotFacts facts = BrokersIn("aab");
  Add(facts, {1, 2}, 10);
  const Planned planned = PlanOf(facts, {.mode = Mode::kRepair});
  ASSERT_EQ(planned.steps.size(), 1u);
  EXPECT_THAT(planned.steps[0], ::testing::AnyOf("t-0 to 1 3: racks", "t-0 to 2 3: racks", "t-0 to 3 2: racks"));
}

TEST(Scenario, ACordonedBrokerGetsNothingThoughItIsTheEmptiest) {
  SnapshotFacts facts = BrokersIn("abc");
  facts.brokers[1].excluded = true;
  facts.brokers[0].state = BrokerState::kLeaving;
  Add(facts, {1}, 10);
  EXPECT_THAT(PlanOf(facts, {.mode = Mode::kEmpty}).steps, ElementsAre("t-0 to 3: leaving"));
}

TEST(Scenario, AnExcludedTopicIsNotEvenedOut) {
  SnapshotFacts facts = BrokersIn("ab");
  facts.topics[0].excluded = true;
  for (int p = 0; p < 8; ++p) Add(facts, {1}, 10);
  EXPECT_THAT(PlanOf(facts, {}).steps, IsEmpty());
}

TEST(Scenario, ReplicationFactorOneIsEvenedOutToo) {
  SnapshotFacts facts = BrokersIn("ab");
  for (int p = 0; p < 8; ++p) Add(facts, {1}, 10);
  EXPECT_EQ(PlanOf(facts, {}).plan.replica_moves, 4);
}

TEST(Scenario, OnlyTheNewBrokerIsFilled) {
  SnapshotFacts facts = BrokersIn("aab");
  facts.brokers[2].state = BrokerState::kNew;
  for (int p = 0; p < 8; ++p) Add(facts, {1}, 10);
  for (int p = 0; p < 4; ++p) Add(facts, {2}, 10);
  const Planned planned = PlanOf(facts, {.mode = Mode::kFill});
  EXPECT_EQ(planned.plan.replica_moves, 4);
  EXPECT_EQ(planned.plan.loads_after[2][kReplicas], 4);
  EXPECT_LE(planned.plan.loads_after[1][kReplicas], 4);
}

TEST(Scenario, LeadersThatWaitForAReplicaOutOfSyncStay) {
  SnapshotFacts facts = BrokersIn("ab");
  for (int p = 0; p < 8; ++p) {
    Add(facts, {1, 2}, 10);
    facts.partitions.back().replica_facts = {{.in_sync = true}, {.in_sync = false}};
  }
  EXPECT_THAT(PlanOf(facts, {}).steps, IsEmpty());
  for (PartitionFacts& partition : facts.partitions) partition.replica_facts.clear();
  EXPECT_EQ(PlanOf(facts, {}).plan.leader_changes, 4) << "in sync, half of them go";
}

TEST(Scenario, AFullLogDirIsRelievedOnItsOwnBrokerWithoutTheNetwork) {
  SnapshotFacts facts = BrokersIn("ab");
  facts.brokers[0].capacity[kDisk] = 0;
  facts.brokers[0].log_dirs = {{"/data/0", 500}, {"/data/1", 500}};
  for (int p = 0; p < 9; ++p) {
    Add(facts, {1}, 50);  // 450 of 500 MB, where 400 is the limit
    facts.partitions.back().replica_facts = {{.log_dir = 0}};
  }
  const Planned planned = PlanOf(facts, {.mode = Mode::kRelieve});
  ASSERT_EQ(planned.steps.size(), 2u);
  EXPECT_THAT(planned.steps[0], ::testing::EndsWith("to 1 in dirs 1: log dir"));
  EXPECT_EQ(planned.plan.log_dir_moves, 2);
  EXPECT_EQ(planned.plan.replica_moves, 0);
}

TEST(Scenario, WhatIsReservedForMovesInFlightIsNotGivenAwayTwice) {
  SnapshotFacts facts = BrokersIn("abc");
  facts.brokers[0].state = BrokerState::kLeaving;
  facts.brokers[1].reserved[kDisk] = 795;
  Add(facts, {1}, 10);
  EXPECT_THAT(PlanOf(facts, {.mode = Mode::kEmpty}).steps, ElementsAre("t-0 to 3: leaving"));
}

TEST(Scenario, ADiskThatNobodyCanRelieveIsNamed) {
  SnapshotFacts facts = BrokersIn("ab");
  Add(facts, {1}, 900);
  Add(facts, {2}, 700);
  const Planned planned = PlanOf(facts, {.mode = Mode::kRelieve});
  EXPECT_THAT(planned.steps, IsEmpty());
  ASSERT_EQ(planned.plan.unmet.size(), 1u);
  EXPECT_EQ(planned.plan.unmet[0].broker, 0);
  EXPECT_EQ(planned.plan.unmet[0].dimension, kDiskUse);
  EXPECT_TRUE(planned.plan.unmet[0].over_limit);
}

TEST(Scenario, NothingStartsInsideTheStartWindowThoughTheWindowIsNarrower) {
  SnapshotFacts facts = BrokersIn("ab");
  for (int p = 0; p < 26; ++p) Add(facts, {1}, 10);
  for (int p = 0; p < 24; ++p) Add(facts, {2}, 10);
  EXPECT_THAT(PlanOf(facts, {.window = 0.03}).steps, IsEmpty()) << "4 % starts nothing";
  EXPECT_EQ(PlanOf(facts, {.window = 0.03, .start_window = 0.03}).plan.replica_moves, 1);
}

}  // namespace
}  // namespace sluice::planner
