#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::provisioner {

// Where callers queue for the database: `slots` at once, and whose turn it is goes round the organizations, so one that
// sends a thousand calls waits behind itself. An organization has at most `waiting_per_organization` in the queue.
// Thread-safe.
class FairGate {
 public:
  FairGate(int slots, int waiting_per_organization) : free_(slots), most_waiting_(waiting_per_organization) {}

  // Holds a slot until it is destroyed.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    ~Slot() {
      if (gate_ != nullptr) gate_->Leave();
    }
    Slot& operator=(Slot&&) = delete;

   private:
    friend class FairGate;
    explicit Slot(FairGate* gate) : gate_(gate) {}
    FairGate* gate_;
  };

  // RESOURCE_EXHAUSTED ORGANIZATION_BUSY when the organization's queue is full, DEADLINE_EXCEEDED WAITED_TOO_LONG after
  // `timeout`.
  absl::StatusOr<Slot> Enter(const std::string& organization, absl::Duration timeout);
  // Calls that wait now.
  int waiting() const;

 private:
  struct Waiter {
    bool admitted = false;
    std::condition_variable turn;
  };
  void Leave();
  // Gives a free slot to the next organization's oldest waiter; under mutex_.
  void AdmitNext();

  mutable std::mutex mutex_;
  int free_;
  const int most_waiting_;
  std::map<std::string, std::deque<Waiter*>> queues_;
  // Organizations with waiters, in the order of their turns.
  std::deque<std::string> turns_;
};

}  // namespace sluice::provisioner
