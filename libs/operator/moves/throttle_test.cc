#include "libs/operator/moves/throttle.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

const MoveWish kMove = {{"orders", 3}, {1, 2}, {4, 2}, 10'000'000};

std::vector<MoveSight> Moving(const MoveWish& wish) { return {{.wish = &wish, .state = MoveState::kMoving}}; }

TEST(ThrottleTest, OnlyTheMovingReplicasAndTheLiveBrokersOfThem) {
  const Throttle throttle = ThrottleFor(Moving(kMove), 1000, {1, 3, 4});
  EXPECT_EQ(throttle.topics.at("orders"), (TopicThrottle{"3:1,3:2", "3:4"}));
  EXPECT_EQ(throttle.topics.size(), 1u);
  EXPECT_EQ(throttle.brokers, (std::map<int32_t, std::optional<int64_t>>{{1, 1000}, {4, 1000}}))
      << "2 is dead, 3 has nothing to do with it";
}

TEST(ThrottleTest, AnotherLeaderIsNoCopy) {
  const MoveWish leader = {{"orders", 3}, {1, 2}, {2, 1}, 0};
  EXPECT_TRUE(ThrottleFor(Moving(leader), 1000, {1, 2}).empty());
}

TEST(ThrottleTest, WhatIsInForceIsNotSetAgain) {
  const Throttle wanted = ThrottleFor(Moving(kMove), 1000, {1, 2, 4});
  KafkaHealth seen;
  EXPECT_EQ(ThrottleChange(wanted, seen, {1, 2, 4}, false).brokers.size(), 3u) << "what is not known is set";
  for (int32_t broker : {1, 2, 4}) seen.broker_settings[broker] = {1000, 1000, false};
  seen.throttled_topics["orders"] = wanted.topics.at("orders");
  EXPECT_TRUE(ThrottleChange(wanted, seen, {1, 2, 4}, false).empty());
  seen.broker_settings[2].follower_rate = 5;
  seen.throttled_topics["orders"].follower = "*";
  const Throttle change = ThrottleChange(wanted, seen, {1, 2, 4}, false);
  EXPECT_EQ(change.brokers, (std::map<int32_t, std::optional<int64_t>>{{2, 1000}}));
  EXPECT_EQ(change.topics.at("orders"), wanted.topics.at("orders"));
}

TEST(ThrottleTest, WhatNobodyNeedsGoesButNotWhileSomethingElseMoves) {
  KafkaHealth seen;
  seen.broker_settings[1] = {1000, std::nullopt, false};
  seen.broker_settings[2] = {std::nullopt, std::nullopt, true};
  seen.throttled_topics["old"] = {"0:1", ""};
  const Throttle change = ThrottleChange({}, seen, {1, 2}, false);
  EXPECT_EQ(change.brokers, (std::map<int32_t, std::optional<int64_t>>{{1, std::nullopt}}));
  EXPECT_EQ(change.topics, (std::map<std::string, TopicThrottle>{{"old", {}}}));
  EXPECT_TRUE(ThrottleChange({}, seen, {1, 2}, true).empty());
  EXPECT_TRUE(ThrottleChange({}, seen, {2}, false).brokers.empty()) << "a dead broker cannot be told";
}

TEST(ThrottleTest, TooLowIsSaidWithWhatItNeeds) {
  const std::map<PartitionId, double> received = {{{"orders", 3}, 1e6}};
  const auto why = WhyTooLow({}, Moving(kMove), 1'000'000, received);
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(
      *why,
      "orders-3 receives 1.00 MB/s, a copy at 1.00 MB/s would never catch up; it needs more than 1.10 MB/s, and at "
      "2.00 MB/s it would take 10s");
  EXPECT_FALSE(WhyTooLow({}, Moving(kMove), 1'200'000, received).has_value());
  EXPECT_FALSE(WhyTooLow({}, Moving(kMove), 1, {}).has_value()) << "nothing is written";
  const MoveWish leader = {{"orders", 3}, {1, 2}, {2, 1}, 0};
  EXPECT_FALSE(WhyTooLow({}, Moving(leader), 1, received).has_value()) << "nothing is copied";
}

TEST(ThrottleTest, OurOwnRateFollowsTheLinkAndWhatIsReceived) {
  EXPECT_EQ(OwnThrottle({}, 100'000'000, 0), 25'000'000);
  EXPECT_EQ(OwnThrottle({}, 100'000'000, 20e6), 40'000'000) << "twice what it receives";
  EXPECT_EQ(OwnThrottle({}, 100'000'000, 90e6), 80'000'000) << "never all of the link";
  EXPECT_EQ(OwnThrottle({}, 0, 0), int64_t{50} << 20);
}

}  // namespace
}  // namespace sluice::op
