#pragma once

#include <map>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/cluster.h"

namespace sluice::satellite {

// Fetches a broker's metrics page. Thread-safe.
class BrokerScraper {
 public:
  virtual ~BrokerScraper() = default;
  // UNAVAILABLE (SCRAPE_FAILED) when it does not answer with a page within `timeout`.
  virtual absl::StatusOr<std::string> Scrape(const kafka_admin::BrokerAddress& address, absl::Duration timeout) = 0;
};

class FakeBrokerScraper final : public BrokerScraper {
 public:
  void SetPage(const kafka_admin::BrokerAddress& address, std::string page) {
    std::lock_guard lock(mutex_);
    pages_[address] = std::move(page);
  }
  absl::StatusOr<std::string> Scrape(const kafka_admin::BrokerAddress& address, absl::Duration) override {
    std::lock_guard lock(mutex_);
    const auto found = pages_.find(address);
    if (found == pages_.end()) return absl::UnavailableError("nobody is there");
    return found->second;
  }

 private:
  std::mutex mutex_;
  std::map<kafka_admin::BrokerAddress, std::string> pages_;
};

}  // namespace sluice::satellite
