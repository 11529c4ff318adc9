// The loop and the calls on fakes: a data plane that takes plans, dies, and comes back.
#include <gtest/gtest.h>

#include <algorithm>

#include "libs/base/error.h"
#include "services/balancer-planner/app/balance_loop.h"
#include "services/balancer-planner/app/rebalance_commands.h"
#include "services/balancer-planner/core/testing/clusters.h"
#include "services/balancer-planner/ports/fake_rebalance_store.h"

namespace sluice::balancer_planner {
namespace {

using testing::Cluster;
using testing::EvenCluster;
using Carried = SeenRebalance::State;

const ClusterKey kKey{"local", "pkc-1"};

class BalanceTest : public ::testing::Test {
 protected:
  BalanceTest()
      : clock_(testing::kNow),
        ids_(clock_, random_),
        planning_(2, clock_, metrics_),
        loops_("test", metrics_, clock_) {}

  BalancePorts Ports() { return {store_, board_, planning_, clock_, ids_, metrics_}; }
  RebalanceCommands Commands() { return {Ports(), options_}; }

  // The satellite's word of `cluster_`, now.
  void Hear() {
    cluster_.SetTime(clock_.Now());
    board_.PutStatus(cluster_.status);
    board_.PutLoad("local", cluster_.load, 1, 1);
  }

  void Step(absl::Duration later = absl::Seconds(6)) {
    clock_.Advance(later);
    Hear();
    if (loop_ == nullptr) loop_ = std::make_unique<BalanceLoop>(Ports(), options_, loops_);
    const absl::Status status = loop_->Step();
    EXPECT_TRUE(status.ok()) << status;
  }

  // What the data plane says of the open rebalance, as if it had carried `batches` out.
  void Carry(Carried state, int32_t batches_done) {
    const Rebalance open = Only();
    cluster_.status.rebalance = SeenRebalance{.rebalance = open.uid,
                                              .observed_generation = open.said.generation,
                                              .state = state,
                                              .batches_done = batches_done};
  }

  Rebalance Only() {
    const auto all = store_.List({.cluster = kKey});
    EXPECT_EQ(all->size(), 1u);
    return all->front();
  }

  Rebalance Newest() { return store_.List({.cluster = kKey})->front(); }

  clock::FakeClock clock_;
  clock::SeededRandom random_{7};
  clock::RandomIdSource ids_;
  metrics::Registry metrics_;
  Planning planning_;
  FakeRebalanceStore store_;
  ClusterBoard board_;
  metrics::LoopBoard loops_;
  BalanceOptions options_;
  Cluster cluster_ = EvenCluster(3, 30);
  std::unique_ptr<BalanceLoop> loop_;
};

TEST_F(BalanceTest, ABalancedClusterIsLeftAlone) {
  Step();
  EXPECT_TRUE(store_.changes().empty());
  EXPECT_EQ(board_.VerdictOf(kKey), "it is balanced");
}

TEST_F(BalanceTest, NewBrokersAreFilledUntilItIsDone) {
  cluster_.Add(4);
  Step();
  const Rebalance begun = Only();
  EXPECT_EQ(begun.stage, RebalanceStage::kApproved);
  EXPECT_EQ(begun.mode, planner::Mode::kFill);
  EXPECT_EQ(begun.cause, Cause::kNewBroker);
  EXPECT_EQ(begun.reasons, std::vector<std::string>{"broker 4 is new"});
  EXPECT_EQ(begun.physical_cluster_generation, 7);
  EXPECT_EQ(store_.changes().back().transition.say, Say::kDocument);
  EXPECT_EQ(begun.said.batches, begun.plan.batches);
  Step();
  EXPECT_EQ(store_.changes().size(), 1u) << "one at a time";
  Carry(Carried::kRunning, 0);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kRunning);
  Carry(Carried::kDone, begun.plan.batches);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kDone);
  EXPECT_EQ(store_.changes().back().transition.say, Say::kTombstone);
}

TEST_F(BalanceTest, WithManualApprovalItOnlyProposes) {
  options_.approves_itself = false;
  cluster_.Add(4);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kProposed);
  EXPECT_EQ(store_.changes().back().transition.say, Say::kNothing);
  const auto approved = Commands().Change({.principal = "apiKeys/ak-1"}, kKey, Only().uid, Call::kApprove, "");
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->stage, RebalanceStage::kApproved);
  EXPECT_EQ(approved->approved_by, "apiKeys/ak-1");
  EXPECT_EQ(store_.changes().back().transition.say, Say::kDocument);
  EXPECT_GT(approved->said.batches, 0);
}

