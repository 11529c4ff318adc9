#pragma once

#include <string>

namespace sluice::kafka_admin::wire {

// Raw bytes, apart from std::string since Kafka writes their length another way.
struct Bytes {
  std::string data;

  friend bool operator==(const Bytes&, const Bytes&) = default;
};

}  // namespace sluice::kafka_admin::wire
