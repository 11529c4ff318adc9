#include "libs/planner/search/search.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "libs/planner/balance_goal.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/search/best_search.h"
#include "libs/planner/search/least_bytes.h"
#include "libs/planner/search/work_budget.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using testing::SnapshotFacts;

class SearchTest : public ::testing::Test {
 protected:
  void AddBroker(const std::string& rack, BrokerState state = BrokerState::kAlive, double disk_mb = 10'000) {
    const int32_t id = facts_.brokers.size() + 1;
    facts_.brokers.push_back({.id = id, .rack = rack, .capacity = {disk_mb, 1e5, 1e5, 1000}, .state = state});
  }
  void Add(std::vector<int32_t> replicas, double mb) {
    facts_.topics = {{"t"}};
    facts_.partitions.push_back({.topic = 0,
                                 .partition = static_cast<int32_t>(facts_.partitions.size()),
                                 .replicas = std::move(replicas),
                                 .leader_load = {mb, 1, 2, 0.1},
                                 .follower_load = {mb, 1, 0, 0.1}});
  }
  void Build() {
    absl::StatusOr<Snapshot> built = facts_.Build();
    ASSERT_TRUE(built.ok()) << built.status();
    snapshot_ = std::make_unique<Snapshot>(*std::move(built));
  }
  // 1,200 replicas on six brokers of three racks; the first two have more than their share.
  void BuildUneven() {
    for (int i = 0; i < 6; ++i) AddBroker(std::to_string(i % 3));
    for (int i = 0; i < 600; ++i) {
      const int32_t first = 1 + i % (i % 2 == 0 ? 2 : 6);
      Add({first, first % 6 + 1}, 1 + (i * 7919) % 23);
    }
    Build();
  }
  double LeastMb(double window) const {
    const ClusterState state(*snapshot_);
    return LeastBytesMb(state, BalanceGoal(state, window));
  }

  SnapshotFacts facts_;
  std::unique_ptr<Snapshot> snapshot_;
  WorkBudget budget_{100'000'000};
};

TEST(WorkBudgetTest, WhatIsKeptBackIsNeitherSpentNorLost) {
  WorkBudget budget(100);
  budget.Spend(10);
  budget.KeepBackAllBut(30);
  EXPECT_EQ(budget.used(), 10);
  budget.Spend(31);
  EXPECT_TRUE(budget.spent());
  budget.GiveBack();
  EXPECT_EQ(budget.left(), 59);
  EXPECT_EQ(budget.used(), 41);
  budget.KeepBackAllBut(1000);
  EXPECT_EQ(budget.left(), 59) << "there is no more to give";
}

TEST_F(SearchTest, WhatIsOnALeavingBrokerMustLeave) {
  for (int i = 0; i < 3; ++i) AddBroker(std::to_string(i));
  AddBroker("3", BrokerState::kLeaving);
  for (int32_t broker = 1; broker <= 4; ++broker) Add({broker}, 300);
  Build();
  EXPECT_DOUBLE_EQ(LeastMb(0.5), 300);
}

TEST_F(SearchTest, AnEmptyBrokersShareMustCome) {
  for (int i = 0; i < 4; ++i) AddBroker(std::to_string(i));
  for (int32_t broker = 1; broker <= 3; ++broker) {
    for (int i = 0; i < 10; ++i) Add({broker}, 40);
  }
  Build();
  // 300 MB are its share; a search aims at 95 % of the window.
  EXPECT_DOUBLE_EQ(LeastMb(0.1), 300 * (1 - 0.095));
}

// Two racks, two replicas of each partition: what one rack has too much of cannot go to the other.
TEST_F(SearchTest, WhereRacksAreFixedEachHasToEvenOutByItself) {
  for (const char* rack : {"a", "a", "b", "b"}) AddBroker(rack);
  for (int i = 0; i < 10; ++i) Add({1, 3}, 40);
  for (int i = 0; i < 20; ++i) Add({2, 4}, 40);
  Build();
  // Brokers 2 and 4 have 800 of a mean of 600 MB.
  EXPECT_DOUBLE_EQ(LeastMb(0.1), 2 * (800 - 600 * 1.095));
}

TEST_F(SearchTest, AnotherSamplingIsAnotherSearch) {
  BuildUneven();
  const PlanOptions options{.window = 0.03};
  Search first(*snapshot_, options, budget_), other(*snapshot_, options, budget_, {.push = 30, .pull = 10, .turn = 3});
  first.Run();
  other.Run();
  EXPECT_EQ(first.outcome().brokers_outside, 0);
  EXPECT_GT(first.outcome().bytes_mb, 0);
  EXPECT_NE(first.outcome().bytes_mb, other.outcome().bytes_mb);
}

TEST_F(SearchTest, TheBestOfAFewIsNoWorseThanTheFirst) {
  BuildUneven();
  ASSERT_GE(snapshot_->replicas.size(), 1000U) << "of smaller clusters there is one try";
  const PlanOptions options{.window = 0.03};
  Search first(*snapshot_, options, budget_);
  first.Run();
  EXPECT_LE(BestSearch(*snapshot_, options, budget_)->outcome(), first.outcome());
}

}  // namespace
}  // namespace sluice::planner