TEST_F(BalanceTest, ASecondBalancerDoesNothingTwice) {
  cluster_.Add(4);
  Step();
  BalanceLoop other(Ports(), options_, loops_);
  EXPECT_TRUE(other.Step().ok());
  EXPECT_EQ(store_.changes().size(), 1u);
}

TEST_F(BalanceTest, ABalancerThatWasKilledGoesOn) {
  cluster_.Add(4);
  Step();
  Carry(Carried::kRunning, 0);
  Step();
  // Another process: it knows the store, and hears what the topics hold.
  loop_.reset();
  board_.ForgetDataPlane("local");
  Carry(Carried::kDone, Only().plan.batches);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kDone);
}

TEST_F(BalanceTest, AChangedWishEndsAPlanThatHasNotBegun) {
  cluster_.Add(4);
  Step();
  cluster_.status.generation = 8;
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kExpired);
  EXPECT_EQ(Only().reason, "GENERATION_CHANGED");
  Step(absl::Minutes(3));
  EXPECT_EQ(Newest().stage, RebalanceStage::kApproved) << "and another one is made for what it is now";
  EXPECT_EQ(Newest().physical_cluster_generation, 8);
}

TEST_F(BalanceTest, WhatCannotBeDoneIsSaidAndNotTriedAgainAtOnce) {
  cluster_.Broker(3).leaving = true;
  Step();
  EXPECT_TRUE(store_.changes().empty());
  EXPECT_NE(board_.VerdictOf(kKey).find("broker 3 leaves: Nothing can be done"), std::string::npos)
      << board_.VerdictOf(kKey);
}

TEST_F(BalanceTest, AClusterWithoutFreshLoadIsNotPlannedFor) {
  cluster_.Add(4);
  Hear();
  clock_.Advance(absl::Minutes(2));
  loop_ = std::make_unique<BalanceLoop>(Ports(), options_, loops_);
  EXPECT_TRUE(loop_->Step().ok());
  EXPECT_TRUE(store_.changes().empty());
  EXPECT_NE(board_.VerdictOf(kKey).find("is not known"), std::string::npos) << board_.VerdictOf(kKey);
}

TEST_F(BalanceTest, WithoutItsStoreItTriesAgain) {
  cluster_.Add(4);
  store_.SetStatus(absl::UnavailableError("away"));
  clock_.Advance(absl::Seconds(6));
  Hear();
  loop_ = std::make_unique<BalanceLoop>(Ports(), options_, loops_);
  EXPECT_FALSE(loop_->Step().ok());
  store_.SetStatus(absl::OkStatus());
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kApproved);
}

TEST_F(BalanceTest, TwoFailuresInARowMakeItRest) {
  cluster_.Broker(3).leaving = true;
  cluster_.Add(4);
  Step();
  Carry(Carried::kFailed, 0);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kFailed);
  cluster_.status.rebalance.reset();
  Step(absl::Minutes(3));
  EXPECT_EQ(Newest().stage, RebalanceStage::kFailed) << "it rests for four minutes";
  Step(absl::Minutes(2));
  EXPECT_EQ(Newest().stage, RebalanceStage::kApproved);
}

TEST_F(BalanceTest, APreviewKeepsNothing) {
  for (int32_t p = 0; p < 12; ++p) cluster_.Put("skewed", p, {1});
  Hear();
  const auto planned = Commands().Preview({.principal = "apiKeys/ak-1"}, kKey, {});
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_GT(planned->rebalance.plan.moves, 0);
  EXPECT_EQ(planned->rebalance.uid, "");
  EXPECT_FALSE(planned->batches.empty());
  EXPECT_TRUE(store_.changes().empty());
}

