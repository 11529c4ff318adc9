#include "libs/kafka_admin/wire/uuid.h"

#include <gtest/gtest.h>

namespace sluice::kafka_admin {
namespace {

TEST(UuidTest, PrintsAsKafkaDoes) {
  // From org.apache.kafka.common.Uuid: new Uuid(1, 2).toString(), and the metadata topic's reserved id.
  EXPECT_EQ((Uuid{.high = 1, .low = 2}).ToString(), "AAAAAAAAAAEAAAAAAAAAAg");
  EXPECT_EQ((Uuid{.high = 0, .low = 1}).ToString(), "AAAAAAAAAAAAAAAAAAAAAQ");
}

TEST(UuidTest, ParsesWhatItPrints) {
  Uuid id{.high = 0xfedcba9876543210, .low = 0x8000000000000001};
  absl::StatusOr<Uuid> parsed = Uuid::Parse(id.ToString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, id);
}

TEST(UuidTest, RefusesOtherText) {
  for (const char* text : {"", "AAAA", "AAAAAAAAAAEAAAAAAAAAA!", "AAAAAAAAAAEAAAAAAAAAAgAA"}) {
    EXPECT_FALSE(Uuid::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::kafka_admin
