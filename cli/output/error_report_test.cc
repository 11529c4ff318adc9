#include "cli/output/error_report.h"

#include <gtest/gtest.h>

#include <sstream>

#include "libs/base/error.h"

namespace sluice::cli {
namespace {

TEST(ExitCodeTest, EachKindOfErrorHasItsCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), 3);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), 4);
  EXPECT_EQ(ExitCodeOf(MakeError(absl::StatusCode::kResourceExhausted, "", {.reason = "NO_CAPACITY"})), 4);
  EXPECT_EQ(ExitCodeOf(MakeError(absl::StatusCode::kResourceExhausted, "", {.reason = "RATE_LIMITED"})), 6);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), 5);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), 5);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 6);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), 6);
  EXPECT_EQ(ExitCodeOf(AsOperationFailure(absl::NotFoundError(""))), 7);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), 130);
}

const absl::Status kTaken = MakeError(absl::StatusCode::kAlreadyExists, "there is a cluster orders already",
                                      {.reason = "NAME_TAKEN",
                                       .field = "kafka_cluster_id",
                                       .remedy = "Take another name.",
                                       .metadata = {{"uid", "lkc-1"}}});

TEST(ErrorReportTest, ForPeople) {
  std::ostringstream out, err;
  Output output(out, err, Format::kPeople, false);
  ReportError(output, kTaken, "4bf92f");
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(),
            "sluice: there is a cluster orders already\n"
            "  reason  NAME_TAKEN\n"
            "  field   kafka_cluster_id\n"
            "  uid     lkc-1\n"
            "  remedy  Take another name.\n"
            "  trace   4bf92f\n");
}

TEST(ErrorReportTest, ForPrograms) {
  std::ostringstream out, err;
  Output output(out, err, Format::kJson, false);
  ReportError(output, kTaken, "4bf92f");
  EXPECT_EQ(out.str(), "");
  const Document error = Document::parse(err.str())["error"];
  EXPECT_EQ(error["code"], "ALREADY_EXISTS");
  EXPECT_EQ(error["reason"], "NAME_TAKEN");
  EXPECT_EQ(error["message"], "there is a cluster orders already");
  EXPECT_EQ(error["field"], "kafka_cluster_id");
  EXPECT_EQ(error["remedy"], "Take another name.");
  EXPECT_EQ(error["metadata"]["uid"], "lkc-1");
  EXPECT_EQ(error["trace_id"], "4bf92f");
}

TEST(ErrorReportTest, AStatusFromElsewhereIsNamedByItsCode) {
  std::ostringstream out, err;
  Output output(out, err, Format::kPeople, false);
  ReportError(output, absl::UnimplementedError(""), "");
  EXPECT_EQ(err.str(), "sluice: UNIMPLEMENTED\n  reason  UNIMPLEMENTED\n");
}

}  // namespace
}  // namespace sluice::cli
