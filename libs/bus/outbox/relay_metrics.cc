#include "libs/bus/outbox/relay_metrics.h"

namespace sluice::bus {
namespace {

constexpr char kRows[] = "sluice_bus_outbox_rows";

}  // namespace

RelayMetrics::RelayMetrics(metrics::Registry& registry)
    : registry_(registry),
      epoch_(registry.GaugeOf("sluice_bus_relay_epoch", "Epoch of the relay lease; 0: this process does not hold it")),
      age_(registry.GaugeOf("sluice_bus_outbox_oldest_seconds", "Age of the oldest message that waits to be sent")),
      published_(registry.CounterOf("sluice_bus_published_total", "Messages that Kafka has acknowledged")),
      republished_(registry.CounterOf("sluice_bus_republished_total", "Messages said again after a change of relay")),
      latency_(registry.HistogramOf("sluice_bus_publish_seconds", "From the row's insertion to its acknowledgement")) {}

void RelayMetrics::Lease(std::int64_t epoch) { epoch_.Set(static_cast<double>(epoch)); }

void RelayMetrics::Backlog(const BacklogCount& count) {
  age_.Set(absl::ToDoubleSeconds(count.age_of_oldest));
  for (auto known = rows_of_topic_.begin(); known != rows_of_topic_.end();) {
    if (count.rows_of_topic.contains(known->first)) {
      ++known;
      continue;
    }
    registry_.RemoveGauge(kRows, {{"topic", known->first}});
    known = rows_of_topic_.erase(known);
  }
  for (const auto& [topic, rows] : count.rows_of_topic) {
    metrics::Gauge*& gauge = rows_of_topic_[topic];
    if (gauge == nullptr) gauge = &registry_.GaugeOf(kRows, "Messages that wait to be sent", {{"topic", topic}});
    gauge->Set(static_cast<double>(rows));
  }
}

void RelayMetrics::Published(absl::Duration since_commit) {
  published_.Increment();
  latency_.Observe(absl::ToDoubleSeconds(since_commit));
}

void RelayMetrics::Republished(std::size_t rows) { republished_.Increment(static_cast<double>(rows)); }

void RelayMetrics::Failure(const std::string& reason) {
  registry_
      .CounterOf("sluice_bus_send_failures_total", "Messages that Kafka did not take; they are sent again",
                 {{"reason", reason}})
      .Increment();
}

}  // namespace sluice::bus
