#include "libs/operator/cluster_planner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/operator/broker_config.h"

namespace sluice::op {
namespace {

using Kind = Step::Kind;
using Process = NodeSeen::Process;

constexpr Moment kNow = absl::Seconds(1000);

NodeSeen Ready(int32_t id) {
  NodeSeen node;
  node.node_id = id;
  node.role = id >= kFirstControllerId ? NodeRole::kController : NodeRole::kBroker;
  node.process = Process::kRunning;
  node.ready = true;
  node.running_digest = node.wanted_digest = "now";
  node.ready_since = kNow - absl::Minutes(10);
  return node;
}

NodeSeen Fresh(int32_t id) {
  NodeSeen node = Ready(id);
  node.process = Process::kNone;
  node.ready = false;
  node.running_digest.clear();
  node.ready_since.reset();
  return node;
}

NodeSeen Crashed(int32_t id, int times, absl::Duration ago) {
  NodeSeen node = Fresh(id);
  node.last_exit = NodeExit{kNow - ago, false, "signal 9"};
  node.crashes_in_a_row = times;
  node.jitter = 1.0;
  return node;
}

KafkaHealth Healthy() {
  KafkaHealth health;
  health.sampled_at = kNow;
  health.registered_brokers = {1, 2, 3};
  health.partitions = std::vector<PartitionHealth>{
      {.topic = "t", .partition = 0, .leader = 1, .replicas = {1, 2, 3}, .in_sync = {1, 2, 3}, .min_in_sync = 2}};
  health.active_controller = 1001;
  health.voters = {{1001, absl::ZeroDuration()}};
  for (int32_t broker : {1, 2, 3}) {
    health.request_handler_idle[broker] = 0.9;
    health.disk_used_fraction[broker] = 0.1;
  }
  health.load_sampled_at = kNow;
  return health;
}

// Three brokers and a controller, all well.
Snapshot Up() {
  Snapshot s;
  s.now = kNow;
  s.generation = 1;
  s.nodes = {Ready(1), Ready(2), Ready(3), Ready(1001)};
  s.anything_left = s.provisioned = true;
  s.health = Healthy();
  s.dynamic_configs = DynamicConfigsOf(s.spec);
  return s;
}

Plan PlanOf(const Snapshot& s) { return PlanCluster(PlannerPolicy(), s); }

std::vector<int32_t> NodesOf(const Plan& plan, Kind kind) {
  std::vector<int32_t> ids;
  for (const Step& step : plan.steps) {
    if (step.kind == kind) ids.push_back(step.node_id);
  }
  return ids;
}

bool WaitsFor(const Plan& plan, const std::string& reason) {
  return std::any_of(plan.waits.begin(), plan.waits.end(), [&](const Wait& w) { return w.reason == reason; });
}

TEST(ClusterPlannerTest, AClusterThatIsAsWishedIsLeftAlone) {
  const Plan plan = PlanOf(Up());
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_TRUE(plan.converged);
  EXPECT_EQ(plan.state, ClusterState::kUp);
}

TEST(ClusterPlannerTest, ANewClusterIsPreparedWhole) {
  Snapshot s;
  s.now = kNow;
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kPrepare), (std::vector<int32_t>{1001, 1, 2, 3}));
  EXPECT_EQ(plan.steps.size(), 4u);
  EXPECT_EQ(plan.state, ClusterState::kProvisioning);
}

TEST(ClusterPlannerTest, NoNodeOfANewClusterStartsBeforeAllHaveTheirPlace) {
  Snapshot s;
  s.now = kNow;
  s.nodes = {Fresh(1001), Fresh(1)};
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kPrepare), (std::vector<int32_t>{2, 3}));
  EXPECT_TRUE(NodesOf(plan, Kind::kStart).empty());
}

TEST(ClusterPlannerTest, APreparedClusterIsStartedAtOnceControllersFirst) {
  Snapshot s;
  s.now = kNow;
  s.nodes = {Fresh(1), Fresh(2), Fresh(3), Fresh(1001)};
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStart), (std::vector<int32_t>{1001, 1, 2, 3}));
}

