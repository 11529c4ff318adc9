#include "services/balancer-planner/adapters/records/seen_records.h"

#include <algorithm>
#include <set>

#include "services/balancer-planner/adapters/records/proto_time.h"

namespace sluice::balancer_planner::records {
namespace {

using satellite::v1::PhysicalClusterStatus;
using satellite::v1::RebalanceStatus;

// Both enums have the same order.
ClusterState StateOf(PhysicalClusterStatus::State state) {
  return PhysicalClusterStatus::State_IsValid(state) ? static_cast<ClusterState>(state) : ClusterState::kUnknown;
}
static_assert(static_cast<int>(ClusterState::kUp) == PhysicalClusterStatus::UP);
static_assert(static_cast<int>(ClusterState::kRejected) == PhysicalClusterStatus::REJECTED);

SeenRebalance::State StateOf(RebalanceStatus::State state) {
  switch (state) {
    case RebalanceStatus::PAUSED:
      return SeenRebalance::State::kPaused;
    case RebalanceStatus::CANCELLING:
      return SeenRebalance::State::kCancelling;
    case RebalanceStatus::DONE:
      return SeenRebalance::State::kDone;
    case RebalanceStatus::CANCELLED:
      return SeenRebalance::State::kCancelled;
    case RebalanceStatus::FAILED:
      return SeenRebalance::State::kFailed;
    case RebalanceStatus::REFUSED:
      return SeenRebalance::State::kRefused;
    default:
      return SeenRebalance::State::kRunning;
  }
}

SeenRebalance SeenOf(const RebalanceStatus& status) {
  return {.rebalance = status.rebalance(),
          .observed_generation = status.observed_generation(),
          .state = StateOf(status.state()),
          .batches_done = status.batches_done(),
          .moves_in_flight = status.moves_in_flight(),
          .moves_done = status.moves_done(),
          .moves_skipped = status.moves_skipped(),
          .bytes_done = status.bytes_done(),
          .moves_left = status.moves_left(),
          .bytes_left = status.bytes_left(),
          .seconds_left = status.seconds_left(),
          .throttle_bytes_per_second = status.throttle_bytes_per_second(),
          .reason = status.reason(),
          .message = status.message()};
}

}  // namespace

SeenStatus SeenOf(const satellite::v1::StatusDocument& document) {
  const PhysicalClusterStatus& status = document.physical_cluster();
  SeenStatus seen{.physical_cluster = document.key(),
                  .data_plane = document.data_plane(),
                  .time = TimeOf(document.time()),
                  .generation = document.observed_generation(),
                  .state = StateOf(status.state())};
  const std::set<int32_t> leaving(status.leaving_brokers().begin(), status.leaving_brokers().end());
  for (const satellite::v1::NodeStatus& node : status.nodes()) {
    if (node.role() != "broker") continue;
    seen.brokers.push_back({.id = node.node_id(),
                            .ready = node.state() == "READY",
                            .leaving = node.leaving() || leaving.contains(node.node_id()),
                            .since = node.has_since() ? TimeOf(node.since()) : absl::InfinitePast()});
  }
  if (status.has_rebalance()) seen.rebalance = SeenOf(status.rebalance());
  return seen;
}

SeenLoad SeenOf(const satellite::v1::LoadSample& sample) {
  SeenLoad load{.physical_cluster = sample.physical_cluster(), .time = TimeOf(sample.time())};
  for (const satellite::v1::BrokerLoad& broker : sample.brokers()) {
    SeenBrokerLoad& seen = load.brokers.emplace_back(
        SeenBrokerLoad{.id = broker.broker(),
                       .rack = broker.rack(),
                       .replicas = broker.replicas(),
                       .leaders = broker.leaders(),
                       .in_bytes_per_second = broker.bytes_in_per_second(),
                       .out_bytes_per_second = broker.bytes_out_per_second(),
                       .network_limit_bytes_per_second = broker.network_limit_bytes_per_second()});
    seen.replication_in_bytes_per_second = broker.replication_bytes_in_per_second();
    seen.replication_out_bytes_per_second = broker.replication_bytes_out_per_second();
    for (const satellite::v1::LogDirLoad& dir : broker.log_dirs()) {
      seen.log_dirs.push_back({dir.path(), dir.used_bytes(), dir.total_bytes()});
    }
  }
  for (const satellite::v1::PartitionLoad& partition : sample.partitions()) {
    load.partitions.push_back({.topic = partition.topic(),
                               .partition = partition.partition(),
                               .replicas = {partition.replicas().begin(), partition.replicas().end()},
                               .in_sync = {partition.in_sync_replicas().begin(), partition.in_sync_replicas().end()},
                               .size_bytes = partition.size_bytes(),
                               .in_bytes_per_second = partition.bytes_in_per_second(),
                               .out_bytes_per_second = partition.bytes_out_per_second(),
                               .min_in_sync = partition.min_in_sync(),
                               .reassigning = partition.reassigning()});
  }
  return load;
}

}  // namespace sluice::balancer_planner::records
