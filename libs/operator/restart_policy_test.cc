#include "libs/operator/restart_policy.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

const RestartPolicy kPolicy;

TEST(RestartPolicyTest, TheFirstCrashIsRestartedNearlyAtOnce) {
  EXPECT_EQ(RestartDelay(kPolicy, 1, 0.0), kPolicy.first);
  EXPECT_EQ(RestartDelay(kPolicy, 1, 1.0), kPolicy.first);
}

TEST(RestartPolicyTest, EachFurtherCrashWaitsLongerUpToTheCap) {
  absl::Duration before;
  for (int crashes = 1; crashes <= 40; ++crashes) {
    const absl::Duration delay = RestartDelay(kPolicy, crashes, 1.0);
    EXPECT_GE(delay, before) << crashes;
    EXPECT_LE(delay, kPolicy.longest) << crashes;
    before = delay;
  }
  EXPECT_EQ(before, kPolicy.longest);
}

TEST(RestartPolicyTest, JitterTakesAwayAtMostHalf) {
  EXPECT_EQ(RestartDelay(kPolicy, 2, 0.0), kPolicy.second / 2);
  EXPECT_EQ(RestartDelay(kPolicy, 2, 1.0), kPolicy.second);
  EXPECT_EQ(RestartDelay(kPolicy, 100, -3.0), kPolicy.longest / 2);
  EXPECT_EQ(RestartDelay(kPolicy, 100, 7.0), kPolicy.longest);
}

TEST(RestartPolicyTest, AStableTimeForgetsEarlierCrashes) {
  EXPECT_EQ(CrashesInARow(kPolicy, 5, kPolicy.stable - absl::Seconds(1)), 6);
  EXPECT_EQ(CrashesInARow(kPolicy, 5, kPolicy.stable), 1);
  EXPECT_EQ(CrashesInARow(kPolicy, 0, absl::ZeroDuration()), 1);
}

}  // namespace
}  // namespace sluice::op
