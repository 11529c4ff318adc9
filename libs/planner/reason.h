#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"

namespace sluice::planner {

// Why a replica or a leadership goes from one broker to another.
struct Reason {
  enum Kind : uint8_t {
    kNone,
    kBrokerDead,
    kBrokerLeaving,
    kRackRule,
    kOverLimit,   // the source is above a hard limit
    kTooMuch,     // the source has more than its share of `dimension`
    kTooLittle,   // the destination has less than its share of `dimension`
    kLogDirFull,  // the log dir it is in is over its limit, or much fuller than its broker's others
  };
  Kind kind = kNone;
  uint8_t dimension = 0;
  // Of `dimension`, relative to the broker's share, before this step of the search.
  float source = 0;
  float destination = 0;
};

// The last reason of each slot (for a copy) and of each partition (for a leader change).
struct ReasonLog {
  absl::flat_hash_map<uint32_t, Reason> copies;
  absl::flat_hash_map<uint32_t, Reason> leaders;

  // `other` is copied in place of `slot`, for the same reason.
  void CopyInPlaceOf(uint32_t slot, uint32_t other) {
    const Reason reason = copies[slot];  // by value: writing may move all of them
    copies[other] = reason;
  }
};

}  // namespace sluice::planner
