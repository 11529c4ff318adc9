// A broker gave a replica of 100 MB away; may another go in its place?

#include "libs/planner/economy/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "libs/planner/economy/moved.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::SnapshotFacts;

constexpr double kWindow = 0.2;

// Brokers 1 to 3 of 2,000 MB and a rack each hold ten replicas of 100 MB each, and on the first there are three more.
class ExchangeTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kGone = 30, kAlike = 31, kHeavier = 32;
  ExchangeTest() {
    facts_.topics = {{"t"}};
    for (int id : {1, 2, 3}) {
      facts_.brokers.push_back({.id = id, .rack = std::to_string(id), .capacity = {2000, 2000, 2000, 200}});
      for (int i = 0; i < 10; ++i) Add(id, 100);
    }
    for (double mb : {100, 105, 250}) Add(1, mb);
    absl::StatusOr<Snapshot> built = facts_.Build();
    EXPECT_TRUE(built.ok()) << built.status();
    snapshot_ = *std::move(built);
  }
  void Add(int32_t broker, double mb) {
    facts_.partitions.push_back({.topic = 0,
                                 .partition = static_cast<int32_t>(facts_.partitions.size()),
                                 .replicas = {broker},
                                 .leader_load = {mb, 1, 1, 0.1},
                                 .follower_load = {mb, 1, 0, 0.1}});
  }
  SnapshotFacts facts_;
  Snapshot snapshot_;
};

TEST_F(ExchangeTest, OneOfAboutTheSameLoadMayGo) {
  ClusterState state(snapshot_);
  const BalanceGoal goal(state, kWindow);
  state.Move(kGone, 1);
  const Exchange exchange(state, goal, kGone, 0);
  ASSERT_TRUE(exchange.CostWith(kAlike).has_value());
  ASSERT_TRUE(exchange.IsAllowed(kAlike));
  exchange.Apply(state, kAlike);
  EXPECT_EQ(state.BrokerOf(kGone), 0);
  EXPECT_EQ(state.BrokerOf(kAlike), 1);
}

TEST_F(ExchangeTest, OneThatPutsTheOtherBrokerOutOfItsWindowMayNot) {
  ClusterState state(snapshot_);
  const BalanceGoal goal(state, 0.05);  // around 1,152 MB; the second broker would have 1,250
  state.Move(kGone, 1);
  EXPECT_FALSE(Exchange(state, goal, kGone, 0).CostWith(kHeavier).has_value());
}

TEST_F(ExchangeTest, OneThatPassesALimitMayNot) {
  facts_.limits[kDisk] = 0.61;  // 1,220 MB, where the second broker would have 1,250 and the window lets 1,380 pass
  snapshot_ = *facts_.Build();
  ClusterState state(snapshot_);
  const BalanceGoal goal(state, kWindow);
  state.Move(kGone, 1);
  EXPECT_FALSE(Exchange(state, goal, kGone, 0).CostWith(kHeavier).has_value());
}

TEST_F(ExchangeTest, OneThatIsNoLongerThereMayNot) {
  ClusterState state(snapshot_);
  const BalanceGoal goal(state, kWindow);
  state.Move(kGone, 1);
  state.Move(kAlike, 2);
  EXPECT_FALSE(Exchange(state, goal, kGone, 0).IsAllowed(kAlike));
}

TEST_F(ExchangeTest, WhatLeftForTheRackRuleDoesNotReturn) {
  ClusterState state(snapshot_);
  state.Move(kGone, 1);
  ReasonLog reasons;
  reasons.copies[kAlike] = {.kind = Reason::kTooMuch};  // has not left
  reasons.copies[kGone] = {.kind = Reason::kTooMuch};
  EXPECT_THAT(Departures(state, reasons)[0], ElementsAre(Moved{100, kGone}));
  reasons.copies[kGone] = {.kind = Reason::kRackRule};
  EXPECT_THAT(Departures(state, reasons)[0], IsEmpty());
  EXPECT_THAT(Arrivals(state, reasons)[1], ElementsAre(Moved{100, kGone})) << "it has arrived all the same";
}

TEST(Neighbours, AreTheNextSmallerAndTheNextLarger) {
  const std::vector<Moved> sorted = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};
  auto of = [&](float disk, size_t each_way) {
    const auto found = Neighbours(sorted, {disk, 0}, each_way);
    return std::vector<Moved>(found.begin(), found.end());
  };
  EXPECT_THAT(of(3, 1), ElementsAre(Moved{2, 2}, Moved{3, 3}));
  EXPECT_THAT(of(0, 2), ElementsAre(Moved{1, 1}, Moved{2, 2}));
  EXPECT_THAT(of(9, 2), ElementsAre(Moved{4, 4}, Moved{5, 5}));
  EXPECT_EQ(of(3, 9).size(), 5U);
}

}  // namespace
}  // namespace sluice::planner
