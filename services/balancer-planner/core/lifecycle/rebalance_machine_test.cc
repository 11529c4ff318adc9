#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::balancer_planner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const LifecycleOptions kOptions;

Rebalance Proposed() {
  Rebalance proposed{.uid = "reb-1", .physical_cluster = "pkc-1", .data_plane = "local"};
  proposed.plan = {.moves = 40, .bytes = 4000, .batches = 10, .seconds = 100};
  proposed.physical_cluster_generation = 7;
  proposed.proposed_by = "apiKeys/ak-1";
  proposed.said.generation = 5;
  return proposed;
}

// As the app does it with a plan whose batches fit by fours.
Rebalance Said(Transition transition) {
  if (transition.say == Say::kDocument) {
    transition.after.said.batches = std::min(4, transition.after.plan.batches - transition.after.said.first_batch);
  }
  return transition.after;
}

Rebalance Approved() { return Said(Propose(Proposed(), /*approve=*/true, kOptions, kNow)); }

SeenStatus StatusOf(const Rebalance& rebalance, SeenRebalance::State state, int32_t batches_done = 0,
                    absl::Time time = kNow + absl::Seconds(5)) {
  SeenStatus status{
      .physical_cluster = "pkc-1", .data_plane = "local", .time = time, .generation = 7, .state = ClusterState::kUp};
  status.rebalance = SeenRebalance{.rebalance = rebalance.uid,
                                   .observed_generation = rebalance.said.generation,
                                   .state = state,
                                   .batches_done = batches_done,
                                   .moves_done = batches_done * 4,
                                   .bytes_done = batches_done * 400,
                                   .moves_left = 4,
                                   .bytes_left = 400,
                                   .seconds_left = 10};
  return status;
}

using Carried = SeenRebalance::State;

Rebalance Running() {
  const Rebalance approved = Approved();
  const SeenStatus status = StatusOf(approved, Carried::kRunning);
  return Said(*Advance(approved, &status, kOptions, kNow + absl::Seconds(5)));
}

Rebalance Called(Call call, const Rebalance& rebalance) {
  const auto outcome = Apply(call, rebalance, "apiKeys/ak-2", "", kNow + absl::Seconds(6));
  EXPECT_TRUE(outcome.ok() && outcome->has_value()) << outcome.status();
  return Said(**outcome);
}

Rebalance In(RebalanceStage stage) {
  switch (stage) {
    case RebalanceStage::kProposed:
      return Said(Propose(Proposed(), false, kOptions, kNow));
    case RebalanceStage::kApproved:
      return Approved();
    case RebalanceStage::kRunning:
      return Running();
    case RebalanceStage::kPaused:
      return Called(Call::kPause, Running());
    default: {
      Rebalance ended = Running();
      ended.stage = stage;
      return ended;
    }
  }
}

TEST(Propose, WaitsForApprovalOrIsSaidAtOnce) {
  const Transition waits = Propose(Proposed(), false, kOptions, kNow);
  EXPECT_EQ(waits.after.stage, RebalanceStage::kProposed);
  EXPECT_EQ(waits.say, Say::kNothing);
  EXPECT_EQ(waits.after.version, 1);
  EXPECT_EQ(waits.after.expire_time, kNow + absl::Minutes(15));
  EXPECT_EQ(waits.after.progress.bytes_left, 4000);
  const Transition said = Propose(Proposed(), true, kOptions, kNow);
  EXPECT_EQ(said.after.stage, RebalanceStage::kApproved);
  EXPECT_EQ(said.say, Say::kDocument);
  EXPECT_EQ(said.after.said.generation, absl::ToUnixMillis(kNow)) << "above all that was said before";
  EXPECT_EQ(said.after.approved_by, "apiKeys/ak-1");
}

TEST(Propose, GenerationsGrowAlsoWhereTheClockWentBack) {
  Rebalance proposed = Proposed();
  proposed.said.generation = absl::ToUnixMillis(kNow) + 1000;
  EXPECT_EQ(Propose(proposed, true, kOptions, kNow).after.said.generation, proposed.said.generation + 1);
}

struct Asked {
  Call call;
  RebalanceStage stage;
  std::string outcome;  // the next state, "same", or the reason of the refusal
};

