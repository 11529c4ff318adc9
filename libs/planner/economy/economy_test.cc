// What a plan does with less: each test writes the moves of a search by hand, and what is left of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/planner/economy/chain_shortener.h"
#include "libs/planner/economy/exposure_balancer.h"
#include "libs/planner/economy/move_lightener.h"
#include "libs/planner/economy/topic_spreader.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using testing::SnapshotFacts;

class EconomyTest : public ::testing::Test {
 protected:
  // Brokers 1 to `brokers` of a rack each, with ten replicas of 100 MB each.
  void Make(int brokers) {
    facts_.topics = {{"t"}, {"crowded"}};
    for (int id = 1; id <= brokers; ++id) {
      facts_.brokers.push_back({.id = id, .rack = std::to_string(id), .capacity = {4000, 4000, 4000, 400}});
      for (int i = 0; i < 10; ++i) Add(id, 100);
    }
  }
  // Returns the replica's slot.
  uint32_t Add(int32_t broker, double mb, int32_t topic = 0) {
    facts_.partitions.push_back({.topic = topic,
                                 .partition = static_cast<int32_t>(facts_.partitions.size()),
                                 .replicas = {broker},
                                 .leader_load = {mb, 1, 1, 0.1},
                                 .follower_load = {mb, 1, 0, 0.1}});
    return facts_.partitions.size() - 1;
  }
  void Start(double window) {
    absl::StatusOr<Snapshot> built = facts_.Build();
    ASSERT_TRUE(built.ok()) << built.status();
    snapshot_ = std::make_unique<Snapshot>(*std::move(built));
    state_ = std::make_unique<ClusterState>(*snapshot_);
    goal_ = std::make_unique<BalanceGoal>(*state_, window);
  }
  void Move(uint32_t slot, int32_t broker, Reason::Kind why = Reason::kTooMuch) {
    reasons_.copies[slot] = {.kind = why};
    state_->Move(slot, broker - 1);
  }
  uint32_t FollowerOf(uint32_t partition) const { return state_->FirstSlot(partition) + 1; }
  int32_t BrokerOf(uint32_t slot) const { return state_->BrokerOf(slot) + 1; }

  SnapshotFacts facts_;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<ClusterState> state_;
  std::unique_ptr<BalanceGoal> goal_;
  WorkBudget budget_{1'000'000};
  ReasonLog reasons_;
};

TEST_F(EconomyTest, TwoMovesByWayOfABrokerBecomeOne) {
  Make(3);
  const uint32_t first = Add(1, 101), second = Add(2, 100);
  Start(0.1);
  Move(first, 2);
  Move(second, 3);
  ChainShortener(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(first), 3);
  EXPECT_EQ(BrokerOf(second), 2);
}

TEST_F(EconomyTest, OfUnlikeLoadsBothMovesAreKept) {
  Make(3);
  const uint32_t first = Add(1, 900), second = Add(2, 100);
  Start(0.1);
  Move(first, 2);
  Move(second, 3);
  ChainShortener(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(first), 2) << "the third broker would have 1,900 of 1,333 MB";
  EXPECT_EQ(BrokerOf(second), 3);
}

TEST_F(EconomyTest, WhatHadToLeaveForTheRackRuleStaysAway) {
  Make(3);
  const uint32_t first = Add(1, 100), second = Add(2, 100);
  Start(0.1);
  Move(first, 2);
  Move(second, 3, Reason::kRackRule);
  ChainShortener(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(first), 2);
  EXPECT_EQ(BrokerOf(second), 3);
}

TEST_F(EconomyTest, ALighterReplicaGoesWhereItIsEnough) {
  Make(2);
  const uint32_t heavy = Add(1, 180), light = Add(1, 60);
  Start(
      0.1);  // 1,008 to 1,231 MB are even: with the heavy one moved 1,060 and 1,180, with the light one 1,180 and 1,060
  Move(heavy, 2);
  MoveLightener(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(heavy), 1);
  EXPECT_EQ(BrokerOf(light), 2);
  EXPECT_EQ(reasons_.copies[light].kind, Reason::kTooMuch) << "the reason of the one in whose place it goes";
}

