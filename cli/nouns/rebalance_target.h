#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/run/session.h"
#include "sluice/balancer_planner/v1/rebalance_service.pb.h"

namespace sluice::cli {

// Which rebalance of which cluster.
struct RebalanceTarget {
  // As a user names it: a dedicated cluster, pkc-… or physicalClusters/pkc-….
  std::string cluster;
  // reb-…; empty: the newest.
  std::string rebalance;
};

// The resource name of a cluster that a user names so.
absl::StatusOr<std::string> RebalancedClusterName(Session& session, const std::string& text);

// Newest first, and what the balancer thinks of the cluster now.
absl::StatusOr<balancer_planner::v1::ListRebalancesResponse> RebalancePage(Session& session, const std::string& cluster,
                                                                           int size, const std::string& token);

// The one that was named, else the cluster's newest. NOT_FOUND (NO_REBALANCE) without one; with `open`, where the
// newest has ended.
absl::StatusOr<std::string> RebalanceName(Session& session, const RebalanceTarget& target, bool open);

}  // namespace sluice::cli
