#include "services/provisioner/adapters/grpc/watch/event_tail.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/clock/backoff.h"
#include "libs/clock/clock.h"
#include "libs/log/log.h"

namespace sluice::provisioner {
namespace {

constexpr absl::Duration kMetadataTimeout = absl::Seconds(10);
constexpr absl::Duration kPoll = absl::Milliseconds(500);
// Records taken before the streams are told.
constexpr int kBatch = 500;

}  // namespace

EventTail::EventTail(EventTailOptions options, EventRing& ring, clock::Random& random, metrics::Registry& metrics)
    : options_(std::move(options)),
      ring_(ring),
      random_(random),
      events_(metrics.CounterOf("sluice_watch_events_total", "Events taken into the ring that Watch reads")),
      undecodable_(metrics.CounterOf("sluice_watch_undecodable_total", "Records of event topics that are no events")),
      identity_(options_.kafka, clock::RealClock()) {}

absl::Status EventTail::Run(clock::StopSignal& stop) {
  clock::BackOff backoff(random_, absl::Milliseconds(200), absl::Seconds(5));
  while (!stop.stopped()) {
    absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> consumer = renewed_ ? GoOn() : Start();
    renewed_ = false;
    absl::Status status = consumer.status();
    if (status.ok()) {
      backoff.Reset();
      status = Follow(**consumer, stop);
      (*consumer)->Close();
    }
    if (status.ok()) continue;
    log::Warn("the event topics cannot be followed", {{"error", Std(status.message())}});
    stop.WaitFor(backoff.Next());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> EventTail::Start() {
  ASSIGN_OR_RETURN(auto consumer,
                   kafka_client::Consumer::Create({.connection = options_.kafka, .group_id = options_.group_id}));
  ASSIGN_OR_RETURN(slots_, EventSlotsOf(*consumer, kMetadataTimeout));
  next_offsets_.clear();
  for (const EventSlot& slot : slots_) {
    next_offsets_.push_back(std::max(slot.low, slot.high - options_.backlog_per_partition));
  }
  RETURN_IF_ERROR(consumer->Assign(PositionsAt(slots_, next_offsets_)));
  ring_.Begin(next_offsets_);
  return consumer;
}

absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> EventTail::GoOn() {
  ASSIGN_OR_RETURN(auto consumer,
                   kafka_client::Consumer::Create({.connection = options_.kafka, .group_id = options_.group_id}));
  RETURN_IF_ERROR(consumer->Assign(PositionsAt(slots_, next_offsets_)));
  return consumer;
}

absl::Status EventTail::Follow(kafka_client::Consumer& consumer, clock::StopSignal& stop) {
  while (!stop.stopped()) {
    renewed_ = identity_.Renewed();
    if (renewed_) return absl::OkStatus();
    int taken = 0;
    absl::StatusOr<std::optional<kafka_client::ConsumerRecord>> record = consumer.Poll(kPoll);
    while (record.ok() && *record) {
      Take(**std::move(record));
      record = ++taken < kBatch ? consumer.Poll(absl::ZeroDuration()) : std::optional<kafka_client::ConsumerRecord>();
    }
    if (taken > 0) ring_.WakeReaders();
    if (record.ok()) continue;
    // What may pass: the consumer goes on by itself, and the ring keeps its place.
    if (ErrorReason(record.status()) == "KAFKA_FATAL") return record.status();
    stop.WaitFor(kPoll);
  }
  return absl::OkStatus();
}

void EventTail::Take(kafka_client::ConsumerRecord record) {
  const int index = SlotIndexOf(slots_, record);
  if (index < 0) return;
  next_offsets_[static_cast<std::size_t>(index)] = record.offset + 1;
  std::shared_ptr<const RingEvent> event = EventOf(slots_, index, std::move(record));
  if (event == nullptr) {
    undecodable_.Increment();
    return;
  }
  events_.Increment();
  ring_.Append(std::move(event));
}

}  // namespace sluice::provisioner
