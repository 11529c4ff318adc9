#include <gtest/gtest.h>

#include "libs/planner/testing/simulated_cluster.h"

// The full test, which is this one under another name, looks at more.
#ifndef CLOSED_LOOP_SEEDS
#define CLOSED_LOOP_SEEDS 2000
#endif

namespace sluice::planner {
namespace {

constexpr int kStormTicks = 12;
constexpr int kMostCalmTicks = 150;
// Twice what the worst of 2,000 seeds needs.
constexpr int kMostPlansInCalm = 12;

TEST(ClosedLoop, ComesToRestWithoutSwingingAndKeepsEveryLimitOnTheWay) {
  int plans = 0;
  for (int seed = 1; seed <= CLOSED_LOOP_SEEDS; ++seed) {
    testing::SimulatedCluster cluster(seed);
    cluster.Run(kStormTicks, kMostCalmTicks);
    ASSERT_EQ(cluster.broken(), "") << "seed " << seed;
    ASSERT_TRUE(cluster.at_rest()) << "seed " << seed << ": " << cluster.moves_in_calm() << " moves and no end";
    ASSERT_LE(cluster.plans_in_calm(), kMostPlansInCalm) << "seed " << seed;
    plans += cluster.plans_in_calm();
  }
  EXPECT_GT(plans, CLOSED_LOOP_SEEDS / 2) << "the changes must leave something to do";
}

}  // namespace
}  // namespace sluice::planner
