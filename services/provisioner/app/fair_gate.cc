#include "services/provisioner/app/fair_gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::provisioner {

absl::StatusOr<FairGate::Slot> FairGate::Enter(const std::string& organization, absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  if (free_ > 0 && turns_.empty()) {
    --free_;
    return Slot(this);
  }
  std::deque<Waiter*>& queue = queues_[organization];
  if (static_cast<int>(queue.size()) >= most_waiting_) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, absl::StrCat(queue.size(), " calls of your organization wait already"),
        {.reason = "ORGANIZATION_BUSY", .remedy = "send fewer calls at once", .retry_after = absl::Milliseconds(200)});
  }
  Waiter waiter;
  if (queue.empty()) turns_.push_back(organization);
  queue.push_back(&waiter);
  AdmitNext();
  const bool admitted = waiter.turn.wait_for(lock, absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1))),
                                             [&] { return waiter.admitted; });
  if (admitted) return Slot(this);
  std::erase(queue, &waiter);
  if (queue.empty()) {
    std::erase(turns_, organization);
    queues_.erase(organization);
  }
  return MakeError(absl::StatusCode::kDeadlineExceeded, "the call waited too long for its turn",
                   {.reason = "WAITED_TOO_LONG", .remedy = "try again with a longer deadline, or fewer calls at once"});
}

int FairGate::waiting() const {
  std::lock_guard lock(mutex_);
  int waiting = 0;
  for (const auto& [organization, queue] : queues_) waiting += static_cast<int>(queue.size());
  return waiting;
}

void FairGate::Leave() {
  std::lock_guard lock(mutex_);
  ++free_;
  AdmitNext();
}

void FairGate::AdmitNext() {
  while (free_ > 0 && !turns_.empty()) {
    const std::string organization = turns_.front();
    turns_.pop_front();
    std::deque<Waiter*>& queue = queues_[organization];
    Waiter* next = queue.front();
    queue.pop_front();
    if (queue.empty()) {
      queues_.erase(organization);
    } else {
      turns_.push_back(organization);
    }
    --free_;
    next->admitted = true;
    next->turn.notify_one();
  }
}

}  // namespace sluice::provisioner
