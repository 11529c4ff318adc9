#include "services/provisioner/app/operation_waiters.h"

#include <utility>

namespace sluice::provisioner {

OperationWaiters::Ticket::Ticket(OperationWaiters& waiters, std::string uid) : waiters_(waiters), uid_(std::move(uid)) {
  std::lock_guard lock(waiters_.mutex_);
  std::unique_ptr<Entry>& entry = waiters_.entries_[uid_];
  if (entry == nullptr) entry = std::make_unique<Entry>();
  ++entry->waiters;
  seen_ = entry->writes;
}

OperationWaiters::Ticket::~Ticket() {
  std::lock_guard lock(waiters_.mutex_);
  const auto entry = waiters_.entries_.find(uid_);
  if (--entry->second->waiters == 0) waiters_.entries_.erase(entry);
}

bool OperationWaiters::Ticket::Wait(absl::Duration timeout) {
  std::unique_lock lock(waiters_.mutex_);
  Entry& entry = *waiters_.entries_[uid_];
  const bool written =
      entry.changed.wait_for(lock, absl::ToChronoNanoseconds(timeout), [&] { return entry.writes != seen_; });
  seen_ = entry.writes;
  return written;
}

void OperationWaiters::Written(const std::string& uid) {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(uid);
  if (entry == entries_.end()) return;
  ++entry->second->writes;
  entry->second->changed.notify_all();
}

}  // namespace sluice::provisioner
