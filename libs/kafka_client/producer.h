#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_client/connection.h"

namespace sluice::kafka_client {

struct ProducerOptions {
  ConnectionOptions connection;
  // A record that is not acknowledged by then dies in the queue, with a failed delivery.
  absl::Duration message_timeout = absl::Seconds(30);
  // How long a record waits for company. 0 for the least latency.
  absl::Duration linger = absl::ZeroDuration();
  // The queue's bounds; Send refuses beyond them.
  int max_queued_records = 100'000;
  int max_queued_kib = 64 * 1024;
};

struct ProducerRecord {
  std::string_view topic;
  std::string_view key;
  // Unset: a tombstone.
  std::optional<std::string_view> value;
  std::span<const Header> headers;
};

// Called from Poll, Flush or the destructor of the thread that calls them, exactly once for each accepted record.
struct DeliveryReport {
  // OK; NOT_FOUND (KAFKA_UNKNOWN_TOPIC), PERMISSION_DENIED (KAFKA_ACCESS_DENIED), DEADLINE_EXCEEDED
  // (KAFKA_MESSAGE_TIMED_OUT), INVALID_ARGUMENT (KAFKA_MESSAGE_TOO_LARGE), UNAVAILABLE (KAFKA_UNAVAILABLE).
  absl::Status status;
  // What Send was given.
  std::uint64_t tag = 0;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

// An idempotent producer with acks=all and murmur2 partitioning, as Java has it. Send and Poll may be called from
// several threads. After a fatal error (see fatal_error) nothing is accepted any more: open another one and begin again
// from what is known to be acknowledged.
class Producer {
 public:
  using DeliveryCallback = std::function<void(const DeliveryReport&)>;

  static absl::StatusOr<std::unique_ptr<Producer>> Create(const ProducerOptions& options, DeliveryCallback on_delivery);
  virtual ~Producer() = default;

  // Copies the record into the queue. RESOURCE_EXHAUSTED with reason KAFKA_QUEUE_FULL: Poll, then try again.
  virtual absl::Status Send(const ProducerRecord& record, std::uint64_t tag) = 0;
  // Serves delivery reports; waits up to `timeout` for the first. Returns how many events were served.
  virtual int Poll(absl::Duration timeout) = 0;
  // Waits until the queue is empty. DEADLINE_EXCEEDED with the number left.
  virtual absl::Status Flush(absl::Duration timeout) = 0;
  // Fails all that is queued or in flight; their reports come by Poll.
  virtual void Purge() = 0;
  // Records that have no report yet.
  virtual int Outstanding() const = 0;
  // Not OK once the producer met a fatal error.
  virtual absl::Status fatal_error() const = 0;
};

}  // namespace sluice::kafka_client
