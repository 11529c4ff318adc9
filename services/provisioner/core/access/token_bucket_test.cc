#include "services/provisioner/core/access/token_bucket.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::provisioner {
namespace {

TEST(TokenBucket, HoldsItsRateAfterItsBurst) {
  TokenBucket bucket({.per_second = 10, .burst = 5}, absl::Seconds(100));
  int taken = 0;
  for (int ms = 0; ms < 10'000; ++ms) taken += bucket.Take(absl::Seconds(100) + absl::Milliseconds(ms));
  EXPECT_GE(taken, 104);
  EXPECT_LE(taken, 105);
}

TEST(TokenBucket, SaysWhenItHasSomeAgain) {
  TokenBucket bucket({.per_second = 2, .burst = 2}, absl::Seconds(1));
  EXPECT_TRUE(bucket.Take(absl::Seconds(1)));
  EXPECT_TRUE(bucket.Take(absl::Seconds(1)));
  EXPECT_FALSE(bucket.Take(absl::Seconds(1)));
  EXPECT_EQ(bucket.UntilNext(), absl::Milliseconds(500));
  EXPECT_EQ(bucket.UntilFull(), absl::Seconds(1));
  // A clock that goes back gives nothing and takes nothing.
  EXPECT_FALSE(bucket.Take(absl::ZeroDuration()));
  EXPECT_TRUE(bucket.Take(absl::Milliseconds(1500)));
}

TEST(TokenBuckets, KeepABoundedNumberOfNames) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 100);
  EXPECT_TRUE(buckets.Of("kept", absl::Seconds(1)).Take(absl::Seconds(1)));
  for (int i = 0; i < 10'000; ++i) {
    buckets.Of(std::to_string(i), absl::Seconds(1));
    if (i % 50 != 0) continue;
    EXPECT_FALSE(buckets.Of("kept", absl::Seconds(1)).Take(absl::Seconds(1))) << "used, so not forgotten";
  }
  EXPECT_EQ(buckets.size(), 100u);
}

}  // namespace
}  // namespace sluice::provisioner
