#include "libs/clock/clock.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "libs/clock/backoff.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"

namespace sluice::clock {
namespace {

TEST(ClockTest, FakeMovesOnlyWhenTold) {
  FakeClock clock;
  const absl::Time wall = clock.Now();
  const absl::Duration steady = clock.MonotonicNow();
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(clock.Now() - wall, absl::Seconds(3));
  EXPECT_EQ(clock.MonotonicNow() - steady, absl::Seconds(3));
}

TEST(ClockTest, WallJumpsBackAndMonotonicDoesNot) {
  FakeClock clock;
  const absl::Duration steady = clock.MonotonicNow();
  clock.SetWall(clock.Now() - absl::Hours(1));
  EXPECT_EQ(clock.MonotonicNow(), steady);
}

TEST(ClockTest, RealMonotonicNeverGoesBack) {
  absl::Duration last = RealClock().MonotonicNow();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration now = RealClock().MonotonicNow();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(RandomTest, SameSeedSameIds) {
  FakeClock clock;
  SeededRandom a(7), b(7), c(8);
  RandomIdSource ids_a(clock, a), ids_b(clock, b), ids_c(clock, c);
  const std::string id = ids_a.NewUuid();
  EXPECT_EQ(id, ids_b.NewUuid());
  EXPECT_NE(id, ids_c.NewUuid());
}

TEST(RandomTest, Uuid7CarriesVersionAndSortsByTime) {
  SeededRandom random(1);
  const absl::Time now = absl::FromUnixMillis(0x0123456789ab);
  const std::string id = NewUuid7(random, now);
  EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_LT(id, NewUuid7(random, now + absl::Milliseconds(1)));
  EXPECT_EQ(NewUuid4(random)[14], '4');
}

TEST(RandomTest, BelowStaysBelowAndReachesAll) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.Below(5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
}

TEST(RandomTest, CryptoSuffixesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(NewSuffix(CryptoRandom(), 10));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(BackOffTest, GrowsToItsCeilingAndNeverBelowHalfTheFirst) {
  SeededRandom random(3);
  BackOff backoff(random, absl::Milliseconds(100), absl::Seconds(2));
  absl::Duration longest;
  for (int i = 0; i < 200; ++i) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, absl::Milliseconds(50));
    EXPECT_LE(wait, absl::Seconds(2));
    longest = std::max(longest, wait);
  }
  EXPECT_GT(longest, absl::Seconds(1));
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

TEST(StopSignalTest, WakesSleepersAndRunsCallbacks) {
  StopSignal stop;
  bool called = false;
  stop.OnStop([&] { called = true; });
  std::thread stopper([&] { stop.Stop(); });
  EXPECT_TRUE(stop.WaitFor(absl::Minutes(1)));
  stopper.join();
  EXPECT_TRUE(called);
  bool late = false;
  stop.OnStop([&] { late = true; });
  EXPECT_TRUE(late);
}

}  // namespace
}  // namespace sluice::clock
