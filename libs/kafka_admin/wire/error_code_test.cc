#include "libs/kafka_admin/wire/error_code.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "libs/base/error.h"

namespace sluice::kafka_admin {
namespace {

TEST(ErrorCodeTest, KnowsEveryErrorOfKafka) {
  std::ifstream file("libs/kafka_admin/testdata/error_codes.txt");
  int16_t code = 0;
  std::string name;
  int seen = 0;
  while (file >> code >> name) {
    ++seen;
    EXPECT_EQ(ErrorCodeName(code), name);
    if (code == 0) continue;
    absl::Status status = KafkaStatus(code);
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_EQ(ErrorReason(status), "KAFKA_" + name);
  }
  EXPECT_GT(seen, 130);
}

TEST(ErrorCodeTest, TellsWhatMayBeTriedAgain) {
  EXPECT_TRUE(IsTransient(kNotController));
  EXPECT_TRUE(IsTransient(kThrottlingQuotaExceeded));
  EXPECT_FALSE(IsTransient(kUnknownTopicOrPartition));
  EXPECT_FALSE(IsTransient(kElectionNotNeeded));
  EXPECT_FALSE(IsTransient(30'000));
  EXPECT_TRUE(GetErrorDetail(KafkaStatus(kNotController))->retry_after.has_value());
  EXPECT_FALSE(GetErrorDetail(KafkaStatus(kTopicAlreadyExists))->retry_after.has_value());
}

TEST(ErrorCodeTest, SurvivesACodeFromTheFuture) {
  absl::Status status = KafkaStatus(9999, "something new");
  EXPECT_EQ(ErrorReason(status), "KAFKA_ERROR_9999");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace sluice::kafka_admin
