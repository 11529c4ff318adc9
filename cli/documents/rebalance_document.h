#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/document.h"
#include "sluice/balancer_planner/v1/rebalance_service.pb.h"

namespace sluice::cli {

// Rebalances for programs (field names: docs/cli.md) and for people.

Document RebalanceDocument(const balancer_planner::v1::Rebalance& rebalance);
Document PreviewDocument(const balancer_planner::v1::PreviewRebalanceResponse& preview);

// "RUNNING", "RUNNING, being cancelled"
std::string RebalanceState(const balancer_planner::v1::Rebalance& rebalance);
// Has it ended?
bool HasEnded(const balancer_planner::v1::Rebalance& rebalance);

void PrintRebalances(std::ostream& out, bool colour, const std::vector<balancer_planner::v1::Rebalance>& rebalances,
                     const std::string& verdict, absl::Time now);
void PrintRebalance(std::ostream& out, bool colour, const balancer_planner::v1::Rebalance& rebalance, absl::Time now);
void PrintPreview(std::ostream& out, bool colour, const balancer_planner::v1::PreviewRebalanceResponse& preview);

// What a watch shows: a head line, each broker on its way, and how far it is, in lines of 100 columns at most. On a
// terminal it takes the place of the one before.
std::vector<std::string> RebalancePicture(const balancer_planner::v1::Rebalance& rebalance, bool colour);

}  // namespace sluice::cli
