#include "libs/failpoint/failpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "libs/base/error.h"

namespace sluice::failpoint {
namespace {

FailPoint first("test.place.first");
FailPoint second("test.place.second");

TEST(FailPointTest, OffDoesNothing) {
  ASSERT_TRUE(Configure("").ok());
  EXPECT_TRUE(first.Hit().ok());
}

TEST(FailPointTest, ErrorAtTheNamedHitOnly) {
  ASSERT_TRUE(Configure("test.place.first=error@2; test.place.second=off").ok());
  EXPECT_TRUE(first.Hit().ok());
  EXPECT_EQ(ErrorReason(first.Hit()), "FAILPOINT");
  EXPECT_TRUE(first.Hit().ok());
  EXPECT_TRUE(second.Hit().ok());
}

TEST(FailPointTest, PauseWaitsForTheFile) {
  const std::string path = std::string(::testing::TempDir()) + "/failpoint_go_" + std::to_string(getpid());
  ASSERT_TRUE(Configure("test.place.second=pause:" + path).ok());
  std::thread waiter([] { EXPECT_TRUE(second.Hit().ok()); });
  while (!std::filesystem::exists(path + ".reached")) std::this_thread::yield();
  std::ofstream(path) << "go";
  waiter.join();
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".reached");
}

TEST(FailPointDeathTest, KillKills) {
  EXPECT_EXIT(
      {
        (void)Configure("test.place.first=kill");
        (void)first.Hit();
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

TEST(FailPointTest, UnknownNamesAndNonsenseAreRefused) {
  EXPECT_EQ(ErrorReason(Configure("test.place.third=kill")), "FAILPOINT_INVALID");
  EXPECT_EQ(ErrorReason(Configure("test.place.first=explode")), "FAILPOINT_INVALID");
  EXPECT_EQ(ErrorReason(Configure("test.place.first=kill@0")), "FAILPOINT_INVALID");
  EXPECT_EQ(ErrorReason(Configure("=kill")), "FAILPOINT_INVALID");
}

TEST(FailPointTest, ListHasAll) {
  const auto names = List();
  EXPECT_TRUE(std::find(names.begin(), names.end(), "test.place.first") != names.end());
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

}  // namespace
}  // namespace sluice::failpoint
