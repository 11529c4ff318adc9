#include "libs/grpc/error_status.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "libs/base/error.h"

namespace sluice::rpc {
namespace {

TEST(ErrorStatus, CarriesEveryPartOfTheDetailThereAndBack) {
  const absl::Status given = MakeError(absl::StatusCode::kResourceExhausted, "no room",
                                       {.reason = "INSUFFICIENT_QUOTA",
                                        .field = "kafka_cluster.limits.partitions",
                                        .remedy = "ask for fewer",
                                        .retry_after = absl::Milliseconds(1500),
                                        .metadata = {{"limit", "5000"}}});
  const ::grpc::Status wire = ToGrpcStatus(given, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(wire.error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(wire.error_message(), "no room — ask for fewer");

  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(wire.error_details()));
  bool info = false, bad = false, quota = false, retry = false, help = false;
  for (const auto& any : rpc.details()) {
    info |= any.Is<google::rpc::ErrorInfo>();
    bad |= any.Is<google::rpc::BadRequest>();
    quota |= any.Is<google::rpc::QuotaFailure>();
    retry |= any.Is<google::rpc::RetryInfo>();
    help |= any.Is<google::rpc::Help>();
  }
  EXPECT_TRUE(info && bad && quota && retry && help);

  const absl::Status back = FromGrpcStatus(wire);
  EXPECT_EQ(back.message(), given.message());
  const ErrorDetail detail = *GetErrorDetail(back);
  EXPECT_EQ(detail.reason, "INSUFFICIENT_QUOTA");
  EXPECT_EQ(detail.field, "kafka_cluster.limits.partitions");
  EXPECT_EQ(detail.remedy, "ask for fewer");
  EXPECT_EQ(detail.retry_after, absl::Milliseconds(1500));
  EXPECT_EQ(detail.metadata.at("limit"), "5000");
  EXPECT_EQ(detail.metadata.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
}

TEST(ErrorStatus, DoesNotShowOurInsides) {
  const ::grpc::Status wire = ToGrpcStatus(absl::UnknownError("SELECT * FROM api_key failed"));
  EXPECT_EQ(wire.error_code(), ::grpc::StatusCode::INTERNAL);
  EXPECT_EQ(wire.error_message().find("api_key"), std::string::npos);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(wire)), "INTERNAL");
}

TEST(ErrorStatus, NamesWhatATransportSays) {
  const struct {
    ::grpc::Status given;
    const char* reason;
  } rows[] = {
      {{::grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses"}, "SERVER_UNREACHABLE"},
      {{::grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"}, "DEADLINE_EXCEEDED"},
      {{::grpc::StatusCode::RESOURCE_EXHAUSTED, "Received message larger than max (2 vs. 1)"}, "MESSAGE_TOO_LARGE"},
      {{::grpc::StatusCode::UNIMPLEMENTED, ""}, "METHOD_UNKNOWN"},
  };
  for (const auto& row : rows) EXPECT_EQ(ErrorReason(FromGrpcStatus(row.given)), row.reason);
  EXPECT_TRUE(FromGrpcStatus(::grpc::Status::OK).ok());
}

}  // namespace
}  // namespace sluice::rpc
