#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <random>
#include <vector>

#include "absl/time/time.h"

namespace sluice::kafka_admin {

// The randomness of retries and of the choice among brokers; a seed replays it. Thread-safe.
class Jitter {
 public:
  explicit Jitter(uint64_t seed) : generator_(seed != 0 ? seed : std::random_device{}()) {}

  // Between half of `whole` and the whole.
  absl::Duration Around(absl::Duration whole) {
    std::lock_guard lock(mutex_);
    return whole * std::uniform_real_distribution<double>(0.5, 1.0)(generator_);
  }

  template <typename T>
  void Shuffle(std::vector<T>& items) {
    std::lock_guard lock(mutex_);
    std::shuffle(items.begin(), items.end(), generator_);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 generator_;
};

}  // namespace sluice::kafka_admin
