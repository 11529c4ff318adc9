#include "libs/bus/inbox/inbox_metrics.h"

namespace sluice::bus {
namespace {

metrics::Counter& Events(metrics::Registry& registry, const std::string& consumer, const std::string& outcome) {
  return registry.CounterOf("sluice_bus_inbox_events_total", "Records read, by what became of them",
                            {{"consumer", consumer}, {"outcome", outcome}});
}

}  // namespace

InboxMetrics::InboxMetrics(metrics::Registry& registry, const std::string& consumer)
    : handled(Events(registry, consumer, "handled")),
      duplicates(Events(registry, consumer, "duplicate")),
      set_aside(Events(registry, consumer, "set_aside")),
      undecodable(Events(registry, consumer, "undecodable")),
      forged(Events(registry, consumer, "forged")),
      failures(
          registry.CounterOf("sluice_bus_inbox_failures_total", "Failures of the handler", {{"consumer", consumer}})),
      delay(registry.HistogramOf("sluice_bus_inbox_delay_seconds", "From the event's time to its committed effect",
                                 {{"consumer", consumer}})),
      lag(registry.GaugeOf("sluice_bus_inbox_lag_records", "Records not read yet", {{"consumer", consumer}})),
      retrying_keys(
          registry.GaugeOf("sluice_bus_inbox_retrying_keys", "Keys that are tried again", {{"consumer", consumer}})),
      parked_keys(
          registry.GaugeOf("sluice_bus_inbox_parked_keys", "Keys that wait for a release", {{"consumer", consumer}})),
      parked_records(registry.GaugeOf("sluice_bus_inbox_parked_records", "Records of keys that are set aside",
                                      {{"consumer", consumer}})) {}

void InboxMetrics::Parked(const ParkedCounts& counts) {
  retrying_keys.Set(static_cast<double>(counts.retrying_keys));
  parked_keys.Set(static_cast<double>(counts.parked_keys));
  parked_records.Set(static_cast<double>(counts.records));
}

}  // namespace sluice::bus
