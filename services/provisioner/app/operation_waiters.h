#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"

namespace sluice::provisioner {

// Wakes those who wait for an operation in this process. A hint only: another replica may have ended it, so a waiter
// looks by itself besides (kLook). Thread-safe; bounded by the number of waiting calls.
class OperationWaiters {
 public:
  // How often a waiter looks without having been woken.
  static constexpr absl::Duration kLook = absl::Milliseconds(250);

  // Registers interest before the operation is read, so that no end falls between.
  class Ticket {
   public:
    Ticket(OperationWaiters& waiters, std::string uid);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    // True when the operation was written since the ticket was taken or last waited; false after `timeout`.
    bool Wait(absl::Duration timeout);

   private:
    OperationWaiters& waiters_;
    const std::string uid_;
    int64_t seen_ = 0;
  };

  // The operation was written.
  void Written(const std::string& uid);

 private:
  struct Entry {
    int waiters = 0;
    int64_t writes = 0;
    std::condition_variable changed;
  };
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace sluice::provisioner
