#include "libs/metrics/loop_board.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::metrics {
namespace {

TEST(LoopBoard, CountsRoundsAndNamesTheLoopThatIsSilent) {
  clock::FakeClock clock(absl::FromUnixSeconds(1000));
  Registry registry;
  LoopBoard board("sluice_test", registry, clock);
  LoopBoard::Loop& purge = board.Of("purge", absl::Seconds(30));
  LoopBoard::Loop& fleet = board.Of("fleet", absl::Seconds(5));
  EXPECT_EQ(&purge, &board.Of("purge", absl::Seconds(30)));

  EXPECT_TRUE(purge
                  .Round([&] {
                    clock.Advance(absl::Seconds(2));
                    return absl::OkStatus();
                  })
                  .ok());
  fleet.Ended(absl::OkStatus());
  EXPECT_TRUE(board.Check().ok());
  const std::string page = registry.Render();
  EXPECT_NE(page.find("sluice_test_loop_rounds_total{loop=\"purge\"} 1"), std::string::npos) << page;
  EXPECT_NE(page.find("sluice_test_loop_round_seconds_sum{loop=\"purge\"} 2"), std::string::npos) << page;
  EXPECT_NE(page.find("sluice_test_loop_last_success_timestamp_seconds{loop=\"purge\"} 1002"), std::string::npos)
      << page;

  clock.Advance(absl::Seconds(6));
  const absl::Status failed = fleet.Round([] { return absl::UnavailableError("no database"); });
  EXPECT_EQ(failed.message(), "no database");
  const absl::Status sick = board.Check();
  EXPECT_EQ(sick.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(sick), "LOOP_SILENT");
  EXPECT_EQ(sick.message(), "loop fleet: no round succeeded for 6 s; the last: no database");
  const auto wrong = GetErrorDetail(sick)->metadata;
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong.at("loop fleet"), "no round succeeded for 6 s; the last: no database");
  EXPECT_NE(registry.Render().find("sluice_test_loop_failures_total{loop=\"fleet\"} 1"), std::string::npos);

  fleet.Ended(absl::OkStatus());
  EXPECT_TRUE(board.Check().ok());
}

TEST(LoopBoard, ALoopThatNeverSucceedsIsFoundToo) {
  clock::FakeClock clock;
  Registry registry;
  LoopBoard board("sluice_test", registry, clock);
  board.Of("cells", absl::Seconds(10));
  clock.Advance(absl::Seconds(11));
  EXPECT_EQ(ErrorReason(board.Check()), "LOOP_SILENT");
}

TEST(LoopBoard, AllWellPutsTogetherWhatIsWrong) {
  EXPECT_TRUE(AllWell({absl::OkStatus(), absl::OkStatus()}).ok());
  const absl::Status status =
      AllWell({MakeError(absl::StatusCode::kUnavailable, "a",
                         {.reason = "BUS_AWAY", .metadata = {{"bus", "no broker answers"}}}),
               MakeError(absl::StatusCode::kUnavailable, "no database", {.reason = "DATABASE_UNAVAILABLE"})});
  const auto wrong = GetErrorDetail(status)->metadata;
  EXPECT_EQ(wrong.at("bus"), "no broker answers");
  EXPECT_EQ(wrong.at("DATABASE_UNAVAILABLE"), "no database");
}

}  // namespace
}  // namespace sluice::metrics
