#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/kafka_client/consumer.h"
#include "services/provisioner/adapters/grpc/watch/event_ring.h"

namespace sluice::provisioner {

// The event topics that Watch follows, in the order that resume tokens count in: new ones come last. No kind: Kafka
// topics, which have no rows.
const std::vector<std::pair<std::optional<Kind>, std::string>>& EventTopics();

// A partition of an event topic, at its place in resume tokens, and what of it is there.
struct EventSlot {
  kafka_client::TopicPartition partition;
  std::optional<Kind> kind;
  int64_t low = 0;
  int64_t high = 0;
};
// All partitions of all event topics.
absl::StatusOr<std::vector<EventSlot>> EventSlotsOf(kafka_client::Consumer& consumer, absl::Duration timeout);

// Each slot's partition at its offset; as many offsets as slots.
std::vector<kafka_client::Position> PositionsAt(const std::vector<EventSlot>& slots,
                                                const std::vector<int64_t>& offsets);

// The index of the record's slot; -1 for none.
int SlotIndexOf(const std::vector<EventSlot>& slots, const kafka_client::ConsumerRecord& record);
// The event of a record of slot `index`; null for a record that is no event.
std::shared_ptr<const RingEvent> EventOf(const std::vector<EventSlot>& slots, int index,
                                         kafka_client::ConsumerRecord record);

}  // namespace sluice::provisioner
