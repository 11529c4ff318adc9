#include "services/balancer-planner/core/testing/clusters.h"

#include <algorithm>
#include <utility>

namespace sluice::balancer_planner::testing {
namespace {

constexpr int64_t kDiskBytes = 100'000'000'000;
constexpr int64_t kLinkBytesPerSecond = 100'000'000;

}  // namespace

SeenBroker& Cluster::Broker(int32_t id) {
  return *std::find_if(status.brokers.begin(), status.brokers.end(),
                       [id](const auto& broker) { return broker.id == id; });
}

SeenBrokerLoad& Cluster::LoadOf(int32_t id) {
  return *std::find_if(load.brokers.begin(), load.brokers.end(), [id](const auto& broker) { return broker.id == id; });
}

void Cluster::Lose(int32_t id, absl::Time since) {
  Broker(id).ready = false;
  Broker(id).since = since;
  std::erase_if(load.brokers, [id](const SeenBrokerLoad& broker) { return broker.id == id; });
  for (SeenPartition& partition : load.partitions) std::erase(partition.in_sync, id);
}

void Cluster::Add(int32_t id) {
  status.brokers.push_back({.id = id, .ready = true, .since = kNow - absl::Hours(1)});
  load.brokers.push_back({.id = id,
                          .log_dirs = {{.path = "/data", .total_bytes = kDiskBytes}},
                          .network_limit_bytes_per_second = kLinkBytesPerSecond});
}

void Cluster::Put(const std::string& topic, int32_t partition, std::vector<int32_t> replicas, int64_t size_bytes,
                  double in_bytes_per_second) {
  for (const int32_t id : replicas) {
    const auto found =
        std::find_if(load.brokers.begin(), load.brokers.end(), [id](const auto& b) { return b.id == id; });
    if (found == load.brokers.end()) continue;
    found->log_dirs[0].used_bytes += size_bytes;
    ++found->replicas;
  }
  load.partitions.push_back({.topic = topic,
                             .partition = partition,
                             .replicas = replicas,
                             .in_sync = replicas,
                             .size_bytes = size_bytes,
                             .in_bytes_per_second = in_bytes_per_second,
                             .out_bytes_per_second = in_bytes_per_second,
                             .min_in_sync = 2});
}

void Cluster::SetTime(absl::Time time) { status.time = load.time = time; }

Cluster ClusterOf(int32_t brokers) {
  Cluster cluster;
  cluster.status = {
      .physical_cluster = "pkc-1", .data_plane = "local", .time = kNow, .generation = 7, .state = ClusterState::kUp};
  cluster.load = {.physical_cluster = "pkc-1", .time = kNow};
  for (int32_t id = 1; id <= brokers; ++id) cluster.Add(id);
  return cluster;
}

Cluster EvenCluster(int32_t brokers, int32_t partitions) {
  Cluster cluster = ClusterOf(brokers);
  for (int32_t p = 0; p < partitions; ++p) {
    std::vector<int32_t> replicas;
    for (int32_t i = 0; i < std::min(3, brokers); ++i) replicas.push_back((p + i) % brokers + 1);
    cluster.Put("even", p, std::move(replicas));
  }
  return cluster;
}

}  // namespace sluice::balancer_planner::testing
