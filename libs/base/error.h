#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice {

// What a caller needs to act on an error without reading its prose: becomes google.rpc.ErrorInfo (domain
// "sluice"), BadRequest, QuotaFailure and RetryInfo at the gRPC edge (libs/grpc).
struct ErrorDetail {
  // UPPER_SNAKE_CASE, documented in docs/errors.md. Callers may switch on it; it never changes meaning.
  std::string reason;
  // The request's field at fault as a path ("kafka_cluster.limits.partitions"); empty when it is no field's fault.
  std::string field;
  // What the caller can do about it, as a sentence.
  std::string remedy;
  // After how long a repeat may succeed; unset when a repeat alone cannot help.
  std::optional<absl::Duration> retry_after;
  // Further facts for programs ("limit" → "5000").
  std::map<std::string, std::string> metadata;
};

// A status that carries `detail`. `message` says what is wrong; the remedy is appended for people.
absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail);

// The detail that MakeError attached; nothing for a status from elsewhere.
std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status);

// The reason that MakeError attached, or "" — for switches and tests.
std::string ErrorReason(const absl::Status& status);

}  // namespace sluice
