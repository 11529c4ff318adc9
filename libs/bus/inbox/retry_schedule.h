#pragma once

#include <map>
#include <vector>

#include "absl/time/time.h"
#include "libs/bus/inbox/inbox_store.h"

namespace sluice::bus {

// When each failing key is tried again, by the monotonic clock: a wall clock that jumps neither delays nor hastens it.
// Pure.
class RetrySchedule {
 public:
  // waits[n - 1] is the wait after the n-th failure.
  explicit RetrySchedule(std::vector<absl::Duration> waits) : waits_(std::move(waits)) {}

  int max_attempts() const { return static_cast<int>(waits_.size()) + 1; }
  // What the database says now: new keys get their wait, released ones are due at once, those gone are forgotten.
  void Refresh(const std::vector<RetryingKey>& keys, absl::Duration now);
  // Keys whose time has come; each is asked for once until it is failed or refreshed again.
  std::vector<KeyOfTopic> TakeDue(absl::Duration now);
  // It failed for the `attempts`-th time.
  void Failed(const KeyOfTopic& key, int attempts, absl::Duration now);
  // When the next one is due; InfiniteDuration for none.
  absl::Duration NextDue() const;

 private:
  struct Entry {
    int releases = 0;
    absl::Duration due;
  };
  absl::Duration WaitAfter(int attempts) const;

  const std::vector<absl::Duration> waits_;
  std::map<KeyOfTopic, Entry> entries_;
};

}  // namespace sluice::bus
