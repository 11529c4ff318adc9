#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "libs/bus/reader/compacted_reader.h"

namespace sluice::bus {

// Gives out what a test puts in. Thread-safe.
class FakeDocumentSource final : public DocumentSource {
 public:
  void Put(ReceivedEvent event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  // What Poll answers instead while it is not OK.
  void SetStatus(absl::Status status) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  void SetCaughtUp(bool caught_up) {
    std::lock_guard lock(mutex_);
    caught_up_ = caught_up;
  }

  absl::StatusOr<std::vector<ReceivedEvent>> Poll(absl::Duration) override {
    std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
    return std::exchange(events_, {});
  }
  bool caught_up() const override {
    std::lock_guard lock(mutex_);
    return caught_up_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ReceivedEvent> events_;
  absl::Status status_;
  bool caught_up_ = true;
};

}  // namespace sluice::bus
