#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "libs/bus/reader/publisher.h"

namespace sluice::satellite {

// The publisher of the present certificate. What was accepted by the one before is still delivered by it. Thread-safe.
class SwitchingPublisher final : public bus::Publisher {
 public:
  // Gives back the one before, for the caller to flush and to end.
  std::shared_ptr<bus::Publisher> Switch(std::shared_ptr<bus::Publisher> next) {
    std::lock_guard lock(mutex_);
    return std::exchange(present_, std::move(next));
  }

  absl::Status Publish(bus::OutboxMessage message) override {
    const auto present = Present();
    if (present == nullptr) return absl::UnavailableError("the bus is not connected yet");
    return present->Publish(std::move(message));
  }
  absl::Status Flush(absl::Duration timeout) override {
    const auto present = Present();
    return present == nullptr ? absl::UnavailableError("the bus is not connected yet") : present->Flush(timeout);
  }
  absl::Status fatal_error() const override {
    const auto present = Present();
    return present == nullptr ? absl::OkStatus() : present->fatal_error();
  }

 private:
  std::shared_ptr<bus::Publisher> Present() const {
    std::lock_guard lock(mutex_);
    return present_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<bus::Publisher> present_;
};

}  // namespace sluice::satellite