TEST(ClusterPlannerTest, ANewClusterIsNotUpBeforeItsMinIsrIsInForce) {
  Snapshot s = Up();
  s.provisioned = false;
  s.dynamic_configs = DynamicConfigs();
  const Plan plan = PlanOf(s);
  EXPECT_EQ(plan.state, ClusterState::kProvisioning);
  EXPECT_EQ(NodesOf(plan, Kind::kApplyConfigs), std::vector<int32_t>{0});
  s.dynamic_configs = DynamicConfigsOf(s.spec);
  EXPECT_EQ(PlanOf(s).state, ClusterState::kUp);
}

TEST(ClusterPlannerTest, ConfigsAreNotTouchedWhileUnknown) {
  Snapshot s = Up();
  s.dynamic_configs.reset();
  EXPECT_TRUE(PlanOf(s).steps.empty());
}

TEST(ClusterPlannerTest, ACrashedBrokerIsStartedAgain) {
  Snapshot s = Up();
  s.nodes[1] = Crashed(2, 1, absl::Seconds(1));
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kStart), std::vector<int32_t>{2});
  EXPECT_EQ(plan.state, ClusterState::kDegraded);
  EXPECT_EQ(plan.nodes.at(2), NodeState::kCrashed);
}

TEST(ClusterPlannerTest, ACrashLoopingBrokerBacksOffAndSaysSo) {
  Snapshot s = Up();
  s.nodes[1] = Crashed(2, 4, absl::Seconds(1));
  const Plan plan = PlanOf(s);
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_TRUE(WaitsFor(plan, "BACKING_OFF"));
  EXPECT_EQ(plan.nodes.at(2), NodeState::kBackingOff);
  s.now += absl::Minutes(2);
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStart), std::vector<int32_t>{2});
}

TEST(ClusterPlannerTest, DeadNodesAreRestartedWhilePaused) {
  Snapshot s = Up();
  s.spec.paused = true;
  s.nodes[1] = Crashed(2, 1, absl::Seconds(1));
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStart), std::vector<int32_t>{2});
}

TEST(ClusterPlannerTest, NoBrokerReadyIsDown) {
  Snapshot s = Up();
  for (int i : {0, 1, 2}) s.nodes[i] = Crashed(i + 1, 3, absl::ZeroDuration());
  EXPECT_EQ(PlanOf(s).state, ClusterState::kDown);
}

TEST(ClusterPlannerTest, MoreBrokersAreAdded) {
  Snapshot s = Up();
  s.spec.brokers = 5;
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kPrepare), (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(plan.state, ClusterState::kExpanding);
}

TEST(ClusterPlannerTest, RepairComesBeforeCapacity) {
  Snapshot s = Up();
  s.spec.brokers = 4;
  s.nodes[1] = Crashed(2, 1, absl::Seconds(1));
  const Plan plan = PlanOf(s);
  EXPECT_TRUE(NodesOf(plan, Kind::kPrepare).empty());
  EXPECT_TRUE(WaitsFor(plan, "REPAIR_FIRST"));
  EXPECT_EQ(NodesOf(plan, Kind::kStart), std::vector<int32_t>{2});
}

TEST(ClusterPlannerTest, AnExpandThatBeganGoesOn) {
  Snapshot s = Up();
  s.spec.brokers = 5;
  s.nodes.push_back(Fresh(4));
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kPrepare), std::vector<int32_t>{5});
  EXPECT_EQ(NodesOf(plan, Kind::kStart), std::vector<int32_t>{4});
}

TEST(ClusterPlannerTest, APausedClusterDoesNotExpand) {
  Snapshot s = Up();
  s.spec.brokers = 4;
  s.spec.paused = true;
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "PAUSED"));
}

// Four brokers of which three are wished, none of them holding anything on the fourth.
Snapshot Leaving() {
  Snapshot s = Up();
  s.nodes.push_back(Ready(4));
  s.health->registered_brokers.insert(4);
  for (int32_t broker : {1, 2, 3, 4}) s.health->broker_settings[broker] = {};
  s.health->broker_settings[4].cordoned = true;
  return s;
}