TEST_F(BalanceTest, AStartIsAnsweredOnceHoweverOftenItIsAsked) {
  for (int32_t p = 0; p < 12; ++p) cluster_.Put("skewed", p, {1});
  Hear();
  const CallContext context{.principal = "apiKeys/ak-1", .remembered = RememberedCall{"apiKeys/ak-1", "id-1", "hash"}};
  const auto first = Commands().Start(context, kKey, {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->stage, RebalanceStage::kApproved);
  EXPECT_EQ(Commands().Start(context, kKey, {})->uid, first->uid);
  EXPECT_EQ(ErrorReason(Commands().Start({.principal = "apiKeys/ak-1"}, kKey, {}).status()), "REBALANCE_OPEN");
}

TEST_F(BalanceTest, AfterARebalanceNothingIsPlannedFromWhatWasSeenBefore) {
  for (int32_t p = 0; p < 12; ++p) cluster_.Put("skewed", p, {1});
  Hear();
  const auto first = Commands().Start({.principal = "p"}, kKey, {.require_approval = true});
  ASSERT_TRUE(first.ok()) << first.status();
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(Commands().Change({.principal = "p"}, kKey, first->uid, Call::kCancel, "").ok());
  ASSERT_FALSE(IsOpen(Only().stage));
  const absl::Status early = Commands().Preview({}, kKey, {}).status();
  EXPECT_EQ(ErrorReason(early), "LOAD_UNKNOWN") << early;
  EXPECT_NE(early.message().find("since its last rebalance ended"), std::string::npos) << early;
  clock_.Advance(absl::Seconds(1));
  Hear();
  EXPECT_TRUE(Commands().Preview({}, kKey, {}).ok());
}

TEST_F(BalanceTest, CallsThatCannotBeAnsweredSayWhy) {
  Hear();
  EXPECT_EQ(ErrorReason(Commands().Start({.principal = "p"}, kKey, {}).status()), "NOTHING_TO_MOVE");
  EXPECT_EQ(ErrorReason(Commands().Preview({}, kKey, {.window = 2}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Commands().Preview({}, kKey, {.throttle_bytes_per_second = -1}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Commands().Preview({}, {"local", "pkc-9"}, {}).status()), "LOAD_UNKNOWN");
  EXPECT_EQ(ErrorReason(Commands().Get(kKey, "reb-9").status()), "RESOURCE_NOT_FOUND");
}

TEST_F(BalanceTest, ARebalanceOfAnotherClusterIsNotThere) {
  cluster_.Add(4);
  Step();
  const std::string uid = Only().uid;
  EXPECT_TRUE(Commands().Get(kKey, uid).ok());
  EXPECT_EQ(ErrorReason(Commands().Get({"local", "pkc-2"}, uid).status()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(ErrorReason(Commands().Change({}, {"elsewhere", "pkc-1"}, uid, Call::kCancel, "").status()),
            "RESOURCE_NOT_FOUND");
}

TEST_F(BalanceTest, OneWhoseMovesWereLostFailsWhereMoreWouldHaveToBeSaid) {
  cluster_.Add(4);
  Hear();
  Rebalance rebuilt{.uid = "reb-1", .physical_cluster = kKey.physical_cluster, .data_plane = kKey.data_plane};
  rebuilt.plan.batches = 1;
  rebuilt.physical_cluster_generation = board_.StatusOf(kKey)->generation;
  ASSERT_TRUE(store_.Commit({.transition = Propose(rebuilt, false, {}, clock_.Now())}).ok());
  ASSERT_TRUE(Commands().Change({.principal = "p"}, kKey, "reb-1", Call::kApprove, "").ok());
  EXPECT_EQ(Only().stage, RebalanceStage::kFailed);
  EXPECT_EQ(Only().reason, "PLAN_LOST");
  EXPECT_EQ(Only().version, 2);
}

TEST_F(BalanceTest, PauseResumeAndCancelReachTheDataPlane) {
  cluster_.Add(4);
  Step();
  const std::string uid = Only().uid;
  Carry(Carried::kRunning, 0);
  Step();
  const CallContext context{.principal = "apiKeys/ak-1"};
  int64_t generation = Only().said.generation;
  const std::pair<Call, Wish> calls[] = {
      {Call::kPause, Wish::kPause}, {Call::kResume, Wish::kRun}, {Call::kCancel, Wish::kCancel}};
  for (const auto& [call, wish] : calls) {
    const auto changed = Commands().Change(context, kKey, uid, call, "");
    ASSERT_TRUE(changed.ok()) << changed.status();
    EXPECT_EQ(changed->said.wish, wish);
    EXPECT_GT(changed->said.generation, generation);
    generation = changed->said.generation;
  }
  Carry(Carried::kCancelled, 0);
  Step();
  EXPECT_EQ(Only().stage, RebalanceStage::kCancelled);
}

}  // namespace
}  // namespace sluice::balancer_planner
