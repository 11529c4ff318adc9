#include "services/satellite/app/physical/moves/plan_wish.h"

#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

using balancer_planner::v1::PlanDocument;

TEST(PlanWishTest, TakesWhatIsSaid) {
  PlanDocument plan;
  plan.set_rebalance("reb-1");
  plan.set_generation(4);
  plan.set_physical_cluster_generation(7);
  plan.set_wish(PlanDocument::PAUSE);
  plan.set_throttle_bytes_per_second(1000);
  plan.set_first_batch(2);
  plan.set_batches_total(9);
  auto& move = *plan.add_batches()->add_moves();
  move.set_topic("t");
  move.set_partition(3);
  for (int id : {1, 2}) move.add_replicas_before(id);
  for (int id : {2, 4}) move.add_replicas(id);
  move.set_bytes(55);
  const op::RebalanceWish wish = WishFromProto(plan);
  EXPECT_EQ(wish.rebalance, "reb-1");
  EXPECT_EQ(wish.generation, 4);
  EXPECT_EQ(wish.desired_generation, 7);
  EXPECT_EQ(wish.intent, op::RebalanceWish::Intent::kPause);
  EXPECT_EQ(wish.throttle_bytes_per_second, 1000);
  EXPECT_EQ(wish.first_batch, 2);
  EXPECT_EQ(wish.batches_total, 9);
  ASSERT_EQ(wish.batches.size(), 1u);
  EXPECT_EQ(wish.batches[0][0].partition, (op::PartitionId{"t", 3}));
  EXPECT_EQ(wish.batches[0][0].before, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(wish.batches[0][0].after, (std::vector<int32_t>{2, 4}));
  EXPECT_EQ(wish.batches[0][0].bytes, 55);
}

TEST(PlanWishTest, NumbersThatCannotBeBecomeTheNearestThatCan) {
  PlanDocument plan;
  plan.set_throttle_bytes_per_second(-1);
  plan.set_first_batch(-3);
  plan.set_batches_total(0);
  plan.add_batches()->add_moves()->set_bytes(-9);
  const op::RebalanceWish wish = WishFromProto(plan);
  EXPECT_EQ(wish.throttle_bytes_per_second, 0);
  EXPECT_EQ(wish.first_batch, 0);
  EXPECT_EQ(wish.batches_total, 1) << "it holds one";
  EXPECT_EQ(wish.batches[0][0].bytes, 0);
}

}  // namespace
}  // namespace sluice::satellite
