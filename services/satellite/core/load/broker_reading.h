#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::satellite {

struct TopicBytes {
  double in = 0;
  double out = 0;
};

// One look at one broker's agent (adapters/load/jmx_agent.yaml names the metrics). Totals grow from the broker's start.
struct BrokerReading {
  double bytes_in_total = 0;
  double bytes_out_total = 0;
  double replication_in_total = 0;
  double replication_out_total = 0;
  int32_t leaders = 0;
  int32_t replicas = 0;
  int32_t connections = 0;
  double request_handler_idle = 0;  // 0–1
  // A produce request's time at its leader, 99.9th percentile; 0 before the first.
  double produce_local_ms = 0;
  double cpu_seconds_total = 0;
  std::map<std::string, TopicBytes> topics;  // totals of what this broker leads
};

// Reads the text exposition format 0.0.4. Nothing when what every broker says is missing, so that a page that is cut
// off is no reading. Other metrics are skipped. O(bytes).
std::optional<BrokerReading> ParseBrokerReading(std::string_view text);

}  // namespace sluice::satellite