class Calls : public ::testing::TestWithParam<Asked> {};

TEST_P(Calls, AreAllowedByState) {
  const Rebalance before = In(GetParam().stage);
  const auto outcome = Apply(GetParam().call, before, "apiKeys/ak-2", "", kNow + absl::Seconds(7));
  if (!outcome.ok()) {
    EXPECT_EQ(ErrorReason(outcome.status()), GetParam().outcome);
    return;
  }
  if (!outcome->has_value()) {
    EXPECT_EQ("same", GetParam().outcome);
    return;
  }
  EXPECT_EQ(std::string(Name((*outcome)->after.stage)) + ((*outcome)->after.cancelling ? " cancelling" : ""),
            GetParam().outcome);
  EXPECT_EQ((*outcome)->after.version, before.version + 1);
  if ((*outcome)->say == Say::kDocument) {
    EXPECT_GT((*outcome)->after.said.generation, before.said.generation);
  }
}

constexpr char kConflict[] = "REBALANCE_STATE_CONFLICT";
using S = RebalanceStage;
INSTANTIATE_TEST_SUITE_P(
    Table, Calls,
    ::testing::Values(Asked{Call::kApprove, S::kProposed, "APPROVED"}, Asked{Call::kApprove, S::kApproved, "same"},
                      Asked{Call::kApprove, S::kRunning, "same"}, Asked{Call::kApprove, S::kPaused, kConflict},
                      Asked{Call::kApprove, S::kDone, kConflict}, Asked{Call::kApprove, S::kExpired, kConflict},
                      Asked{Call::kPause, S::kProposed, kConflict}, Asked{Call::kPause, S::kApproved, "PAUSED"},
                      Asked{Call::kPause, S::kRunning, "PAUSED"}, Asked{Call::kPause, S::kPaused, "same"},
                      Asked{Call::kPause, S::kFailed, kConflict}, Asked{Call::kResume, S::kProposed, kConflict},
                      Asked{Call::kResume, S::kRunning, "same"}, Asked{Call::kResume, S::kPaused, "RUNNING"},
                      Asked{Call::kResume, S::kCancelled, kConflict}, Asked{Call::kCancel, S::kProposed, "CANCELLED"},
                      Asked{Call::kCancel, S::kApproved, "APPROVED cancelling"},
                      Asked{Call::kCancel, S::kRunning, "RUNNING cancelling"},
                      Asked{Call::kCancel, S::kPaused, "PAUSED cancelling"},
                      Asked{Call::kCancel, S::kCancelled, "same"}, Asked{Call::kCancel, S::kDone, kConflict}));

TEST(Apply, AnOldEtagIsRefused) {
  const Rebalance rebalance = Running();
  EXPECT_EQ(ErrorReason(Apply(Call::kPause, rebalance, "p", "reb-1-1", kNow).status()), "ETAG_MISMATCH");
  EXPECT_TRUE(Apply(Call::kPause, rebalance, "p", EtagOf(rebalance), kNow).ok());
}

TEST(Apply, WhatIsBeingCancelledIsNeitherPausedNorResumed) {
  const Rebalance cancelling = Called(Call::kCancel, Running());
  EXPECT_EQ(cancelling.said.wish, Wish::kCancel);
  EXPECT_FALSE(Apply(Call::kPause, cancelling, "p", "", kNow).ok());
  EXPECT_FALSE(Apply(Call::kCancel, cancelling, "p", "", kNow)->has_value()) << "asked for already";
}

TEST(Advance, BeginsWhenTheDataPlaneDoes) {
  const Rebalance running = Running();
  EXPECT_EQ(running.stage, RebalanceStage::kRunning);
  EXPECT_EQ(running.start_time, kNow + absl::Seconds(5));
  EXPECT_EQ(running.progress.bytes_left, 4000);
  EXPECT_DOUBLE_EQ(running.progress.seconds_left, 10 + 3600 * 100.0 / 4000) << "the batch as seen, the rest as planned";
}

struct Ending {
  Carried carried;
  bool cancelling;
  RebalanceStage stage;
};

class Endings : public ::testing::TestWithParam<Ending> {};

