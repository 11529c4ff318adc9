#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

// The errors that are this client's own rather than Kafka's; admin_client.h lists them for callers.
namespace sluice::kafka_admin {

// Unavailable, KAFKA_CONNECTION_FAILED.
absl::Status ConnectionError(std::string_view message);
// Unavailable, KAFKA_BROKER_NOT_AVAILABLE: an answer rather than a hiccup, so it is not retried.
absl::Status BrokerNotAvailableError(int32_t broker_id);
// FailedPrecondition, KAFKA_TLS_FAILED.
absl::Status TlsError(std::string_view message);
// DeadlineExceeded, KAFKA_TIMEOUT.
absl::Status TimeoutError(std::string_view message);
// Internal, KAFKA_MALFORMED_RESPONSE.
absl::Status MalformedResponseError(std::string_view message);

}  // namespace sluice::kafka_admin
