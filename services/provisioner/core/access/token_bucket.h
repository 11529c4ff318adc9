#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/time/time.h"

namespace sluice::provisioner {

struct BucketLimits {
  double per_second = 1;
  double burst = 1;
};

// A token bucket. Time comes as an argument; any clock that does not go back.
class TokenBucket {
 public:
  TokenBucket(BucketLimits limits, absl::Duration now) : limits_(limits), tokens_(limits.burst), filled_(now) {}

  // Takes a token when there is one.
  bool Take(absl::Duration now) {
    Fill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  bool HasOne(absl::Duration now) {
    Fill(now);
    return tokens_ >= 1;
  }
  int remaining() const { return static_cast<int>(tokens_); }
  // Until the next token, and until it is full again.
  absl::Duration UntilNext() const { return absl::Seconds(std::max(0.0, 1 - tokens_) / limits_.per_second); }
  absl::Duration UntilFull() const { return absl::Seconds((limits_.burst - tokens_) / limits_.per_second); }
  const BucketLimits& limits() const { return limits_; }

 private:
  void Fill(absl::Duration now) {
    if (now <= filled_) return;
    tokens_ = std::min(limits_.burst, tokens_ + absl::ToDoubleSeconds(now - filled_) * limits_.per_second);
    filled_ = now;
  }

  BucketLimits limits_;
  double tokens_;
  absl::Duration filled_;
};

// A bucket for each name, at most `max_names`: beyond, the one that was used longest ago is forgotten, and begins full
// when it comes again. O(1).
class TokenBuckets {
 public:
  TokenBuckets(BucketLimits limits, std::size_t max_names) : limits_(limits), max_names_(max_names) {}

  TokenBucket& Of(const std::string& name, absl::Duration now) {
    if (auto it = by_name_.find(name); it != by_name_.end()) {
      order_.splice(order_.begin(), order_, it->second);
      return it->second->second;
    }
    if (order_.size() >= max_names_) {
      by_name_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(name, TokenBucket(limits_, now));
    by_name_.emplace(name, order_.begin());
    return order_.front().second;
  }
  std::size_t size() const { return order_.size(); }

 private:
  const BucketLimits limits_;
  const std::size_t max_names_;
  std::list<std::pair<std::string, TokenBucket>> order_;
  std::unordered_map<std::string, std::list<std::pair<std::string, TokenBucket>>::iterator> by_name_;
};

}  // namespace sluice::provisioner
