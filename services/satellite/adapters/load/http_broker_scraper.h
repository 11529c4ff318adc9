#pragma once

#include "services/satellite/ports/broker_scraper.h"

namespace sluice::satellite {

// By libcurl, plain HTTP, a connection for each scrape: brokers' agents listen on loopback or a private address.
class HttpBrokerScraper final : public BrokerScraper {
 public:
  HttpBrokerScraper();
  absl::StatusOr<std::string> Scrape(const kafka_admin::BrokerAddress& address, absl::Duration timeout) override;
};

}  // namespace sluice::satellite
