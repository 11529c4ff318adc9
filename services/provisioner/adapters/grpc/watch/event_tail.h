#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/kafka_client/consumer.h"
#include "libs/kafka_client/identity_watch.h"
#include "libs/metrics/metrics.h"
#include "services/provisioner/adapters/grpc/watch/event_ring.h"
#include "services/provisioner/adapters/grpc/watch/event_slots.h"

namespace sluice::provisioner {

struct EventTailOptions {
  kafka_client::ConnectionOptions kafka;
  // Any name that the ACLs allow; nothing is committed to it.
  std::string group_id = "provisioner.watch";
  // Of each partition's past, read at the start, so that tokens from before a restart can be resumed from.
  int64_t backlog_per_partition = 5'000;
};

// The one consumer of a process that follows the event topics for all its streams. One thread.
class EventTail {
 public:
  EventTail(EventTailOptions options, EventRing& ring, clock::Random& random, metrics::Registry& metrics);

  // Follows until `stop`; begins anew when Kafka was away. Only a fatal error of the client ends it.
  absl::Status Run(clock::StopSignal& stop);

 private:
  // A consumer that stands where the ring begins.
  absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> Start();
  // One with the renewed certificate, where the last one stood.
  absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> GoOn();
  // Until `stop`, an error, or a renewed certificate.
  absl::Status Follow(kafka_client::Consumer& consumer, clock::StopSignal& stop);
  void Take(kafka_client::ConsumerRecord record);

  const EventTailOptions options_;
  EventRing& ring_;
  clock::Random& random_;
  metrics::Counter& events_;
  metrics::Counter& undecodable_;
  kafka_client::IdentityWatch identity_;
  bool renewed_ = false;
  std::vector<EventSlot> slots_;
  // Per slot: what comes next.
  std::vector<int64_t> next_offsets_;
};

}  // namespace sluice::provisioner
