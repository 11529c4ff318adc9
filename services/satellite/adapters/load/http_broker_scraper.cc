#include "services/satellite/adapters/load/http_broker_scraper.h"

#include <curl/curl.h>

#include <memory>

#include "libs/base/error.h"

namespace sluice::satellite {
namespace {

// 10,000 topics take about 2 MiB.
constexpr size_t kMaxPageBytes = 32u << 20;

size_t Append(char* data, size_t size, size_t count, void* page) {
  auto& text = *static_cast<std::string*>(page);
  if (text.size() + size * count > kMaxPageBytes) return 0;
  text.append(data, size * count);
  return size * count;
}

}  // namespace

HttpBrokerScraper::HttpBrokerScraper() {
  // Not thread-safe by itself; main makes this one before it starts threads.
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

absl::StatusOr<std::string> HttpBrokerScraper::Scrape(const kafka_admin::BrokerAddress& address,
                                                      absl::Duration timeout) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::string url = "http://" + address.host + ":" + std::to_string(address.port) + "/metrics";
  std::string page;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &page);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return page;
  return MakeError(absl::StatusCode::kUnavailable, url + ": " + curl_easy_strerror(code),
                   {.reason = "SCRAPE_FAILED", .remedy = "It is tried again by itself; look at the broker's log."});
}

}  // namespace sluice::satellite
