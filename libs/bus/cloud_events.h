#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event.h"
#include "libs/kafka_client/connection.h"
#include "libs/kafka_client/consumer.h"

// CloudEvents 1.0, Kafka protocol binding, binary content mode (cloudevents.io): attributes are headers ce_*, the
// payload is the record's value. Ours besides: ce_generation (decimal), and traceparent (W3C Trace Context) by its own
// name.
namespace sluice::bus {

inline constexpr char kContentType[] = "application/protobuf";

// The headers of a record. `id` and `time` belong to the outbox row, so that a resend carries the same.
std::vector<kafka_client::Header> EncodeHeaders(const OutboxMessage& message, std::string_view id, absl::Time time);

// Checks everything that a reader relies on: a key; ce_id, ce_source, ce_type present, printable and at most 512 bytes;
// ce_specversion 1.0; ce_time RFC 3339; content-type application/protobuf unless it is a tombstone; ce_generation ≥ 0;
// no attribute twice. A malformed traceparent is dropped, not refused (W3C Trace Context, 2.2). INVALID_ARGUMENT with
// reason UNDECODABLE_RECORD and the header as field.
absl::StatusOr<ReceivedEvent> DecodeCloudEvent(kafka_client::ConsumerRecord record);

// 00-<32 hex>-<16 hex>-<2 hex>, lower case, ids not all zero.
bool IsValidTraceparent(std::string_view traceparent);

}  // namespace sluice::bus
