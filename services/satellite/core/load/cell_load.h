#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/satellite/core/load/broker_reading.h"

namespace sluice::satellite {

struct PartitionReading {
  std::string topic;
  int32_t partition = 0;
  int32_t leader = -1;
  std::vector<int32_t> replicas;
  std::vector<int32_t> in_sync_replicas;
  int64_t size_bytes = 0;   // of the leader's copy; of the largest one while there is no leader
  int32_t min_in_sync = 0;  // 0: not known
  bool reassigning = false;
};

struct DiskReading {
  std::string path;
  int64_t used_bytes = 0;
};

// One look at a whole cell. A broker that could not be asked is missing.
struct CellReading {
  double at_s = 0;  // monotonic seconds
  std::map<int32_t, BrokerReading> brokers;
  std::map<int32_t, std::vector<DiskReading>> disks;
  std::map<int32_t, std::string> racks;  // of brokers that have one
  std::vector<PartitionReading> partitions;
};

struct BrokerRates {
  BrokerReading now;
  double bytes_in_per_second = 0;
  double bytes_out_per_second = 0;
  double replication_in_per_second = 0;
  double replication_out_per_second = 0;
  double cpu = 0;  // of one core
};

struct PartitionRates {
  PartitionReading now;
  double bytes_in_per_second = 0;
  double bytes_out_per_second = 0;
};

struct CellRates {
  double interval_s = 0;
  std::map<int32_t, BrokerRates> brokers;
  std::vector<PartitionRates> partitions;
};

// Rates between two looks; nothing when no time has passed between them. A broker that is missing in either, or whose
// totals went back (it restarted), is left out: that it was idle cannot be said. Kafka counts bytes per topic and
// broker; a partition's share of its topic's bytes on its leader is taken by how much each led partition grew, and
// evenly where none grew (compaction and retention shrink, so growth below zero counts as none).
std::optional<CellRates> RatesBetween(const CellReading& before, const CellReading& now);

}  // namespace sluice::satellite
