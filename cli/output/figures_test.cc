#include "cli/output/figures.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::cli {
namespace {

TEST(FiguresTest, BytesForPeople) {
  EXPECT_EQ(BytesForPeople(0), "0 B");
  EXPECT_EQ(BytesForPeople(1023), "1023 B");
  EXPECT_EQ(BytesForPeople(1024), "1 KiB");
  EXPECT_EQ(BytesForPeople(5 * 1048576), "5 MiB");
  EXPECT_EQ(BytesForPeople(1610612736), "1.5 GiB");
  EXPECT_EQ(BytesForPeople(5'000'000), "5 MB");
  EXPECT_EQ(BytesForPeople(2'500'000), "2.5 MB");
  EXPECT_EQ(BytesForPeople(4'999'999), "4.7 MiB");
}

TEST(FiguresTest, DurationsAndTimesForPeople) {
  EXPECT_EQ(DurationForPeople(absl::Seconds(59)), "59 s");
  EXPECT_EQ(DurationForPeople(absl::Seconds(61)), "1 min");
  EXPECT_EQ(DurationForPeople(absl::Hours(47)), "47 h");
  EXPECT_EQ(DurationForPeople(absl::Hours(72)), "3 d");
  const absl::Time now = absl::FromUnixSeconds(1'750'000'000);
  EXPECT_EQ(TimeForPeople(now - absl::Seconds(3), now), "3 s ago");
  EXPECT_EQ(TimeForPeople(now + absl::Hours(72), now), "in 3 d");
  // The server's clock may be a little ahead of ours.
  EXPECT_EQ(TimeForPeople(now + absl::Milliseconds(300), now), "0 s ago");
  EXPECT_EQ(TimeForPeople(absl::UnixEpoch(), now), "");
}

TEST(FiguresTest, ParsesBytes) {
  EXPECT_EQ(*ParseBytes("1048576", "ingress"), 1048576);
  EXPECT_EQ(*ParseBytes("5MiB/s", "ingress"), 5 * 1048576);
  EXPECT_EQ(*ParseBytes("5 MiB", "ingress"), 5 * 1048576);
  EXPECT_EQ(*ParseBytes("250k", "ingress"), 250'000);
  EXPECT_EQ(*ParseBytes("2.5MB", "ingress"), 2'500'000);
  EXPECT_EQ(*ParseBytes("0", "ingress"), 0);
  for (const char* bad : {"", "fast", "-1", "5 parsecs", "1e3", "5MiBit", "9999999TiB", "1.2.3"}) {
    const auto parsed = ParseBytes(bad, "ingress");
    EXPECT_EQ(ErrorReason(parsed.status()), "FIGURE_INVALID") << bad;
  }
}

TEST(FiguresTest, ParsesDurations) {
  EXPECT_EQ(*ParseDuration("90", "timeout"), absl::Seconds(90));
  EXPECT_EQ(*ParseDuration("90s", "timeout"), absl::Seconds(90));
  EXPECT_EQ(*ParseDuration("1h30m", "timeout"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("30d", "timeout"), absl::Hours(720));
  for (const char* bad : {"", "0", "-5s", "soon", "inf", "5 years"}) {
    const auto parsed = ParseDuration(bad, "timeout");
    EXPECT_EQ(ErrorReason(parsed.status()), "FIGURE_INVALID") << bad;
    EXPECT_EQ(GetErrorDetail(parsed.status())->field, "timeout") << bad;
  }
}

}  // namespace
}  // namespace sluice::cli
