#pragma once

#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/bus/outbox/outbox.h"

namespace sluice::bus {

// Keeps what was appended, for tests of a service's app layer. Ignores the transaction, so it does not know of
// rollbacks.
class FakeOutbox final : public Outbox {
 public:
  absl::Status Admit(std::span<const OutboxMessage>) override {
    std::lock_guard lock(mutex_);
    return admit_;
  }

  absl::Status Append(pqxx::transaction_base&, std::span<const OutboxMessage> messages) override {
    return Append(messages);
  }
  absl::Status Append(std::span<const OutboxMessage> messages) {
    std::lock_guard lock(mutex_);
    if (!admit_.ok()) return admit_;
    messages_.insert(messages_.end(), messages.begin(), messages.end());
    return absl::OkStatus();
  }

  void Committed() override {
    std::lock_guard lock(mutex_);
    ++committed_;
  }

  // What Admit and Append answer from now on.
  void SetAdmit(absl::Status status) {
    std::lock_guard lock(mutex_);
    admit_ = std::move(status);
  }
  std::vector<OutboxMessage> messages() const {
    std::lock_guard lock(mutex_);
    return messages_;
  }
  int committed() const {
    std::lock_guard lock(mutex_);
    return committed_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status admit_;
  std::vector<OutboxMessage> messages_;
  int committed_ = 0;
};

}  // namespace sluice::bus
