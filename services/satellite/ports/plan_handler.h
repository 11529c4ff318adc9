#pragma once

#include <memory>
#include <string>

#include "sluice/balancer_planner/v1/plan.pb.h"

namespace sluice::satellite {

using PlanPointer = std::shared_ptr<const balancer_planner::v1::PlanDocument>;

// Takes accepted plans, stored on disk already; their data plane, key and generation are checked. Level-triggered: the
// same one may come again, at each start the stored ones come. Thread-safe, never blocks.
class PlanHandler {
 public:
  virtual ~PlanHandler() = default;
  virtual void OnPlan(PlanPointer plan) = 0;
  // Nobody wishes a rebalance of the cluster any more.
  virtual void OnPlanGone(const std::string& cluster) = 0;
};

}  // namespace sluice::satellite
