#include "services/satellite/app/bus/plan_intake.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::satellite {
namespace {

using balancer_planner::v1::PlanDocument;

class Handler final : public PlanHandler {
 public:
  void OnPlan(PlanPointer plan) override { generations.push_back(plan->generation()); }
  void OnPlanGone(const std::string& cluster) override { gone.push_back(cluster); }
  std::vector<int64_t> generations;
  std::vector<std::string> gone;
};

class PlanIntakeTest : public testing::Test {
 protected:
  static PlanDocument Plan(int64_t generation) {
    PlanDocument plan;
    plan.set_key("pkc-1");
    plan.set_data_plane("local");
    plan.set_generation(generation);
    plan.set_rebalance("reb-1");
    plan.set_wish(PlanDocument::RUN);
    return plan;
  }
  static bus::ReceivedEvent Record(const PlanDocument& plan) {
    return {.key = "pkc-1", .payload = plan.SerializeAsString()};
  }
  double Dropped() { return metrics_.CounterOf("sluice_satellite_plans_dropped_total", "").Value(); }

  metrics::Registry metrics_;
  FakeRebalanceStore store_;
  Handler handler_;
  PlanIntake intake_{"local", {store_, handler_, metrics_}};
};

TEST_F(PlanIntakeTest, StoresAndHandsOnOnlyWhatIsNewer) {
  for (int64_t generation : {2, 2, 1, 3}) ASSERT_TRUE(intake_.Accept(Record(Plan(generation))).ok());
  EXPECT_EQ(handler_.generations, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(store_.LoadPlans()->at(0).generation(), 3);
}

TEST_F(PlanIntakeTest, WhatIsOnDiskIsHandedOnAtTheStart) {
  ASSERT_TRUE(store_.SavePlan(Plan(4)).ok());
  ASSERT_TRUE(intake_.Start().ok());
  EXPECT_EQ(handler_.generations, std::vector<int64_t>{4});
  ASSERT_TRUE(intake_.Accept(Record(Plan(4))).ok());
  EXPECT_EQ(handler_.generations.size(), 1u);
}

TEST_F(PlanIntakeTest, ATombstoneEndsIt) {
  ASSERT_TRUE(intake_.Accept(Record(Plan(1))).ok());
  ASSERT_TRUE(intake_.Accept({.key = "pkc-1"}).ok());
  ASSERT_TRUE(intake_.Accept({.key = "pkc-1"}).ok());
  EXPECT_EQ(handler_.gone, std::vector<std::string>{"pkc-1"});
  EXPECT_TRUE(store_.LoadPlans()->empty());
}

TEST_F(PlanIntakeTest, APlanThatEndedWhileWeWereAwayIsForgottenOnceTheTopicIsRead) {
  ASSERT_TRUE(store_.SavePlan(Plan(4)).ok());
  PlanDocument other = Plan(1);
  other.set_key("pkc-2");
  ASSERT_TRUE(store_.SavePlan(other).ok());
  ASSERT_TRUE(intake_.Start().ok());
  ASSERT_TRUE(intake_.Accept(Record(Plan(4))).ok());
  ASSERT_TRUE(intake_.CaughtUp().ok());
  EXPECT_EQ(handler_.gone, std::vector<std::string>{"pkc-2"});
  EXPECT_EQ(store_.LoadPlans()->size(), 1u);
}

TEST_F(PlanIntakeTest, NothingIsHandedOnBeforeItIsOnDisk) {
  store_.SetStatus(absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(intake_.Accept(Record(Plan(1))).ok());
  EXPECT_TRUE(handler_.generations.empty());
  store_.SetStatus(absl::OkStatus());
  EXPECT_TRUE(intake_.Accept(Record(Plan(1))).ok());
  EXPECT_EQ(handler_.generations.size(), 1u);
}

TEST_F(PlanIntakeTest, WhatIsForgedOrDoesNotDecodeIsDropped) {
  std::vector<PlanDocument> forged(6, Plan(1));
  forged[0].set_key("pkc-2");
  forged[1].set_data_plane("eu-1");
  forged[2].set_generation(0);
  forged[3].clear_rebalance();
  forged[4].clear_wish();
  forged[5].set_rebalance(std::string(300'000, 'x'));
  for (const PlanDocument& plan : forged) EXPECT_TRUE(intake_.Accept(Record(plan)).ok());
  EXPECT_TRUE(intake_.Accept({.key = "pkc-1", .payload = "no plan"}).ok());
  PlanDocument stranger = Plan(1);
  stranger.set_key("pkc-../x");
  EXPECT_TRUE(intake_.Accept({.key = "pkc-../x", .payload = stranger.SerializeAsString()}).ok());
  EXPECT_EQ(Dropped(), 8);
  EXPECT_TRUE(handler_.generations.empty());
  EXPECT_TRUE(store_.LoadPlans()->empty());
}

}  // namespace
}  // namespace sluice::satellite
