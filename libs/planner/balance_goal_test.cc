#include "libs/planner/balance_goal.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "libs/planner/cluster_state.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using testing::SnapshotFacts;

constexpr double kWindow = 0.1;

class BalanceGoalTest : public ::testing::Test {
 protected:
  void AddBroker(double disk_mb) {
    const int32_t id = facts_.brokers.size() + 1;
    facts_.brokers.push_back({.id = id, .rack = std::to_string(id), .capacity = {disk_mb, 1000, 1000, 100}});
  }
  void AddReplica(int32_t broker, double mb) {
    facts_.topics = {{"t"}};
    facts_.partitions.push_back({.topic = 0,
                                 .partition = static_cast<int32_t>(facts_.partitions.size()),
                                 .replicas = {broker},
                                 .leader_load = {mb, 1, 1, 0.1},
                                 .follower_load = {mb, 1, 0, 0.1}});
  }
  void Start() {
    absl::StatusOr<Snapshot> built = facts_.Build();
    ASSERT_TRUE(built.ok()) << built.status();
    snapshot_ = std::make_unique<Snapshot>(*std::move(built));
    state_ = std::make_unique<ClusterState>(*snapshot_);
    goal_ = std::make_unique<BalanceGoal>(*state_, kWindow);
  }
  // The middle of a broker's window of disk, relative to its share.
  double Middle(int broker) const { return (goal_->Low(broker, kDiskUse) + goal_->High(broker, kDiskUse)) / 2; }

  SnapshotFacts facts_;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<ClusterState> state_;
  std::unique_ptr<BalanceGoal> goal_;
};

TEST_F(BalanceGoalTest, OfBrokersOfOneSizeTheWindowsStayWhereTheyAre) {
  for (int i = 0; i < 2; ++i) AddBroker(1000);
  for (int i = 0; i < 6; ++i) AddReplica(1, 50);
  AddReplica(2, 50);
  Start();
  EXPECT_DOUBLE_EQ(Middle(0), 1);
  EXPECT_FALSE(goal_->Recenter(*state_));
  EXPECT_DOUBLE_EQ(Middle(0), 1);
}

TEST_F(BalanceGoalTest, OfUnequalBrokersTheWindowsFollowTheMeanOfTheirUses) {
  AddBroker(3000);
  AddBroker(1000);
  for (int i = 0; i < 8; ++i) AddReplica(1, 100);
  for (int i = 0; i < 4; ++i) AddReplica(2, 100);
  Start();
  // Uses of 0.267 and 0.4 of the disk: their mean is a third, and the use of the mean 0.3.
  EXPECT_TRUE(goal_->Recenter(*state_));
  EXPECT_NEAR(Middle(0), 1 / 0.9, 1e-9);
  EXPECT_NEAR(Middle(1), 1 / 0.9, 1e-9);
  EXPECT_FALSE(goal_->Recenter(*state_)) << "nothing has moved since";
}

TEST_F(BalanceGoalTest, WhatIsFarOutsideIsForecastToEndAtTheWindowsEdge) {
  AddBroker(3000);
  AddBroker(1000);
  for (int i = 0; i < 12; ++i) AddReplica(2, 50);
  Start();
  // The large one comes up to the lower edge and the small one down to the upper, so their mean lies about the share.
  EXPECT_GT(Middle(0), 1);
  EXPECT_LT(Middle(0), 1 + kWindow);
}

TEST_F(BalanceGoalTest, AGaugeTellsWhatTheGoalDoes) {
  AddBroker(3000);
  AddBroker(1000);
  for (int i = 0; i < 9; ++i) AddReplica(1 + i % 2, 30 + 7 * i);
  Start();
  for (const double mb : {5.0, 80.0, 400.0}) {
    const LoadVector change = {1, 1, mb, 2, 3, 0.2, 3};
    for (const double sign : {-1.0, 1.0}) {
      const BalanceGoal::Gauge<kReplicas, kDiskUse, kIn, kCpuUse> gauge(*goal_, 1, state_->Load(1));
      const double cost = goal_->CostWith<kReplicas, kDiskUse, kIn, kCpuUse>(1, state_->Load(1), change, sign);
      EXPECT_NEAR(gauge.CostWith(change, sign), cost, 1e-12 + cost * 1e-9) << mb << " MB, " << sign;
    }
  }
}

TEST_F(BalanceGoalTest, WhatFillsALimitToTheLastByteIsOverIt) {
  for (int i = 0; i < 2; ++i) AddBroker(1000);
  AddReplica(1, 700);
  AddReplica(2, 100);
  Start();
  const LoadVector fills = {1, 0, 100, 0, 0, 0, 0}, fits = {1, 0, 99.9, 0, 0, 0, 0};
  EXPECT_TRUE(goal_->OverLimit(0, state_->Load(0), fills)) << "summed in another order it may be a little more";
  EXPECT_FALSE(goal_->OverLimit(0, state_->Load(0), fits));
}

}  // namespace
}  // namespace sluice::planner
