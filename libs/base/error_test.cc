#include "libs/base/error.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Error, CarriesWhatACallerCanActOn) {
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "partitions is 0",
                                  {.reason = "INVALID_FIELD",
                                   .field = "topic.partitions",
                                   .remedy = "Use 1 to 5000.",
                                   .retry_after = absl::Milliseconds(250),
                                   .metadata = {{"limit", "5000"}}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "partitions is 0 — Use 1 to 5000.");
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  ASSERT_TRUE(detail);
  EXPECT_EQ(detail->reason, "INVALID_FIELD");
  EXPECT_EQ(detail->field, "topic.partitions");
  EXPECT_EQ(detail->remedy, "Use 1 to 5000.");
  EXPECT_EQ(detail->retry_after, absl::Milliseconds(250));
  EXPECT_EQ(detail->metadata.at("limit"), "5000");
}

TEST(Error, SurvivesBytesThatAreNotUtf8) {
  absl::Status status =
      MakeError(absl::StatusCode::kInvalidArgument, "bad name", {.reason = "INVALID_FIELD", .field = "\xff"});
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
}

TEST(Error, AStatusFromElsewhereHasNoDetail) {
  EXPECT_FALSE(GetErrorDetail(absl::InternalError("disk")));
  EXPECT_EQ(ErrorReason(absl::InternalError("disk")), "");
}

}  // namespace
}  // namespace sluice
