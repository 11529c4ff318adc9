#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/operator/cluster_planner.h"
#include "libs/operator/moves/rebalance_machine.h"
#include "services/satellite/app/physical/physical_wish.h"
#include "services/satellite/ports/cell_directory.h"
#include "services/satellite/ports/substrate.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::satellite {

struct DoneAction {
  absl::Time time;
  std::string action;
  std::string reason;
  std::string result;
};

struct RebalanceReport {
  std::string rebalance;
  int64_t generation = 0;
  op::RebalanceProgress progress;
};

// Everything that one look at a cluster gave.
struct ClusterReport {
  std::string cluster;
  PhysicalWish wish;
  op::Plan plan;
  std::vector<NodeSight> nodes;
  std::optional<ClusterAccess> access;
  std::optional<op::KafkaHealth> health;
  // Of the plan that is here; unset without one.
  std::optional<RebalanceReport> rebalance;
  // Why this data plane does not run the wish, or not all of it.
  absl::Status admission;
  // What went wrong in the last round, if anything did.
  absl::Status trouble;
  std::map<int32_t, std::string> node_messages;
  std::map<int32_t, absl::Time> node_since;
  // Newest first.
  std::deque<DoneAction> actions;
};

// For StatusSink: all but what the sink fills in.
satellite::v1::StatusDocument StatusDraftOf(const ClusterReport& report);

// For CellDirectory. Nothing before the nodes are prepared, and nothing once they are gone.
std::optional<Cell> CellOf(const ClusterReport& report);

}  // namespace sluice::satellite
