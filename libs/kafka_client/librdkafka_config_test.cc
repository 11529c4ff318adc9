#include "libs/kafka_client/librdkafka_config.h"

#include <gtest/gtest.h>

namespace sluice::kafka_client {
namespace {

TEST(MillisTest, AnyTimeThatIsLeftIsWaitedFor) {
  EXPECT_EQ(Millis(absl::Microseconds(1)), 1) << "0 would make a loop with a deadline spin";
  EXPECT_EQ(Millis(absl::Microseconds(1500)), 2);
  EXPECT_EQ(Millis(absl::Milliseconds(500)), 500);
}

TEST(MillisTest, NothingIsForEver) {
  EXPECT_EQ(Millis(absl::ZeroDuration()), 0);
  EXPECT_EQ(Millis(-absl::Seconds(1)), 0);
  EXPECT_EQ(Millis(absl::InfiniteDuration()), 1'000'000'000);
}

}  // namespace
}  // namespace sluice::kafka_client
