#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::clock {

// Tells loops to end, and is what they sleep on. Set once, never cleared. Thread-safe.
class StopSignal {
 public:
  void Stop() {
    std::vector<std::function<void()>> callbacks;
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
      callbacks.swap(callbacks_);
    }
    changed_.notify_all();
    for (auto& callback : callbacks) callback();
  }

  bool stopped() const {
    std::lock_guard lock(mutex_);
    return stopped_;
  }

  // Sleeps up to `timeout`; true as soon as it is stopped.
  bool WaitFor(absl::Duration timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] { return stopped_; });
  }

  // Runs `callback` at Stop, at once when it is stopped already: to wake a loop that waits on something else.
  void OnStop(std::function<void()> callback) {
    {
      std::lock_guard lock(mutex_);
      if (!stopped_) {
        callbacks_.push_back(std::move(callback));
        return;
      }
    }
    callback();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<std::function<void()>> callbacks_;
};

}  // namespace sluice::clock
