#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::op {

// The names are those of sluice.satellite.v1.PhysicalClusterStatus.State; the numbers are the same.
enum class ClusterState : int {
  kProvisioning = 1,
  kUp = 2,
  kExpanding = 3,
  kShrinking = 4,
  kRolling = 5,
  kRebalancing = 6,
  kDegraded = 7,
  kDown = 8,
  kDeleting = 9,
  kGone = 10,
  kRejected = 11,
};

enum class NodeRole { kBroker, kController };

// STOPPED -> STARTING -> READY -> STOPPING -> STOPPED, and from STARTING or READY to CRASHED -> BACKING_OFF ->
// STARTING.
enum class NodeState { kStopped, kStarting, kReady, kStopping, kCrashed, kBackingOff };

// "UP", "broker", "BACKING_OFF": as in the status documents.
std::string_view Name(ClusterState state);
std::string_view Name(NodeRole role);
std::string_view Name(NodeState state);

}  // namespace sluice::op
