#include "services/provisioner/adapters/grpc/watch/event_tail.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/topics.h"
#include "libs/clock/backoff.h"
#include "libs/log/log.h"

namespace sluice::provisioner {
namespace {

constexpr absl::Duration kMetadataTimeout = absl::Seconds(10);
constexpr absl::Duration kPoll = absl::Milliseconds(500);
// Records taken before the streams are told.
constexpr int kBatch = 500;

}  // namespace

const std::vector<std::pair<Kind, std::string>>& EventTail::Topics() {
  static const auto& topics = *new std::vector<std::pair<Kind, std::string>>([] {
    std::vector<std::pair<Kind, std::string>> all;
    for (Kind kind : {Kind::kEnvironment, Kind::kKafkaCluster, Kind::kKafkaKey, Kind::kDataPlane, Kind::kOperation}) {
      all.emplace_back(kind, bus::EventsTopic(KindName(kind)));
    }
    return all;
  }());
  return topics;
}

EventTail::EventTail(EventTailOptions options, EventRing& ring, clock::Random& random, metrics::Registry& metrics)
    : options_(std::move(options)),
      ring_(ring),
      random_(random),
      events_(metrics.CounterOf("sluice_watch_events_total", "Events taken into the ring that Watch reads")),
      undecodable_(metrics.CounterOf("sluice_watch_undecodable_total", "Records of event topics that are no events")) {}

absl::Status EventTail::Run(clock::StopSignal& stop) {
  clock::BackOff backoff(random_, absl::Milliseconds(200), absl::Seconds(5));
  while (!stop.stopped()) {
    absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> consumer = Start();
    absl::Status status = consumer.status();
    if (status.ok()) {
      backoff.Reset();
      status = Follow(**consumer, stop);
      (*consumer)->Close();
    }
    if (status.ok()) return status;
    log::Warn("the event topics cannot be followed", {{"error", Std(status.message())}});
    stop.WaitFor(backoff.Next());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> EventTail::Start() {
  ASSIGN_OR_RETURN(auto consumer,
                   kafka_client::Consumer::Create({.connection = options_.kafka, .group_id = options_.group_id}));
  slots_.clear();
  std::vector<kafka_client::Position> positions;
  std::vector<int64_t> first_offsets;
  for (const auto& [kind, topic] : Topics()) {
    ASSIGN_OR_RETURN(auto partitions, consumer->PartitionsOf(topic, kMetadataTimeout));
    std::sort(partitions.begin(), partitions.end());
    for (const auto& partition : partitions) {
      ASSIGN_OR_RETURN(const auto marks, consumer->WatermarksOf(partition, kMetadataTimeout));
      const int64_t first = std::max(marks.low, marks.high - options_.backlog_per_partition);
      slots_.push_back({partition, kind});
      positions.push_back({.partition = partition, .offset = first});
      first_offsets.push_back(first);
    }
  }
  RETURN_IF_ERROR(consumer->Assign(positions));
  ring_.Begin(std::move(first_offsets));
  return consumer;
}

absl::Status EventTail::Follow(kafka_client::Consumer& consumer, clock::StopSignal& stop) {
  while (!stop.stopped()) {
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
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) {
    return s.partition.partition == record.partition && s.partition.topic == record.topic;
  });
  if (slot == slots_.end()) return;
  const int64_t offset = record.offset;
  absl::StatusOr<bus::ReceivedEvent> event = bus::DecodeCloudEvent(std::move(record));
  if (!event.ok() || !event->payload) {
    undecodable_.Increment();
    return;
  }
  events_.Increment();
  ring_.Append(std::make_shared<RingEvent>(static_cast<int>(slot - slots_.begin()), offset, slot->kind, event->time,
                                           *std::move(event->payload)));
}

}  // namespace sluice::provisioner
