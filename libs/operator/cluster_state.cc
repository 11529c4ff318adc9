#include "libs/operator/cluster_state.h"

namespace sluice::op {

std::string_view Name(ClusterState state) {
  switch (state) {
    case ClusterState::kProvisioning:
      return "PROVISIONING";
    case ClusterState::kUp:
      return "UP";
    case ClusterState::kExpanding:
      return "EXPANDING";
    case ClusterState::kShrinking:
      return "SHRINKING";
    case ClusterState::kRolling:
      return "ROLLING";
    case ClusterState::kRebalancing:
      return "REBALANCING";
    case ClusterState::kDegraded:
      return "DEGRADED";
    case ClusterState::kDown:
      return "DOWN";
    case ClusterState::kDeleting:
      return "DELETING";
    case ClusterState::kGone:
      return "GONE";
    case ClusterState::kRejected:
      return "REJECTED";
  }
  return "STATE_UNSPECIFIED";
}

std::string_view Name(NodeRole role) { return role == NodeRole::kBroker ? "broker" : "controller"; }

std::string_view Name(NodeState state) {
  switch (state) {
    case NodeState::kStopped:
      return "STOPPED";
    case NodeState::kStarting:
      return "STARTING";
    case NodeState::kReady:
      return "READY";
    case NodeState::kStopping:
      return "STOPPING";
    case NodeState::kCrashed:
      return "CRASHED";
    case NodeState::kBackingOff:
      return "BACKING_OFF";
  }
  return "UNKNOWN";
}

}  // namespace sluice::op
