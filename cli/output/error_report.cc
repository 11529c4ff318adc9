#include "cli/output/error_report.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/output/style.h"
#include "cli/output/table.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::cli {
namespace {

// libs/grpc puts it into ErrorInfo.metadata.
constexpr char kTraceKey[] = "trace_id";
constexpr char kOperationFailureUrl[] = "sluice/operation-failure";

// MakeError ends its text with the remedy, which is shown apart here.
std::string MessageWithoutRemedy(const absl::Status& status, const ErrorDetail& detail) {
  std::string message(status.message());
  if (detail.remedy.empty()) return message;
  return std::string(absl::StripSuffix(message, absl::StrCat(" — ", detail.remedy)));
}

}  // namespace

absl::Status AsOperationFailure(absl::Status status) {
  status.SetPayload(kOperationFailureUrl, absl::Cord("1"));
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kOk;
  if (status.GetPayload(kOperationFailureUrl)) return kOperationFailed;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kUsage;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return kConflict;
    case absl::StatusCode::kResourceExhausted:
      return ErrorReason(status) == "RATE_LIMITED" ? kUnavailable : kConflict;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kNotAllowed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnavailable;
    case absl::StatusCode::kCancelled:
      return kInterrupted;
    default:
      return kError;
  }
}

std::string_view CodeName(absl::StatusCode code) {
  static constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const int number = static_cast<int>(code);
  return number >= 0 && number < static_cast<int>(std::size(kNames)) ? kNames[number] : "UNKNOWN";
}

Document ErrorDocument(const absl::Status& status) {
  const ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail());
  Document error;
  error["code"] = CodeName(status.code());
  error["reason"] = detail.reason;
  error["message"] = MessageWithoutRemedy(status, detail);
  error["field"] = detail.field;
  error["remedy"] = detail.remedy;
  error["metadata"] = Document::object();
  for (const auto& [key, value] : detail.metadata) {
    // Shown apart, since also errors without it have one.
    if (key != kTraceKey) error["metadata"][key] = value;
  }
  return error;
}

void ReportError(Output& output, const absl::Status& status, std::string_view trace_id) {
  if (!output.for_people()) {
    Document error = ErrorDocument(status);
    error["trace_id"] = trace_id;
    const Document document = {{"error", error}};
    if (output.format() == Format::kYaml) {
      WriteYaml(output.err(), document);
    } else {
      WriteJsonLine(output.err(), document);
    }
    return;
  }
  const ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail());
  std::string message = MessageWithoutRemedy(status, detail);
  if (message.empty()) message = CodeName(status.code());
  output.err() << "sluice: " << Paint({message, Tone::kStrong}, output.colour()) << "\n";
  Sheet sheet;
  sheet.Add("reason", detail.reason.empty() ? std::string(CodeName(status.code())) : detail.reason);
  sheet.Add("field", detail.field);
  for (const auto& [key, value] : detail.metadata) {
    if (key != kTraceKey) sheet.Add(key, value);
  }
  sheet.Add("remedy", detail.remedy);
  sheet.Add("trace", std::string(trace_id));
  sheet.Print(output.err(), output.colour(), 2);
  output.err().flush();
}

}  // namespace sluice::cli
