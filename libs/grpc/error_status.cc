#include "libs/grpc/error_status.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::rpc {
namespace {

// Between a message and its remedy, as MakeError joins them.
constexpr char kRemedySeparator[] = " — ";

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

absl::Status Presentable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      return MakeError(status.code(), "the call was cancelled", {.reason = "CANCELLED"});
    case absl::StatusCode::kDeadlineExceeded:
      return MakeError(status.code(), "the deadline passed before the work was done",
                       {.reason = "DEADLINE_EXCEEDED", .remedy = "try again with a longer deadline"});
    case absl::StatusCode::kUnavailable:
      return MakeError(status.code(), "a part of the service is out of reach",
                       {.reason = "SERVICE_UNAVAILABLE", .remedy = "try again", .retry_after = absl::Seconds(1)});
    default:
      return MakeError(absl::StatusCode::kInternal, "an error on our side",
                       {.reason = "INTERNAL", .remedy = "give the trace id to whoever runs the service"});
  }
}

void AddDetails(const ErrorDetail& detail, std::string_view trace_id, google::rpc::Status& rpc) {
  google::rpc::ErrorInfo info;
  info.set_reason(detail.reason);
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : detail.metadata) (*info.mutable_metadata())[key] = value;
  if (!trace_id.empty()) (*info.mutable_metadata())["trace_id"] = std::string(trace_id);
  rpc.add_details()->PackFrom(info);
  if (!detail.field.empty()) {
    google::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    violation->set_field(detail.field);
    violation->set_description(rpc.message());
    rpc.add_details()->PackFrom(bad);
  }
  if (rpc.code() == static_cast<int>(absl::StatusCode::kResourceExhausted)) {
    google::rpc::QuotaFailure quota;
    auto* violation = quota.add_violations();
    violation->set_subject(detail.reason);
    violation->set_description(rpc.message());
    rpc.add_details()->PackFrom(quota);
  }
  if (detail.retry_after) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() = ToProto(*detail.retry_after);
    rpc.add_details()->PackFrom(retry);
  }
  if (!detail.remedy.empty()) {
    google::rpc::Help help;
    auto* link = help.add_links();
    link->set_description(detail.remedy);
    link->set_url(absl::StrCat("docs/errors.md#", absl::AsciiStrToLower(detail.reason)));
    rpc.add_details()->PackFrom(help);
  }
}

// What a transport says on its own, in our words.
ErrorDetail DetailByCode(absl::StatusCode code, std::string_view message) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return {.reason = "SERVER_UNREACHABLE",
              .remedy = "check the endpoint, the CA file and whether the service runs",
              .retry_after = absl::Seconds(1)};
    case absl::StatusCode::kDeadlineExceeded:
      return {.reason = "DEADLINE_EXCEEDED", .remedy = "try again with a longer deadline"};
    case absl::StatusCode::kUnauthenticated:
      return {.reason = "KEY_INVALID", .remedy = "use a key that is valid"};
    case absl::StatusCode::kResourceExhausted:
      if (absl::StrContains(Absl(message), "larger than max")) {
        return {.reason = "MESSAGE_TOO_LARGE", .remedy = "send less at once: 1 MiB at most"};
      }
      return {.reason = "RATE_LIMITED", .remedy = "slow down", .retry_after = absl::Seconds(1)};
    case absl::StatusCode::kUnimplemented:
      return {.reason = "METHOD_UNKNOWN", .remedy = "the server is older than this client: upgrade it"};
    case absl::StatusCode::kCancelled:
      return {.reason = "CANCELLED"};
    default:
      return {.reason = "INTERNAL"};
  }
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status, std::string_view trace_id) {
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail) return ToRpcStatus(Presentable(status), trace_id);
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  std::string message(status.message());
  // grpc-message must be UTF-8, and so must the Protobuf string.
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  rpc.set_message(message);
  AddDetails(*detail, trace_id, rpc);
  return rpc;
}

::grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view trace_id) {
  if (status.ok()) return ::grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status, trace_id);
  return ::grpc::Status(static_cast<::grpc::StatusCode>(rpc.code()), rpc.message(), rpc.SerializeAsString());
}

absl::Status FromRpcStatus(const google::rpc::Status& rpc) {
  if (rpc.code() == 0) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(rpc.code());
  ErrorDetail detail;
  for (const auto& any : rpc.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info) && info.domain() == kErrorDomain) {
      detail.reason = info.reason();
      detail.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (google::rpc::BadRequest bad; any.UnpackTo(&bad) && bad.field_violations_size() > 0) {
      detail.field = bad.field_violations(0).field();
    } else if (google::rpc::RetryInfo retry; any.UnpackTo(&retry)) {
      detail.retry_after =
          absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
    } else if (google::rpc::Help help; any.UnpackTo(&help) && help.links_size() > 0) {
      detail.remedy = help.links(0).description();
    }
  }
  std::string_view message = rpc.message();
  if (detail.reason.empty()) {
    detail = DetailByCode(code, message);
  } else if (const std::string ending = absl::StrCat(kRemedySeparator, detail.remedy);
             !detail.remedy.empty() && absl::EndsWith(Absl(message), ending)) {
    // MakeError appends the remedy again.
    message.remove_suffix(ending.size());
  }
  return MakeError(code, message, std::move(detail));
}

absl::Status FromGrpcStatus(const ::grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  if (status.error_details().empty() || !rpc.ParseFromString(status.error_details()) ||
      rpc.code() != static_cast<int>(status.error_code())) {
    rpc.Clear();
    rpc.set_code(static_cast<int>(status.error_code()));
    rpc.set_message(status.error_message());
  }
  return FromRpcStatus(rpc);
}

}  // namespace sluice::rpc
