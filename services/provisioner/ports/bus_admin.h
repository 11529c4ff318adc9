#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::provisioner {

// The data planes' part of the control-plane Kafka. Thread-safe.
class BusAdmin {
 public:
  virtual ~BusAdmin() = default;
  // The data plane's topics, and the ACLs of its satellite ("User:satellite-{data plane}") and of the balancer-planner
  // ("User:sluice-balancer-planner") on them, exist. May be done again.
  // UNAVAILABLE while Kafka is away.
  virtual absl::Status EnsureDataPlane(const std::string& data_plane, absl::Duration timeout) = 0;
  // The event topics exist.
  virtual absl::Status EnsureEventTopics(absl::Duration timeout) = 0;
  // Other services have their ACLs on them.
  virtual absl::Status EnsureServiceRights(absl::Duration timeout) = 0;
  // Neither topics nor ACLs of it are left. May be done again.
  virtual absl::Status RemoveDataPlane(const std::string& data_plane, absl::Duration timeout) = 0;
  // OK when Kafka answers.
  virtual absl::Status Reach(absl::Duration timeout) = 0;
};

}  // namespace sluice::provisioner
