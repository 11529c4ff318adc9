#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::balancer_planner {

// The caller behind a bearer key, as the provisioner tells.
struct Caller {
  std::string bearer;  // never logged
  std::string principal;
  std::string organization;
};

enum class Right { kView, kEdit };

// A cluster that a caller may deal with.
struct AllowedCluster {
  // As it was asked for: of a DEDICATED logical cluster, or physicalClusters/pkc-….
  std::string name;
  std::string physical_cluster;
  std::string data_plane;
  // The caller owns what is on it, and may be shown its topics' names.
  bool owned = false;
};

// Who may do what: asked of the provisioner with the caller's own key, for it alone has keys and role bindings. Thread-
// safe; blocks until `deadline` at most.
//
// Errors are the provisioner's: KEY_INVALID, KEY_EXPIRED, ROLE_TOO_WEAK, RESOURCE_NOT_FOUND (a foreign cluster looks
// like a missing one), RATE_LIMITED; UNAVAILABLE when it does not answer. Besides: RESOURCE_NAME_INVALID;
// FAILED_PRECONDITION CLUSTER_IS_SHARED for a SERVERLESS cluster, CLUSTER_NOT_PLACED for one that is not on a physical
// cluster yet.
class ClusterAccess {
 public:
  virtual ~ClusterAccess() = default;
  virtual absl::StatusOr<Caller> WhoIs(const std::string& bearer, absl::Time deadline) = 0;
  virtual absl::StatusOr<AllowedCluster> Allow(const Caller& caller, const std::string& cluster, Right right,
                                               absl::Time deadline) = 0;
};

}  // namespace sluice::balancer_planner
