#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "libs/bus/outbox/relay_store.h"
#include "libs/metrics/metrics.h"

namespace sluice::bus {

// What a relay tells of itself. One thread.
class RelayMetrics {
 public:
  explicit RelayMetrics(metrics::Registry& registry);

  void Lease(std::int64_t epoch);
  void Backlog(const BacklogCount& count);
  void Published(absl::Duration since_commit);
  void Republished(std::size_t rows);
  void Failure(const std::string& reason);

 private:
  metrics::Registry& registry_;
  metrics::Gauge& epoch_;
  metrics::Gauge& age_;
  metrics::Counter& published_;
  metrics::Counter& republished_;
  metrics::Histogram& latency_;
  std::map<std::string, metrics::Gauge*, std::less<>> rows_of_topic_;
};

}  // namespace sluice::bus
