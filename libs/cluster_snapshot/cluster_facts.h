#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cluster_snapshot {

// What Kafka says of itself, before anything is made of it. Sizes in MB (10^6 bytes), rates in KB/s (10^3 bytes).

struct LogDirFacts {
  std::string path;
  bool online = true;
  // Of the volume below it; unset where the broker does not tell (before 3.3).
  std::optional<double> total_mb;
  std::optional<double> usable_mb;
};

struct BrokerFacts {
  int32_t id = -1;
  std::string rack;  // empty: it has none
  bool alive = true;
  std::vector<LogDirFacts> log_dirs;
};

struct ReplicaFacts {
  int32_t broker = -1;
  int log_dir = -1;     // index into its broker's, -1: not known
  double size_mb = -1;  // -1: not known
  bool in_sync = true;
};

struct PartitionFacts {
  int32_t number = 0;
  int32_t leader = -1;                 // a broker's id; -1: nobody leads
  std::vector<ReplicaFacts> replicas;  // as Kafka lists them; of a moving partition those that it will have
  bool moving = false;
  std::vector<ReplicaFacts> going;  // what a move under way will take away
  // What producers append; unset where it was not measured.
  std::optional<double> in_kbps;
};

struct TopicFacts {
  std::string name;
  int min_in_sync = 1;
  std::vector<PartitionFacts> partitions;
};

struct ClusterFacts {
  std::string cluster_id;
  std::vector<BrokerFacts> brokers;
  std::vector<TopicFacts> topics;
  // How long rates were measured, seconds; 0: not at all.
  double sample_seconds = 0;
};

}  // namespace sluice::cluster_snapshot
