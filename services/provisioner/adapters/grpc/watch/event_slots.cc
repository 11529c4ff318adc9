#include "services/provisioner/adapters/grpc/watch/event_slots.h"

#include <algorithm>

#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/topics.h"
#include "services/provisioner/adapters/records/topic_records.h"

namespace sluice::provisioner {

const std::vector<std::pair<std::optional<Kind>, std::string>>& EventTopics() {
  static const auto& topics = *new std::vector<std::pair<std::optional<Kind>, std::string>>([] {
    std::vector<std::pair<std::optional<Kind>, std::string>> all;
    for (Kind kind : {Kind::kEnvironment, Kind::kKafkaCluster, Kind::kKafkaKey, Kind::kDataPlane, Kind::kOperation}) {
      all.emplace_back(kind, bus::EventsTopic(KindName(kind)));
    }
    all.emplace_back(std::nullopt, bus::EventsTopic(records::kTopicEvents));
    return all;
  }());
  return topics;
}

absl::StatusOr<std::vector<EventSlot>> EventSlotsOf(kafka_client::Consumer& consumer, absl::Duration timeout) {
  std::vector<EventSlot> slots;
  for (const auto& [kind, topic] : EventTopics()) {
    ASSIGN_OR_RETURN(auto partitions, consumer.PartitionsOf(topic, timeout));
    std::sort(partitions.begin(), partitions.end());
    for (const auto& partition : partitions) {
      ASSIGN_OR_RETURN(const auto marks, consumer.WatermarksOf(partition, timeout));
      slots.push_back({partition, kind, marks.low, marks.high});
    }
  }
  return slots;
}

std::vector<kafka_client::Position> PositionsAt(const std::vector<EventSlot>& slots,
                                                const std::vector<int64_t>& offsets) {
  std::vector<kafka_client::Position> positions;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    positions.push_back({.partition = slots[i].partition, .offset = offsets[i]});
  }
  return positions;
}

int SlotIndexOf(const std::vector<EventSlot>& slots, const kafka_client::ConsumerRecord& record) {
  const auto slot = std::find_if(slots.begin(), slots.end(), [&](const EventSlot& s) {
    return s.partition.partition == record.partition && s.partition.topic == record.topic;
  });
  return slot == slots.end() ? -1 : static_cast<int>(slot - slots.begin());
}

std::shared_ptr<const RingEvent> EventOf(const std::vector<EventSlot>& slots, int index,
                                         kafka_client::ConsumerRecord record) {
  const int64_t offset = record.offset;
  absl::StatusOr<bus::ReceivedEvent> event = bus::DecodeCloudEvent(std::move(record));
  if (!event.ok() || !event->payload) return nullptr;
  return std::make_shared<RingEvent>(index, offset, slots[static_cast<std::size_t>(index)].kind, event->time,
                                     *std::move(event->payload));
}

}  // namespace sluice::provisioner
