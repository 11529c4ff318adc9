#include "services/balancer-planner/core/model/rebalance.h"

namespace sluice::balancer_planner {

ClusterKey KeyOf(const Rebalance& rebalance) { return {rebalance.data_plane, rebalance.physical_cluster}; }

bool IsOpen(RebalanceStage stage) {
  return stage == RebalanceStage::kProposed || stage == RebalanceStage::kApproved ||
         stage == RebalanceStage::kRunning || stage == RebalanceStage::kPaused;
}

std::string_view Name(RebalanceStage stage) {
  switch (stage) {
    case RebalanceStage::kProposed:
      return "PROPOSED";
    case RebalanceStage::kApproved:
      return "APPROVED";
    case RebalanceStage::kRunning:
      return "RUNNING";
    case RebalanceStage::kPaused:
      return "PAUSED";
    case RebalanceStage::kDone:
      return "DONE";
    case RebalanceStage::kCancelled:
      return "CANCELLED";
    case RebalanceStage::kFailed:
      return "FAILED";
    case RebalanceStage::kExpired:
      return "EXPIRED";
  }
  return "";
}

std::string_view Name(planner::Mode mode) {
  switch (mode) {
    case planner::Mode::kEvenOut:
      return "EVEN_OUT";
    case planner::Mode::kFill:
      return "FILL";
    case planner::Mode::kEmpty:
      return "EMPTY";
    case planner::Mode::kRepair:
      return "REPAIR";
    case planner::Mode::kRelieve:
      return "RELIEVE";
  }
  return "";
}

}  // namespace sluice::balancer_planner
