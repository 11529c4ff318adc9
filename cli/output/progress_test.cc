#include "cli/output/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::cli {
namespace {

TEST(ProgressTest, ShortWaitsAreSilent) {
  clock::FakeClock clock;
  std::ostringstream err;
  {
    Progress progress(err, /*is_terminal=*/false, clock);
    progress.Update("placing", 10);
    clock.Advance(absl::Milliseconds(900));
    progress.Update("creating the key", 50);
  }
  EXPECT_EQ(err.str(), "");
}

TEST(ProgressTest, LongWaitsAreALineForEachChange) {
  clock::FakeClock clock;
  std::ostringstream err;
  Progress progress(err, /*is_terminal=*/false, clock);
  clock.Advance(absl::Seconds(2));
  progress.Update("waiting for broker 1 of 3", 30);
  clock.Advance(absl::Seconds(2));
  progress.Update("waiting for broker 1 of 3", 31);
  progress.Update("waiting for broker 2 of 3");
  progress.End();
  progress.Update("too late");
  EXPECT_EQ(err.str(), "waiting for broker 1 of 3 (30 %), after 2 s\nwaiting for broker 2 of 3, after 4 s\n");
}

TEST(ProgressTest, TheLineFitsATerminal) {
  EXPECT_EQ(Progress::Line("placing", -1, absl::Seconds(3), 0), "⠋ placing  3 s");
  EXPECT_EQ(Progress::Line("placing", 50, absl::Seconds(3), 11), "⠙ placing  ██████████░░░░░░░░░░ 50 %  3 s");
  const std::string line = Progress::Line(std::string(200, 'x') + "\x1b[2J", 100, absl::Seconds(3000), 2);
  EXPECT_EQ(line.find("\x1b"), std::string::npos);
  EXPECT_NE(line.find("x…  "), std::string::npos);
}

TEST(ProgressTest, ATerminalIsLeftAsItWas) {
  std::ostringstream err;
  clock::FakeClock clock;
  clock.Advance(absl::Seconds(5));
  {
    Progress progress(err, /*is_terminal=*/true, clock);
    clock.Advance(absl::Seconds(5));
    progress.Update("placing");
    // Drawn or not by now, what is left is an empty line.
  }
  const std::string text = err.str();
  const std::string erased = "\r\x1b[2K";
  EXPECT_TRUE(text.empty() || text.ends_with(erased)) << text;
}

}  // namespace
}  // namespace sluice::cli
