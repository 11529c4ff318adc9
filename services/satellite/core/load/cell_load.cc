#include "services/satellite/core/load/cell_load.h"

#include <algorithm>
#include <utility>

namespace sluice::satellite {
namespace {

using PartitionKey = std::pair<std::string, int32_t>;
using TopicOnBroker = std::pair<std::string, int32_t>;

struct Growth {
  double bytes = 0;
  int partitions = 0;
};

std::optional<BrokerRates> BrokerBetween(const BrokerReading& before, const BrokerReading& now, double seconds) {
  if (now.bytes_in_total < before.bytes_in_total || now.bytes_out_total < before.bytes_out_total ||
      now.cpu_seconds_total < before.cpu_seconds_total) {
    return std::nullopt;
  }
  const auto rate = [&](double a, double b) { return std::max(0.0, b - a) / seconds; };
  return BrokerRates{.now = now,
                     .bytes_in_per_second = rate(before.bytes_in_total, now.bytes_in_total),
                     .bytes_out_per_second = rate(before.bytes_out_total, now.bytes_out_total),
                     .replication_in_per_second = rate(before.replication_in_total, now.replication_in_total),
                     .replication_out_per_second = rate(before.replication_out_total, now.replication_out_total),
                     .cpu = rate(before.cpu_seconds_total, now.cpu_seconds_total)};
}

TopicBytes TopicRates(const CellReading& before, const CellReading& now, const TopicOnBroker& where, double seconds) {
  const auto& [topic, broker] = where;
  const auto new_broker = now.brokers.find(broker);
  if (new_broker == now.brokers.end()) return {};
  const auto new_bytes = new_broker->second.topics.find(topic);
  if (new_bytes == new_broker->second.topics.end()) return {};
  TopicBytes old_bytes;
  if (const auto old_broker = before.brokers.find(broker); old_broker != before.brokers.end()) {
    const auto found = old_broker->second.topics.find(topic);
    if (found != old_broker->second.topics.end()) old_bytes = found->second;
  } else {
    return {};
  }
  return {std::max(0.0, new_bytes->second.in - old_bytes.in) / seconds,
          std::max(0.0, new_bytes->second.out - old_bytes.out) / seconds};
}

}  // namespace

std::optional<CellRates> RatesBetween(const CellReading& before, const CellReading& now) {
  const double seconds = now.at_s - before.at_s;
  if (seconds <= 0) return std::nullopt;
  CellRates rates{.interval_s = seconds};
  for (const auto& [id, reading] : now.brokers) {
    const auto old = before.brokers.find(id);
    if (old == before.brokers.end()) continue;
    if (auto broker = BrokerBetween(old->second, reading, seconds)) rates.brokers[id] = *std::move(broker);
  }

  std::map<PartitionKey, int64_t> old_sizes;
  for (const PartitionReading& partition : before.partitions) {
    old_sizes[{partition.topic, partition.partition}] = partition.size_bytes;
  }
  const auto growth_of = [&](const PartitionReading& partition) {
    const auto old = old_sizes.find({partition.topic, partition.partition});
    const int64_t grown = partition.size_bytes - (old == old_sizes.end() ? 0 : old->second);
    return static_cast<double>(std::max<int64_t>(0, grown));
  };
  std::map<TopicOnBroker, Growth> growths;
  for (const PartitionReading& partition : now.partitions) {
    Growth& growth = growths[{partition.topic, partition.leader}];
    growth.bytes += growth_of(partition);
    ++growth.partitions;
  }
  for (const PartitionReading& partition : now.partitions) {
    const TopicOnBroker where{partition.topic, partition.leader};
    const Growth& growth = growths[where];
    const double share = growth.bytes > 0 ? growth_of(partition) / growth.bytes : 1.0 / growth.partitions;
    const TopicBytes bytes = TopicRates(before, now, where, seconds);
    rates.partitions.push_back({partition, bytes.in * share, bytes.out * share});
  }
  return rates;
}

}  // namespace sluice::satellite
