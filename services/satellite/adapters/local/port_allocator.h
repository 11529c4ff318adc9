#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::satellite {

// Ports of the nodes on loopback, out of one range. What is held is remembered by the nodes' records; this is told of
// it at start. Thread-safe.
class PortAllocator {
 public:
  // Both ends belong to it.
  PortAllocator(int32_t first, int32_t last) : first_(first), last_(last) {}

  // `count` ports, lowest first, that nobody holds here and nobody else on the machine listens on now.
  // ResourceExhausted NO_CAPACITY when there are not so many.
  absl::StatusOr<std::vector<int32_t>> Take(int count);
  // Known from a record.
  void Hold(const std::vector<int32_t>& ports);
  void Release(const std::vector<int32_t>& ports);
  // Ports of the range that nobody holds here.
  int32_t Left() const;

 private:
  const int32_t first_;
  const int32_t last_;
  mutable std::mutex mutex_;
  std::set<int32_t> held_;
};

// Nobody listens on 127.0.0.1:port.
bool PortIsFree(int32_t port);

}  // namespace sluice::satellite
