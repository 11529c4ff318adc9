#include "libs/bus/inbox/retry_schedule.h"

#include <algorithm>
#include <utility>

namespace sluice::bus {

absl::Duration RetrySchedule::WaitAfter(int attempts) const {
  if (attempts <= 0 || waits_.empty()) return absl::ZeroDuration();
  return waits_[std::min<std::size_t>(static_cast<std::size_t>(attempts), waits_.size()) - 1];
}

void RetrySchedule::Refresh(const std::vector<RetryingKey>& keys, absl::Duration now) {
  std::map<KeyOfTopic, Entry> next;
  for (const RetryingKey& key : keys) {
    auto known = entries_.find(key.key);
    if (known != entries_.end() && known->second.releases == key.releases) {
      next[key.key] = known->second;
    } else {
      next[key.key] = {key.releases, now + WaitAfter(key.attempts)};
    }
  }
  entries_ = std::move(next);
}

std::vector<KeyOfTopic> RetrySchedule::TakeDue(absl::Duration now) {
  std::vector<KeyOfTopic> due;
  for (auto& [key, entry] : entries_) {
    if (entry.due > now) continue;
    due.push_back(key);
    // Another member may be at it: asked again if it is still there later.
    entry.due = now + WaitAfter(1) + absl::Seconds(1);
  }
  return due;
}

void RetrySchedule::Failed(const KeyOfTopic& key, int attempts, absl::Duration now) {
  entries_[key].due = now + WaitAfter(attempts);
}

absl::Duration RetrySchedule::NextDue() const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [key, entry] : entries_) next = std::min(next, entry.due);
  return next;
}

}  // namespace sluice::bus
