#include "libs/kafka_admin/client_error.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::kafka_admin {

absl::Status ConnectionError(std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, message,
                   {.reason = "KAFKA_CONNECTION_FAILED", .retry_after = absl::Seconds(1)});
}

absl::Status BrokerNotAvailableError(int32_t broker_id) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("broker ", broker_id, " is not among the cluster's live brokers"),
                   {.reason = "KAFKA_BROKER_NOT_AVAILABLE"});
}

absl::Status TlsError(std::string_view message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, message,
                   {.reason = "KAFKA_TLS_FAILED",
                    .remedy = "check the CA file, the certificate's names and its dates, and the client certificate"});
}

absl::Status TimeoutError(std::string_view message) {
  return MakeError(absl::StatusCode::kDeadlineExceeded, message, {.reason = "KAFKA_TIMEOUT"});
}

absl::Status MalformedResponseError(std::string_view message) {
  return MakeError(absl::StatusCode::kInternal, message, {.reason = "KAFKA_MALFORMED_RESPONSE"});
}

}  // namespace sluice::kafka_admin
