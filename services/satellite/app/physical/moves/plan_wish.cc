#include "services/satellite/app/physical/moves/plan_wish.h"

#include <algorithm>
#include <utility>

namespace sluice::satellite {

using balancer_planner::v1::PlanDocument;

op::RebalanceWish WishFromProto(const PlanDocument& plan) {
  op::RebalanceWish wish;
  wish.rebalance = plan.rebalance();
  wish.generation = plan.generation();
  wish.desired_generation = plan.physical_cluster_generation();
  wish.intent = plan.wish() == PlanDocument::CANCEL  ? op::RebalanceWish::Intent::kCancel
                : plan.wish() == PlanDocument::PAUSE ? op::RebalanceWish::Intent::kPause
                                                     : op::RebalanceWish::Intent::kRun;
  wish.throttle_bytes_per_second = std::max<int64_t>(0, plan.throttle_bytes_per_second());
  wish.first_batch = std::max(0, plan.first_batch());
  wish.batches_total = std::max(plan.batches_total(), wish.first_batch + plan.batches_size());
  for (const auto& batch : plan.batches()) {
    std::vector<op::MoveWish>& moves = wish.batches.emplace_back();
    for (const auto& move : batch.moves()) {
      moves.push_back({.partition = {move.topic(), move.partition()},
                       .before = {move.replicas_before().begin(), move.replicas_before().end()},
                       .after = {move.replicas().begin(), move.replicas().end()},
                       .bytes = std::max<int64_t>(0, move.bytes())});
    }
  }
  return wish;
}

}  // namespace sluice::satellite
