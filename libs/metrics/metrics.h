#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::metrics {

using Labels = std::map<std::string, std::string>;

// A number that only grows. An increment is one atomic addition. Lives as long as its Registry.
using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
// Observe(seconds). Costs a scan of the bounds and an atomic addition.
using Histogram = prometheus::Histogram;

// 100 µs to 30 s: for latencies in seconds.
const std::vector<double>& LatencyBounds();

// All metrics of a process. Asking again for the same name and labels gives the same metric, so keep the reference
// where it is hot: a look-up takes a lock. Names as Prometheus has them: sluice_<room>_<what>_<unit>[_total].
// Thread-safe.
class Registry {
 public:
  Registry();
  Counter& CounterOf(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& GaugeOf(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& HistogramOf(std::string_view name, std::string_view help, const Labels& labels = {},
                         const std::vector<double>& bounds = LatencyBounds());
  // Takes a labelled gauge out of the output, when what it describes is gone.
  void RemoveGauge(std::string_view name, const Labels& labels);

  // The text exposition format, version 0.0.4.
  std::string Render() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<prometheus::Registry> registry_;
  std::map<std::string, prometheus::Family<Counter>*, std::less<>> counters_;
  std::map<std::string, prometheus::Family<Gauge>*, std::less<>> gauges_;
  std::map<std::string, prometheus::Family<Histogram>*, std::less<>> histograms_;
  std::map<std::pair<std::string, Labels>, Gauge*> gauge_of_labels_;
};

// What /healthz says: OK is 200, anything else 503 with the message.
using HealthCheck = std::function<absl::Status()>;

// Serves GET /metrics and /healthz over plain HTTP with two threads; bind it to loopback or a private address.
class Exposer {
 public:
  // `address` is "host:port"; port 0 takes a free one. UNAVAILABLE with reason PORT_IN_USE when it cannot be bound.
  // `registry` outlives the exposer.
  static absl::StatusOr<std::unique_ptr<Exposer>> Start(std::string_view address, const Registry& registry,
                                                        HealthCheck health);
  virtual ~Exposer() = default;
  virtual int port() const = 0;
};

}  // namespace sluice::metrics
