#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/satellite/ports/wish_handler.h"

namespace sluice::satellite {

// The documents that this satellite has accepted: what it goes on from when the control plane is away. One thread.
class DesiredStore {
 public:
  virtual ~DesiredStore() = default;
  // Everything, at the start.
  virtual absl::StatusOr<std::vector<AcceptedWish>> LoadAll() = 0;
  // On disk when it returns.
  virtual absl::Status Save(const AcceptedWish& wish) = 0;
  virtual absl::Status Remove(const std::string& key) = 0;
};

class FakeDesiredStore final : public DesiredStore {
 public:
  absl::StatusOr<std::vector<AcceptedWish>> LoadAll() override {
    std::lock_guard lock(mutex_);
    std::vector<AcceptedWish> all;
    for (const auto& [key, wish] : wishes_) all.push_back(wish);
    return all;
  }
  absl::Status Save(const AcceptedWish& wish) override {
    std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
    wishes_[wish.document.key()] = wish;
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& key) override {
    std::lock_guard lock(mutex_);
    wishes_.erase(key);
    return absl::OkStatus();
  }
  // What Save answers from now on.
  void SetStatus(absl::Status status) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }

 private:
  std::mutex mutex_;
  absl::Status status_;
  std::map<std::string, AcceptedWish> wishes_;
};

}  // namespace sluice::satellite
