#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/provisioner/core/model/aggregate.h"
#include "services/provisioner/core/model/audit_entry.h"

// The bytes that rows and events hold. A row holds exactly what its event carries, so a replay gives equal rows.
namespace sluice::provisioner::records {

// Canonical: the same aggregate always gives the same bytes.
std::string EncodeState(const Aggregate& aggregate);
// INTERNAL with reason STATE_UNREADABLE for bytes that are not a `kind`'s. `version` is the row's.
absl::StatusOr<Aggregate> DecodeState(Kind kind, std::string_view bytes, int64_t version);

// The payload and type (full Protobuf name) of the record that tells of `aggregate`. `state` is EncodeState's.
struct EncodedEvent {
  std::string type;
  std::string payload;
};
EncodedEvent EncodeEvent(const Aggregate& aggregate, const std::string& cause, bool erased);
EncodedEvent EncodeAudit(const AuditEntry& entry);

struct DecodedEvent {
  Aggregate aggregate;
  bool erased = false;
};
absl::StatusOr<DecodedEvent> DecodeEvent(Kind kind, std::string_view payload);

}  // namespace sluice::provisioner::records
