#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/kafka_admin/security.h"

namespace sluice::kafka_admin {

struct AdminClientOptions {
  // At least one. Each may be a name with several addresses; they are tried in turn, starting at a random one.
  std::vector<BrokerAddress> bootstrap;
  // Seen in the broker's logs, metrics and client-id quotas.
  std::string client_id = "sluice-admin";
  // Unset: plaintext, for loopback in tests.
  std::optional<TlsOptions> tls;
  std::optional<SaslCredentials> sasl;
  // TCP, TLS and login together, for one address; the call's own timeout bounds it as well.
  absl::Duration connect_timeout = absl::Seconds(5);
  // One request on the wire; when it has passed the connection is dropped and the request retried elsewhere if it
  // may be. Kafka's own timeout_ms of a mutation is the smaller of this and what is left of the call's timeout.
  absl::Duration request_timeout = absl::Seconds(15);
  // A response that announces more is refused and its connection closed.
  int32_t max_response_bytes = 64 << 20;
  // Retries wait between half and the whole of a time that doubles from the first to the second.
  absl::Duration retry_backoff = absl::Milliseconds(20);
  absl::Duration max_retry_backoff = absl::Seconds(1);
  // For jitter and the choice of an address; 0 takes a seed from the kernel.
  uint64_t random_seed = 0;
};

// Dials nobody yet. InvalidArgument for options that cannot work, FailedPrecondition (KAFKA_TLS_FAILED) for PEM files
// that cannot be read. They are read again at each new connection, so renewed certificates are taken up.
absl::StatusOr<std::unique_ptr<AdminClient>> NewKafkaAdminClient(AdminClientOptions options);

}  // namespace sluice::kafka_admin