TEST_F(EconomyTest, WhatIsReadMuchGoesWhereLittleIsRead) {
  Make(4);
  uint32_t read[2], unread[2];
  for (uint32_t& slot : read) slot = Add(1, 100), facts_.partitions[slot].leader_load[kNetworkOut] = 20;
  for (uint32_t& slot : unread) slot = Add(2, 100);
  // None of them is led where it goes, so what is sent now stays as it is.
  for (uint32_t slot = read[0]; slot < facts_.partitions.size(); ++slot) {
    facts_.partitions[slot].replicas.push_back(facts_.partitions[slot].replicas[0] == 1 ? 2 : 1);
    std::swap(facts_.partitions[slot].replicas[0], facts_.partitions[slot].replicas[1]);
  }
  Start(0.1);
  for (uint32_t p : {read[0], read[1]}) Move(FollowerOf(p), 3);
  for (uint32_t p : {unread[0], unread[1]}) Move(FollowerOf(p), 4);
  ExposureBalancer(*state_, *goal_, budget_, reasons_).Run();
  const int there = (BrokerOf(FollowerOf(read[0])) == 3) + (BrokerOf(FollowerOf(read[1])) == 3);
  EXPECT_EQ(there, 1) << "each of the two brokers has one that is read";
  EXPECT_EQ(state_->On(2).size(), 12U);
  EXPECT_EQ(state_->On(3).size(), 12U);
}

TEST_F(EconomyTest, TheHeavyOneGoesWhereTheLightOneIsNotEnough) {
  Make(2);
  const uint32_t heavy = Add(1, 400), light = Add(1, 60);
  Start(0.1);  // around 1,230 MB: the first broker would keep 1,400
  Move(heavy, 2);
  MoveLightener(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(heavy), 2);
  EXPECT_EQ(BrokerOf(light), 1);
}

// Six of the topic on three brokers: two a broker and a little, which is four, are not too many.
class CrowdedTopicTest : public EconomyTest {
 protected:
  static constexpr int32_t kCrowded = 1;
  void Crowd(int32_t broker, int replicas) {
    for (int i = 0; i < replicas; ++i) crowd_.push_back(Add(broker, 100, kCrowded));
  }
  int OfTheTopicOn(int32_t broker) const {
    return std::count_if(crowd_.begin(), crowd_.end(), [&](uint32_t slot) { return BrokerOf(slot) == broker; });
  }
  std::vector<uint32_t> crowd_;
};

TEST_F(CrowdedTopicTest, AReplicaOfAnotherTopicComesInPlaceOfOneTooMany) {
  Make(3);
  Crowd(2, 4);
  Crowd(1, 2);
  Start(0.1);
  Move(crowd_.back(), 2);
  TopicSpreader(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(OfTheTopicOn(2), 4);
  EXPECT_EQ(BrokerOf(crowd_.back()), 1);
  EXPECT_EQ(state_->On(1).size(), 15U) << "as many as it was to have";
}

TEST_F(CrowdedTopicTest, OneTooManyGoesInPlaceOfAnotherThatWouldHave) {
  Make(3);
  Crowd(1, 5);
  Crowd(2, 1);
  const uint32_t other = Add(1, 100);
  Start(0.1);
  Move(other, 3);
  TopicSpreader(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(other), 1);
  EXPECT_EQ(OfTheTopicOn(1), 4);
  EXPECT_EQ(OfTheTopicOn(3), 1);
}

TEST_F(CrowdedTopicTest, OneWhoseBrokerIsGoneChangesDestinationWithAnother) {
  Make(4);
  Crowd(4, 1);
  Crowd(2, 4);
  const uint32_t other = Add(4, 100);
  facts_.brokers.back().state = BrokerState::kDead;
  Start(0.1);
  Move(crowd_.front(), 2, Reason::kBrokerDead);
  Move(other, 3, Reason::kBrokerDead);
  TopicSpreader(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(crowd_.front()), 3);
  EXPECT_EQ(BrokerOf(other), 2);
}

TEST_F(CrowdedTopicTest, MoreBytesAreNotMovedForATopicsSake) {
  Make(3);
  Crowd(1, 5);
  Crowd(2, 1);
  const uint32_t other = Add(1, 90);
  Start(0.1);
  Move(other, 3);
  TopicSpreader(*state_, *goal_, budget_, reasons_).Run();
  EXPECT_EQ(BrokerOf(other), 3);
  EXPECT_EQ(OfTheTopicOn(1), 5);
}

}  // namespace
}  // namespace sluice::planner
