#include "libs/operator/moves/move_pace.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

constexpr Moment At(int seconds) { return absl::Seconds(seconds); }

TEST(MovePaceTest, BeginsSmall) { EXPECT_EQ(NextPace({}, {}, {{1, {.idle = 0.9}}}, At(100)).at_once, 3); }

TEST(MovePaceTest, HalvesWhenOneBrokerIsStressedOncePerSample) {
  Pace pace = {8, At(100)};
  pace = NextPace({}, pace, {{1, {.idle = 0.9}}, {2, {.idle = 0.2}}}, At(108));
  EXPECT_EQ(pace.at_once, 4);
  EXPECT_EQ(NextPace({}, pace, {{1, {.idle = 0.9}}, {2, {.idle = 0.2}}}, At(108)).at_once, 4)
      << "the same sample again";
  for (int i = 1; i < 10; ++i) pace = NextPace({}, pace, {{2, {.idle = 0.0}}}, At(108 + 8 * i));
  EXPECT_EQ(pace.at_once, 1) << "never none";
}

TEST(MovePaceTest, HalvesWhenProduceRequestsAreSlowAtOneBroker) {
  const std::map<int32_t, BrokerStress> slow = {{1, {.idle = 0.9}}, {2, {.idle = 0.9, .produce_local_ms = 1200}}};
  EXPECT_EQ(NextPace({}, {8, At(100)}, slow, At(108)).at_once, 4);
}

TEST(MovePaceTest, RisesSlowlyWhileAllAreCalmAndHasAnEnd) {
  Pace pace = {3, At(100)};
  pace = NextPace({}, pace, {{1, {.idle = 0.9}}}, At(108));
  EXPECT_EQ(pace.at_once, 3);
  pace = NextPace({}, pace, {{1, {.idle = 0.9}}}, At(116));
  EXPECT_EQ(pace.at_once, 4);
  for (int i = 1; i < 100; ++i) pace = NextPace({}, pace, {{1, {.idle = 0.9}}}, At(116 + 15 * i));
  EXPECT_EQ(pace.at_once, 10);
}

TEST(MovePaceTest, BetweenTheThresholdsAndWithoutDataItStays) {
  const Pace pace = {5, At(100)};
  EXPECT_EQ(NextPace({}, pace, {{1, {.idle = 0.4}}}, At(200)), pace);
  EXPECT_EQ(NextPace({}, pace, {{1, {.idle = 0.9, .produce_local_ms = 700}}}, At(200)), pace);
  EXPECT_EQ(NextPace({}, pace, {}, At(200)), pace);
}

}  // namespace
}  // namespace sluice::op