TEST(ClusterPlannerTest, ABrokerThatIsToGoIsCordonedAndWaitsUntilItIsEmpty) {
  Snapshot s = Leaving();
  s.health->broker_settings[4].cordoned = false;
  s.health->partitions->front().replicas = {1, 2, 4};
  Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kCordon), std::vector<int32_t>{4});
  EXPECT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.leaving, std::vector<int32_t>{4});
  EXPECT_EQ(plan.state, ClusterState::kShrinking);
  s.health->broker_settings[4].cordoned = true;
  plan = PlanOf(s);
  EXPECT_TRUE(plan.steps.empty());
  ASSERT_TRUE(WaitsFor(plan, "DRAINING"));
  EXPECT_EQ(plan.waits[0].message, "1 replicas left on 1 broker(s) that are to go");
  s.nodes[4] = Crashed(4, 1, absl::Seconds(1));
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStart), std::vector<int32_t>{4}) << "it holds data";
}

TEST(ClusterPlannerTest, AnEmptyBrokerIsRetiredOneAtATimeByFreshHealthOnly) {
  Snapshot s = Leaving();
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kRetire), std::vector<int32_t>{4});
  s.nodes.push_back(Ready(5));
  s.health->broker_settings[5].cordoned = true;
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kRetire), std::vector<int32_t>{5});
  s.rebalancing = true;
  EXPECT_TRUE(PlanOf(s).steps.empty()) << "one disruptive thing at a time";
  s.rebalancing = false;
  s.health->sampled_at = kNow - absl::Seconds(16);
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "RETIRE_REFUSED"));
  s.health.reset();
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "HEALTH_UNKNOWN"));
}

TEST(ClusterPlannerTest, AnEmptyBrokerThatIsDeadIsRetiredAndNotStarted) {
  Snapshot s = Leaving();
  s.nodes[4] = Crashed(4, 1, absl::Seconds(10));
  s.health->fenced_brokers = {4};
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kRetire), std::vector<int32_t>{4});
  EXPECT_EQ(plan.steps.size(), 1u);
}

TEST(ClusterPlannerTest, APausedClusterDoesNotShrink) {
  Snapshot s = Leaving();
  s.spec.paused = true;
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "PAUSED"));
}

TEST(ClusterPlannerTest, ABrokerThatStaysAfterAllIsUncordoned) {
  Snapshot s = Leaving();
  s.spec.brokers = 4;
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kUncordon), std::vector<int32_t>{4});
  EXPECT_TRUE(PlanOf(s).leaving.empty());
}

TEST(ClusterPlannerTest, WhatCannotBeDrainedIsNamed) {
  Snapshot s = Leaving();
  s.health->partitions->front().replicas = {1, 2, 3, 4};
  ASSERT_TRUE(WaitsFor(PlanOf(s), "DRAINING"));
  EXPECT_NE(PlanOf(s).waits[0].message.find("t-0 has 4 replicas, and 3 brokers stay"), std::string::npos);
}

TEST(ClusterPlannerTest, WhileARebalanceIsUnderWayNothingElseDisruptiveBegins) {
  Snapshot s = Up();
  s.rebalancing = true;
  EXPECT_EQ(PlanOf(s).state, ClusterState::kRebalancing);
  s.nodes[0].wanted_digest = "next";
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "REBALANCING"));
  s.nodes[0].wanted_digest = "now";
  s.spec.brokers = 4;
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "REBALANCING"));
  s.nodes[1] = Crashed(2, 1, absl::Seconds(10));
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStart), std::vector<int32_t>{2}) << "but for repair";
}

TEST(ClusterPlannerTest, TheNumberOfControllersIsFixed) {
  Snapshot s = Up();
  s.spec.controllers = 3;
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "CONTROLLERS_FIXED"));
}

TEST(ClusterPlannerTest, ARefusedConfigIsSaid) {
  Snapshot s = Up();
  s.spec.broker_configs = {{"super.users", "User:x"}};
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_TRUE(WaitsFor(PlanOf(s), "CONFIG_NOT_ALLOWED"));
}

TEST(ClusterPlannerTest, AStaticChangeRollsOneNodeTheActiveControllerLast) {
  Snapshot s = Up();
  for (NodeSeen& node : s.nodes) node.wanted_digest = "next";
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kStopForRoll), std::vector<int32_t>{1});
  EXPECT_EQ(plan.steps.size(), 1u);
}

