#include "services/satellite/core/load/broker_reading.h"

#include <cmath>
#include <cstdlib>

namespace sluice::satellite {
namespace {

// The agent's own.
constexpr std::string_view kCpu = "process_cpu_seconds_total";

struct Line {
  std::string_view name;
  std::string topic;
  double value = 0;
};

// The value of label `topic`; Kafka's topic names hold nothing that is escaped.
std::string TopicOf(std::string_view labels) {
  constexpr std::string_view kTopic = "topic=\"";
  const size_t begin = labels.find(kTopic);
  if (begin == std::string_view::npos) return "";
  labels.remove_prefix(begin + kTopic.size());
  return std::string(labels.substr(0, labels.find('"')));
}

std::optional<Line> ParseLine(std::string_view text) {
  if (!text.starts_with("sluice_") && !text.starts_with(kCpu)) return std::nullopt;
  Line line;
  const size_t end_of_name = text.find_first_of("{ ");
  if (end_of_name == std::string_view::npos) return std::nullopt;
  line.name = text.substr(0, end_of_name);
  size_t value_at = end_of_name;
  if (text[end_of_name] == '{') {
    const size_t close = text.find('}', end_of_name);
    if (close == std::string_view::npos) return std::nullopt;
    line.topic = TopicOf(text.substr(end_of_name, close - end_of_name));
    value_at = close + 1;
  }
  const std::string value(text.substr(value_at));
  char* end = nullptr;
  line.value = std::strtod(value.c_str(), &end);
  if (end == value.c_str() || !std::isfinite(line.value)) return std::nullopt;
  return line;
}

}  // namespace

std::optional<BrokerReading> ParseBrokerReading(std::string_view text) {
  BrokerReading reading;
  bool has_bytes = false;
  bool has_idle = false;
  bool has_leaders = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const auto line = ParseLine(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line) continue;
    if (line->name == "sluice_topic_bytes_in_total") {
      reading.topics[line->topic].in = line->value;
    } else if (line->name == "sluice_topic_bytes_out_total") {
      reading.topics[line->topic].out = line->value;
    } else if (line->name == "sluice_broker_bytes_in_total") {
      reading.bytes_in_total = line->value;
      has_bytes = true;
    } else if (line->name == "sluice_broker_bytes_out_total") {
      reading.bytes_out_total = line->value;
    } else if (line->name == "sluice_broker_replication_bytes_in_total") {
      reading.replication_in_total = line->value;
    } else if (line->name == "sluice_broker_replication_bytes_out_total") {
      reading.replication_out_total = line->value;
    } else if (line->name == "sluice_broker_leaders") {
      reading.leaders = static_cast<int32_t>(line->value);
      has_leaders = true;
    } else if (line->name == "sluice_broker_replicas") {
      reading.replicas = static_cast<int32_t>(line->value);
    } else if (line->name == "sluice_broker_connections") {
      reading.connections += static_cast<int32_t>(line->value);
    } else if (line->name == "sluice_broker_request_handler_idle") {
      reading.request_handler_idle = line->value;
      has_idle = true;
    } else if (line->name == "sluice_broker_produce_local_ms") {
      reading.produce_local_ms = line->value;
    } else if (line->name == kCpu) {
      reading.cpu_seconds_total = line->value;
    }
  }
  if (!has_bytes || !has_idle || !has_leaders) return std::nullopt;
  return reading;
}

}  // namespace sluice::satellite