TEST_P(Endings, AreTheDataPlanesWord) {
  const Rebalance before = GetParam().cancelling ? Called(Call::kCancel, Running()) : Running();
  const SeenStatus status = StatusOf(before, GetParam().carried, 10, kNow + absl::Minutes(1));
  const auto end = Advance(before, &status, kOptions, kNow + absl::Minutes(1));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->after.stage, GetParam().stage);
  EXPECT_EQ(end->say, Say::kTombstone);
  EXPECT_GT(end->after.said.generation, before.said.generation) << "a tombstone is newer than what it ends";
  EXPECT_EQ(end->after.end_time, kNow + absl::Minutes(1));
  EXPECT_EQ(end->after.progress.moves_done, 40);
  EXPECT_FALSE(end->after.reason.empty());
  EXPECT_FALSE(Advance(end->after, &status, kOptions, kNow + absl::Minutes(2)).has_value()) << "an end is an end";
}

INSTANTIATE_TEST_SUITE_P(Table, Endings,
                         ::testing::Values(Ending{Carried::kDone, false, RebalanceStage::kDone},
                                           Ending{Carried::kDone, true, RebalanceStage::kDone},
                                           Ending{Carried::kCancelled, true, RebalanceStage::kCancelled},
                                           Ending{Carried::kRefused, true, RebalanceStage::kCancelled},
                                           Ending{Carried::kRefused, false, RebalanceStage::kFailed},
                                           Ending{Carried::kFailed, false, RebalanceStage::kFailed}));

TEST(Advance, APlanThatWasGoodWhenItWasMadeHasNotFailed) {
  for (const char* reason : {"STALE_GENERATION", "EXPIRED"}) {
    const Rebalance approved = Approved();
    SeenStatus status = StatusOf(approved, Carried::kRefused);
    status.rebalance->reason = reason;
    const auto end = Advance(approved, &status, kOptions, kNow + absl::Seconds(6));
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->after.stage, RebalanceStage::kExpired);
    EXPECT_EQ(end->after.reason, reason);
  }
}

TEST(Advance, AnotherRebalancesEndIsNoneOfThisOne) {
  const Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kDone, 10);
  status.rebalance->rebalance = "reb-0";
  const auto step = Advance(running, &status, kOptions, kNow + absl::Seconds(6));
  EXPECT_TRUE(!step || step->after.stage == RebalanceStage::kRunning);
}

TEST(Advance, TheWindowMovesOnWhenHalfOfItIsDone) {
  Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kRunning, 1, kNow + absl::Seconds(10));
  auto step = Advance(running, &status, kOptions, kNow + absl::Seconds(10));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->say, Say::kNothing);
  running = Said(*step);
  status = StatusOf(running, Carried::kRunning, 2, kNow + absl::Seconds(11));
  step = Advance(running, &status, kOptions, kNow + absl::Seconds(11));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->say, Say::kDocument);
  EXPECT_EQ(step->cause, "window");
  EXPECT_EQ(step->after.said.first_batch, 2);
  running = Said(*step);
  EXPECT_EQ(running.said.batches, 4);
  // The last part is said once.
  status = StatusOf(running, Carried::kRunning, 6, kNow + absl::Seconds(20));
  running = Said(*Advance(running, &status, kOptions, kNow + absl::Seconds(20)));
  EXPECT_EQ(running.said.first_batch, 6);
  status = StatusOf(running, Carried::kRunning, 9, kNow + absl::Seconds(30));
  step = Advance(running, &status, kOptions, kNow + absl::Seconds(30));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->say, Say::kNothing);
}

TEST(Advance, ProgressIsToldNowAndThen) {
  const Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kRunning, 0, kNow + absl::Seconds(6));
  status.rebalance->bytes_done = 10;
  EXPECT_FALSE(Advance(running, &status, kOptions, kNow + absl::Seconds(6)).has_value());
  status.time = kNow + absl::Seconds(7);
  EXPECT_TRUE(Advance(running, &status, kOptions, kNow + absl::Seconds(7)).has_value());
}

