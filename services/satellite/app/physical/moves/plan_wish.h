#pragma once

#include "libs/operator/moves/rebalance_wish.h"
#include "sluice/balancer_planner/v1/plan.pb.h"

namespace sluice::satellite {

// Without Protobuf. The batches' reasons stay behind: they are for people.
op::RebalanceWish WishFromProto(const balancer_planner::v1::PlanDocument& plan);

}  // namespace sluice::satellite
