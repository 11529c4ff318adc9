#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "libs/bus/event.h"

namespace sluice::bus {

// A committed message with what it got at its insertion.
struct OutboxRow {
  // Of bus_outbox; 0 for one that is said again from bus_latest.
  std::int64_t id = 0;
  std::string ce_id;
  absl::Time time;
  OutboxMessage message;
};

}  // namespace sluice::bus