TEST(ClusterPlannerTest, OtherControllersAreRolledBeforeBrokers) {
  Snapshot s = Up();
  s.spec.controllers = 3;
  s.nodes.push_back(Ready(1002));
  s.nodes.push_back(Ready(1003));
  for (NodeSeen& node : s.nodes) node.wanted_digest = "next";
  s.health->voters = {{1001, absl::ZeroDuration()}, {1002, absl::ZeroDuration()}, {1003, absl::ZeroDuration()}};
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kStopForRoll), std::vector<int32_t>{1002});
}

TEST(ClusterPlannerTest, NoSecondNodeIsTouchedWhileOneIsNotReady) {
  Snapshot s = Up();
  for (NodeSeen& node : s.nodes) node.wanted_digest = "next";
  s.nodes[0].ready = false;
  const Plan plan = PlanOf(s);
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_TRUE(WaitsFor(plan, "NODE_NOT_READY"));
}

TEST(ClusterPlannerTest, ARollWaitsForTheGateAndSaysWhy) {
  Snapshot s = Up();
  s.nodes[0].wanted_digest = "next";
  s.health->partitions->at(0).in_sync = {1, 2};
  EXPECT_TRUE(WaitsFor(PlanOf(s), "GATE_FAILED"));
  s.health.reset();
  EXPECT_TRUE(WaitsFor(PlanOf(s), "GATE_INCONCLUSIVE"));
  EXPECT_TRUE(PlanOf(s).steps.empty());
}

TEST(ClusterPlannerTest, ARolledNodeIsStartedAgainAtOnce) {
  Snapshot s = Up();
  s.nodes[0] = Fresh(1);
  s.nodes[0].last_exit = NodeExit{kNow, true, "exit code 0"};
  const Plan plan = PlanOf(s);
  EXPECT_EQ(NodesOf(plan, Kind::kStart), std::vector<int32_t>{1});
  EXPECT_EQ(plan.state, ClusterState::kRolling);
}

TEST(ClusterPlannerTest, AStopThatOverrunsIsEndedAfterKafkasOwnTime) {
  Snapshot s = Up();
  s.nodes[0].process = Process::kStopping;
  s.nodes[0].ready = false;
  s.nodes[0].stop_asked_at = kNow - absl::Seconds(330);
  EXPECT_TRUE(NodesOf(PlanOf(s), Kind::kKill).empty());
  s.now += absl::Seconds(1);
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kKill), std::vector<int32_t>{1});
}

TEST(ClusterPlannerTest, ADeleteEndsBrokersThenControllersThenErases) {
  Snapshot s = Up();
  s.deleted = true;
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kKill), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(PlanOf(s).state, ClusterState::kDeleting);
  for (int i : {0, 1, 2}) s.nodes[i] = Fresh(i + 1);
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kKill), std::vector<int32_t>{1001});
  s.nodes[3] = Fresh(1001);
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kRemoveAll), std::vector<int32_t>{0});
  s.nodes.clear();
  EXPECT_EQ(NodesOf(PlanOf(s), Kind::kRemoveAll), std::vector<int32_t>{0}) << "an empty folder is something";
  s.anything_left = false;
  EXPECT_TRUE(PlanOf(s).steps.empty());
  EXPECT_EQ(PlanOf(s).state, ClusterState::kGone);
  EXPECT_TRUE(PlanOf(s).converged);
}

TEST(ClusterPlannerTest, ADeletedClusterIsNotRepaired) {
  Snapshot s = Up();
  s.deleted = true;
  s.nodes[1] = Crashed(2, 1, absl::Hours(1));
  EXPECT_TRUE(NodesOf(PlanOf(s), Kind::kStart).empty());
}

TEST(ClusterPlannerTest, TheSameSnapshotGivesTheSamePlan) {
  Snapshot s = Up();
  s.spec.brokers = 5;
  EXPECT_EQ(PlanOf(s).steps, PlanOf(s).steps);
}

}  // namespace
}  // namespace sluice::op
