#pragma once

#include <cstdint>
#include <limits>

namespace sluice::kafka_admin::wire {

inline constexpr int16_t kMaxVersion = std::numeric_limits<int16_t>::max();

// Versions of a message, both ends included; first > last is no version.
struct VersionRange {
  int16_t first = 1;
  int16_t last = 0;

  constexpr bool Contains(int16_t version) const { return first <= version && version <= last; }
};

inline constexpr VersionRange kNever = {1, 0};

// One field of a message, as Kafka's schema describes it.
struct FieldSpec {
  const char* name;
  VersionRange versions;
  // Where null may stand; elsewhere null is refused in both directions.
  VersionRange nullable = kNever;
  // Where it is written among the tagged fields at the end of its struct, under `tag`, unless it has its default.
  VersionRange tagged = kNever;
  int32_t tag = -1;
  // May be left out in silence in a version without it, though it is set.
  bool ignorable = false;
  // Keeps the old encoding in flexible versions (the header's client id).
  bool never_flexible = false;
};

}  // namespace sluice::kafka_admin::wire
