#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"

namespace sluice::bus {

// The port of a process without PostgreSQL for what it says of the present: status, load, usage samples. Thread-safe.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Never blocks. With `compacted`, a newer message of the same topic and key replaces one that still waits; otherwise,
  // when the queue is full, the oldest one that is not compacted is dropped and counted. INVALID_ARGUMENT
  // (BUS_MESSAGE_INVALID), RESOURCE_EXHAUSTED (BUS_BACKLOG) when only compacted ones of other keys wait.
  virtual absl::Status Publish(OutboxMessage message) = 0;
  // Waits until all that was accepted is acknowledged. DEADLINE_EXCEEDED.
  virtual absl::Status Flush(absl::Duration timeout) = 0;
  // Not OK: end the process (reason KAFKA_FATAL).
  virtual absl::Status fatal_error() const = 0;
};

struct PublisherOptions {
  kafka_client::ConnectionOptions kafka;
  int max_queued_messages = 10'000;
  // A sample that was not acknowledged by then is dropped; a compacted message is tried again, unless a newer one
  // waits.
  absl::Duration message_timeout = absl::Seconds(10);
};

struct PublisherPorts {
  const clock::Clock& clock;
  clock::IdSource& ids;
  metrics::Registry& metrics;
};

// Starts a thread. `ports` outlive it.
absl::StatusOr<std::unique_ptr<Publisher>> NewKafkaPublisher(PublisherOptions options, PublisherPorts ports);

// Keeps what was published, for tests. Thread-safe.
class FakePublisher final : public Publisher {
 public:
  absl::Status Publish(OutboxMessage message) override {
    std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
    messages_.push_back(std::move(message));
    return absl::OkStatus();
  }
  absl::Status Flush(absl::Duration) override { return absl::OkStatus(); }
  absl::Status fatal_error() const override { return absl::OkStatus(); }

  void SetStatus(absl::Status status) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  // Everything so far; empties it.
  std::vector<OutboxMessage> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(messages_, {});
  }

 private:
  mutable std::mutex mutex_;
  absl::Status status_;
  std::vector<OutboxMessage> messages_;
};

}  // namespace sluice::bus
