#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/plan/plan_explanation.h"
#include "cli/plan/plan_plot.h"
#include "libs/planner/planner.h"

// What a person reads of a plan.
namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// `brokers` of 1 TB, all `partitions` of 10 GB led by the first, the last one new and empty. Without a link's size:
// 10^9.
planner::Snapshot Lopsided(int brokers, int partitions, double link_kbps) {
  planner::SnapshotBuilder builder;
  for (int b = 0; b < brokers; ++b) {
    EXPECT_TRUE(builder
                    .AddBroker({.id = b + 1,
                                .rack = "a" + std::to_string(b),
                                .capacity = {1e6, link_kbps, link_kbps, 100},
                                .state = b + 1 == brokers ? planner::BrokerState::kNew : planner::BrokerState::kAlive})
                    .ok());
  }
  const int32_t topic = builder.AddTopic("orders");
  for (int p = 0; p < partitions; ++p) {
    EXPECT_TRUE(builder
                    .AddPartition({.topic = topic,
                                   .partition = p,
                                   .replicas = {1, 2 + p % (brokers - 2)},
                                   .leader_load = {10'000, 100, 100, 0},
                                   .follower_load = {10'000, 100, 0, 0}})
                    .ok());
  }
  absl::StatusOr<planner::Snapshot> snapshot = std::move(builder).Build();
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *std::move(snapshot);
}

planner::Plan PlanFor(const planner::Snapshot& snapshot) {
  absl::StatusOr<planner::Plan> plan = planner::MakePlan(snapshot, {});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *std::move(plan);
}

TEST(Figures, AreForPeople) {
  EXPECT_EQ(MbForPeople(0), "0 MB");
  EXPECT_EQ(MbForPeople(0.5), "0.5 MB");
  EXPECT_EQ(MbForPeople(450), "450 MB");
  EXPECT_EQ(MbForPeople(999.9), "1.0 GB");
  EXPECT_EQ(MbForPeople(31'300), "31 GB");
  EXPECT_EQ(MbForPeople(1'540'000), "1.5 TB");
  EXPECT_EQ(HoursForPeople(0.011), "40 s");
  EXPECT_EQ(HoursForPeople(0.2), "12 min");
  EXPECT_EQ(HoursForPeople(5.27), "5 h 16 min");
}

TEST(Explanation, SaysWhatItCostsWhyAndWhoGetsWhat) {
  const planner::Snapshot snapshot = Lopsided(4, 60, 1e6);
  const planner::Plan plan = PlanFor(snapshot);
  const std::string text = ExplainPlan(snapshot, plan, false);
  for (const char* words : {" replicas (", "\nWhy\n", "too many leaders where it was", "\nBroker ", "Batch 1 of ",
                            "orders-", "copy to 4", "leader 1 → ", "× a fair share at the source"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  EXPECT_THAT(text, HasSubstr("more (--explain=all)"));
  EXPECT_THAT(ExplainPlan(snapshot, plan, true), Not(HasSubstr("--explain=all")));
}

TEST(Explanation, OfNothingIsTheSummary) {
  const planner::Snapshot snapshot = Lopsided(4, 40, 1e6);
  planner::Plan plan;
  plan.summary = "All is well.";
  plan.loads_before = plan.loads_after = PlanFor(snapshot).loads_after;
  EXPECT_EQ(ExplainPlan(snapshot, plan, false), "All is well.\n");
}

TEST(Plot, ShowsEachBrokerBeforeAndAfter) {
  const planner::Snapshot snapshot = Lopsided(4, 40, 1e6);
  const std::string text = PlotForTerminal(snapshot, PlanFor(snapshot));
  EXPECT_THAT(text, StartsWith("disk, of its limit: 0–50% → "));
  for (const char* words : {"\n  1                 50% ", "\n  4 new              0% ", "network in, of its limit",
                            "leaders, of the mean: 0–400% → "}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
}

TEST(Plot, ALinkWithoutALimitIsShownBesideTheBusiest) {
  const planner::Snapshot snapshot = Lopsided(4, 40, 1e9);
  EXPECT_THAT(PlotForTerminal(snapshot, PlanFor(snapshot)), HasSubstr("network in, of the busiest: 0–100% → "));
}

TEST(Plot, OfManyBrokersTheFullestAndTheEmptiest) {
  const planner::Snapshot snapshot = Lopsided(40, 40, 1e6);
  EXPECT_THAT(PlotForTerminal(snapshot, PlanFor(snapshot)), HasSubstr("… 16 between them …"));
}

TEST(Plot, AsAPictureItHasEveryBroker) {
  const planner::Snapshot snapshot = Lopsided(40, 40, 1e6);
  const std::string svg = PlotAsSvg(snapshot, PlanFor(snapshot));
  EXPECT_THAT(svg, StartsWith("<svg "));
  for (const char* words : {"<title>broker 40, new: 0 % → ", "above the limit", "leaders, of the mean", "</svg>"}) {
    EXPECT_THAT(svg, HasSubstr(words));
  }
}

}  // namespace
}  // namespace sluice::cli
