#include "libs/bus/inbox/retry_schedule.h"

#include <gtest/gtest.h>

namespace sluice::bus {
namespace {

const KeyOfTopic kKey = {"t", "k"};
const absl::Duration kNow = absl::Seconds(100);

RetrySchedule Schedule() { return RetrySchedule({absl::Seconds(1), absl::Seconds(6)}); }

TEST(RetryScheduleTest, WaitsByItsAttempts) {
  RetrySchedule schedule = Schedule();
  EXPECT_EQ(schedule.max_attempts(), 3);
  schedule.Refresh({{kKey, 1, 0}}, kNow);
  EXPECT_TRUE(schedule.TakeDue(kNow).empty());
  EXPECT_EQ(schedule.NextDue(), kNow + absl::Seconds(1));
  EXPECT_EQ(schedule.TakeDue(kNow + absl::Seconds(1)), std::vector<KeyOfTopic>{kKey});
  schedule.Failed(kKey, 2, kNow + absl::Seconds(1));
  schedule.Refresh({{kKey, 2, 0}}, kNow + absl::Seconds(2));
  EXPECT_EQ(schedule.NextDue(), kNow + absl::Seconds(7));
}

TEST(RetryScheduleTest, AReleaseIsDueAtOnce) {
  RetrySchedule schedule = Schedule();
  schedule.Refresh({{kKey, 2, 0}}, kNow);
  schedule.Refresh({{kKey, 0, 1}}, kNow);
  EXPECT_EQ(schedule.TakeDue(kNow), std::vector<KeyOfTopic>{kKey});
}

TEST(RetryScheduleTest, WhatIsGoneIsForgotten) {
  RetrySchedule schedule = Schedule();
  schedule.Refresh({{kKey, 1, 0}}, kNow);
  schedule.Refresh({}, kNow);
  EXPECT_EQ(schedule.NextDue(), absl::InfiniteDuration());
}

TEST(RetryScheduleTest, TakenButNotFailedComesAgainLater) {
  RetrySchedule schedule = Schedule();
  schedule.Refresh({{kKey, 0, 0}}, kNow);
  EXPECT_EQ(schedule.TakeDue(kNow).size(), 1u);
  EXPECT_TRUE(schedule.TakeDue(kNow).empty());
  EXPECT_EQ(schedule.TakeDue(kNow + absl::Seconds(3)).size(), 1u);
}

}  // namespace
}  // namespace sluice::bus
