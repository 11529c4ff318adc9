#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::kafka_admin {

// Kafka's 128-bit id of topics and directories. Printed as Kafka prints it: 22 characters of URL-safe base64.
struct Uuid {
  uint64_t high = 0;
  uint64_t low = 0;

  // Zero is Kafka's "no id".
  bool IsZero() const { return high == 0 && low == 0; }
  std::string ToString() const;
  // InvalidArgument unless `text` is the 22 characters that ToString gives.
  static absl::StatusOr<Uuid> Parse(std::string_view text);

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.high, id.low);
  }
};

}  // namespace sluice::kafka_admin
