#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "libs/bus/event.h"

namespace sluice::bus {

struct BacklogLimits {
  // Rows that may wait for one topic: a sick data plane fills its own share only.
  std::int64_t rows_per_topic = 20'000;
  // Rows that may wait in all.
  std::int64_t rows = 100'000;
};

// What waits in the outbox, as the process's Relay last counted it (once a second) plus what this process has appended
// since. So the limits hold up to what other processes append within a second. Thread-safe.
class Backlog {
 public:
  explicit Backlog(BacklogLimits limits) : limits_(limits) {}

  // See Outbox::Admit.
  absl::Status Admit(std::span<const OutboxMessage> messages);
  // Rows per topic, from the relay. Sums it up.
  void Counted(std::map<std::string, std::int64_t, std::less<>> rows_of_topic);
  std::int64_t rows() const;

 private:
  const BacklogLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> rows_of_topic_;
  std::int64_t rows_ = 0;
};

}  // namespace sluice::bus
