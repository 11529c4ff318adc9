#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "libs/proto_values/canonical_bytes.h"
#include "libs/proto_values/timestamps.h"

namespace sluice::proto_values {
namespace {

TEST(Timestamps, KeepTheNanosecond) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(123'456'789);
  google::protobuf::Timestamp timestamp;
  Put(time, &timestamp);
  EXPECT_EQ(timestamp.seconds(), 1'700'000'000);
  EXPECT_EQ(timestamp.nanos(), 123'456'789);
  EXPECT_EQ(TimeOf(timestamp), time);
}

TEST(CanonicalBytes, DoNotDependOnTheOrderInWhichAMapWasFilled) {
  google::protobuf::Struct forwards, backwards;
  for (int i = 0; i < 50; ++i) (*forwards.mutable_fields())["key" + std::to_string(i)].set_number_value(i);
  for (int i = 49; i >= 0; --i) (*backwards.mutable_fields())["key" + std::to_string(i)].set_number_value(i);
  EXPECT_EQ(CanonicalBytes(forwards), CanonicalBytes(backwards));
  google::protobuf::Struct read;
  ASSERT_TRUE(read.ParseFromString(CanonicalBytes(forwards)));
  EXPECT_EQ(read.fields_size(), 50);
}

}  // namespace
}  // namespace sluice::proto_values