TEST(Advance, WhatIsNotTakenIsSaidAgainLessAndLessOften) {
  Rebalance approved = Approved();
  EXPECT_FALSE(Advance(approved, nullptr, kOptions, kNow + absl::Seconds(29)).has_value());
  auto step = Advance(approved, nullptr, kOptions, kNow + absl::Seconds(30));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->cause, "repeated");
  EXPECT_GT(step->after.said.generation, approved.said.generation);
  approved = Said(*step);
  EXPECT_FALSE(Advance(approved, nullptr, kOptions, kNow + absl::Seconds(80)).has_value());
  EXPECT_TRUE(Advance(approved, nullptr, kOptions, kNow + absl::Seconds(90)).has_value());
  // Once it is taken, nothing is repeated.
  const SeenStatus status = StatusOf(approved, Carried::kRunning, 0, kNow + absl::Seconds(40));
  const Rebalance running = Said(*Advance(approved, &status, kOptions, kNow + absl::Seconds(40)));
  EXPECT_EQ(running.said.repeats, 0);
  EXPECT_FALSE(Advance(running, &status, kOptions, kNow + absl::Hours(1)).has_value());
}

TEST(Advance, ExpiresWhatNobodyApprovedOrBegan) {
  const Rebalance proposed = In(RebalanceStage::kProposed);
  EXPECT_FALSE(Advance(proposed, nullptr, kOptions, kNow + absl::Minutes(14)).has_value());
  const auto late = Advance(proposed, nullptr, kOptions, kNow + absl::Minutes(15));
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->after.stage, RebalanceStage::kExpired);
  EXPECT_EQ(late->say, Say::kNothing) << "the data plane never heard of it";
  const auto not_begun = Advance(Approved(), nullptr, kOptions, kNow + absl::Minutes(16));
  ASSERT_TRUE(not_begun.has_value());
  EXPECT_EQ(not_begun->after.stage, RebalanceStage::kExpired);
  EXPECT_EQ(not_begun->say, Say::kTombstone);
  const auto running = Advance(Running(), nullptr, kOptions, kNow + absl::Minutes(16));
  EXPECT_TRUE(!running || running->after.stage == RebalanceStage::kRunning);
}

TEST(Advance, APlanForAnOlderGenerationIsNeverBegun) {
  SeenStatus status = StatusOf(Approved(), Carried::kRunning);
  status.rebalance.reset();
  status.generation = 8;
  for (const RebalanceStage stage : {RebalanceStage::kProposed, RebalanceStage::kApproved}) {
    const auto step = Advance(In(stage), &status, kOptions, kNow + absl::Seconds(6));
    ASSERT_TRUE(step.has_value());
    EXPECT_EQ(step->after.stage, RebalanceStage::kExpired);
    EXPECT_EQ(step->after.reason, "GENERATION_CHANGED");
  }
}

TEST(Advance, OneUnderWayIsGivenTimeToSayHowItEnded) {
  Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kRunning, 0, kNow + absl::Seconds(6));
  status.generation = 8;
  running = Said(*Advance(running, &status, kOptions, kNow + absl::Seconds(6)));
  EXPECT_EQ(running.stage, RebalanceStage::kRunning);
  EXPECT_EQ(running.obsolete_since, kNow + absl::Seconds(6));
  EXPECT_FALSE(Advance(running, &status, kOptions, kNow + absl::Seconds(60)).has_value());
  const auto end = Advance(running, &status, kOptions, kNow + absl::Seconds(66));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->after.stage, RebalanceStage::kFailed);
  EXPECT_EQ(end->after.reason, "GENERATION_CHANGED");
  EXPECT_EQ(end->say, Say::kTombstone);
}

TEST(Advance, GoesWithItsCluster) {
  const Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kRunning);
  status.state = ClusterState::kDeleting;
  const auto end = Advance(running, &status, kOptions, kNow + absl::Seconds(6));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->after.stage, RebalanceStage::kCancelled);
  EXPECT_EQ(end->after.reason, "CLUSTER_DELETED");
}

TEST(Advance, TellsWhatItWaitsFor) {
  const Rebalance running = Running();
  SeenStatus status = StatusOf(running, Carried::kRunning, 0, kNow + absl::Seconds(6));
  status.rebalance->reason = "REPAIR_FIRST";
  status.rebalance->message = "broker 2 is being restarted";
  const auto step = Advance(running, &status, kOptions, kNow + absl::Seconds(6));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->after.reason, "REPAIR_FIRST");
  EXPECT_EQ(step->after.message, "broker 2 is being restarted");
}

}  // namespace
}  // namespace sluice::balancer_planner
