#pragma once

#include <string>

#include "absl/time/time.h"
#include "libs/bus/inbox/inbox_store.h"
#include "libs/metrics/metrics.h"

namespace sluice::bus {

// What one InboxConsumer tells of itself.
struct InboxMetrics {
  InboxMetrics(metrics::Registry& registry, const std::string& consumer);

  void Parked(const ParkedCounts& counts);

  metrics::Counter& handled;
  metrics::Counter& duplicates;
  metrics::Counter& set_aside;
  metrics::Counter& undecodable;
  metrics::Counter& forged;
  metrics::Counter& failures;
  // From the event's own time to the commit of its effect.
  metrics::Histogram& delay;
  metrics::Gauge& lag;
  metrics::Gauge& retrying_keys;
  // Above 0: someone has to look (deploy/alerts).
  metrics::Gauge& parked_keys;
  metrics::Gauge& parked_records;
};

}  // namespace sluice::bus
