#include "services/balancer-planner/app/balance_ports.h"

#include <utility>

namespace sluice::balancer_planner {

Rebalance ProposalOf(const ClusterKey& key, const SeenStatus& status, const PlanWish& wish, PlanOutcome& outcome) {
  Rebalance proposed{.physical_cluster = key.physical_cluster, .data_plane = key.data_plane};
  proposed.mode = wish.mode;
  proposed.window = wish.window;
  proposed.throttle_bytes_per_second = outcome.throttle_bytes_per_second;
  proposed.plan = std::move(outcome.summary);
  proposed.brokers = std::move(outcome.brokers);
  proposed.physical_cluster_generation = status.generation;
  return proposed;
}

}  // namespace sluice::balancer_planner
