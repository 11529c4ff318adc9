#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace sluice::bus {

// What a service says, before it has an id: one row of the outbox, one record on the bus.
struct OutboxMessage {
  std::string topic;
  // The aggregate's id ("lkc-…", "pkc-…/lkc-…"). Records of one key arrive in the order of their commits.
  std::string key;
  // ce_type: the payload's full Protobuf name, past tense for events ("sluice.provisioner.v1.KafkaClusterCreated").
  std::string type;
  // ce_source: who says it; readers check it against the topic. ServiceSource / SatelliteSource in topics.h.
  std::string source;
  // Protobuf bytes, at most kMaxPayloadBytes. Unset: a tombstone (compacted topics only).
  std::optional<std::string> payload;
  // W3C Trace Context of the call that caused it; empty for none.
  std::string traceparent;
  // The aggregate's version or the document's generation, ≥ 1, growing for a key: readers keep the highest. 0: it has
  // none (samples).
  std::int64_t generation = 0;
  // On a compacted topic: the relay keeps the last of each key and publishes it again after a change of relay.
  bool compacted = false;
};

// A desired document is at most 256 KiB, and an event carries the full state after it.
inline constexpr int kMaxPayloadBytes = 512 * 1024;

// A record as a reader gets it, checked by DecodeCloudEvent.
struct ReceivedEvent {
  // ce_id: the same over resends; with `source` it names the event.
  std::string id;
  std::string source;
  std::string type;
  absl::Time time;
  std::string traceparent;
  std::int64_t generation = 0;
  std::string key;
  // Unset: a tombstone.
  std::optional<std::string> payload;

  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

}  // namespace sluice::bus
