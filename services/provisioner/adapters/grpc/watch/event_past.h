#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/grpc/server/stream_source.h"
#include "libs/kafka_client/connection.h"
#include "services/provisioner/adapters/grpc/watch/event_ring.h"

namespace sluice::provisioner {

struct EventPastOptions {
  kafka_client::ConnectionOptions kafka;
  // Any name that the ACLs allow; nothing is committed to it.
  std::string group_id = "provisioner.watch";
  // Streams that may read the past at once: each costs a consumer and a thread.
  int readers = 8;
  // Beyond so many events a new snapshot is quicker than the past.
  int64_t most_events = 1'000'000;
};

// One stream's way from an old resume token up to the ring. Holds at most 256 events.
class PastReader {
 public:
  struct State;
  explicit PastReader(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~PastReader();

  enum class Reading { kEvent, kNoneYet };
  // The next event after place.offsets; steps over it. OUT_OF_RANGE RESUME_TOKEN_EXPIRED when the topics do not go back
  // so far, or too far; UNAVAILABLE WATCH_NOT_READY when they cannot be read.
  absl::StatusOr<Reading> Next(EventRing::Place& place, std::shared_ptr<const RingEvent>& event);

 private:
  const std::shared_ptr<State> state_;
};

// What lies before the ring: streams that were away for longer than the ring remembers read it again from Kafka, which
// keeps all, each by a thread and a consumer of its own. Thread-safe; a reader may outlive the stream by the time that
// Kafka takes to answer, never the EventPast.
class EventPast {
 public:
  explicit EventPast(EventPastOptions options) : options_(std::move(options)) {}
  ~EventPast();

  // From `offsets` on, one per slot. `waker` is called when something came. UNAVAILABLE WATCH_BUSY while too many read.
  absl::StatusOr<std::unique_ptr<PastReader>> From(std::vector<int64_t> offsets, rpc::StreamWaker waker);

 private:
  struct Running {
    std::shared_ptr<PastReader::State> state;
    std::thread thread;
  };

  const EventPastOptions options_;
  std::mutex mutex_;
  std::vector<Running> running_;
};

}  // namespace sluice::provisioner
