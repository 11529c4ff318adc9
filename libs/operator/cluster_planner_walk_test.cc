// A seeded world of nodes that crash, start slowly and stop slowly, under wishes that change at any moment, driven by
// the planner alone. What must hold at every step is checked at every step; at the end the world is left in peace and
// must become as wished.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "libs/operator/broker_config.h"
#include "libs/operator/cluster_planner.h"

namespace sluice::op {
namespace {

using Kind = Step::Kind;
using Process = NodeSeen::Process;

struct World {
  struct Node {
    NodeSeen seen;
    Moment ready_at;
    Moment gone_at;
    bool stopped_by_us = false;
  };

  explicit World(uint64_t seed) : random(seed) {}

  bool Chance(int one_in) { return std::uniform_int_distribution<int>(1, one_in)(random) == 1; }
  absl::Duration UpTo(int seconds) {
    return absl::Milliseconds(std::uniform_int_distribution<int>(1, seconds * 1000)(random));
  }

  // Time passes; what was under way ends.
  void Pass(absl::Duration step) {
    now += step;
    for (auto& [id, node] : nodes) {
      NodeSeen& s = node.seen;
      if (s.process == Process::kStopping && now >= node.gone_at) End(node, /*wanted=*/true);
      if (s.process == Process::kRunning && !s.ready && now >= node.ready_at) {
        s.ready = true;
        s.ready_since = now;
        node.stopped_by_us = false;
      }
    }
    if (std::all_of(nodes.begin(), nodes.end(), [](const auto& n) { return n.second.seen.ready; }) && !nodes.empty() &&
        configs == DynamicConfigsOf(spec)) {
      provisioned = true;
    }
  }

  void End(Node& node, bool wanted) {
    NodeSeen& s = node.seen;
    const absl::Duration ready_for = s.ready_since ? now - *s.ready_since : absl::ZeroDuration();
    s.crashes_in_a_row = wanted ? 0 : CrashesInARow(policy.restart, s.crashes_in_a_row, ready_for);
    s.process = Process::kNone;
    s.ready = false;
    s.ready_since.reset();
    s.running_digest.clear();
    s.stop_asked_at.reset();
    s.last_exit = NodeExit{now, wanted, "ended"};
    s.jitter = std::uniform_real_distribution<double>(0, 1)(random);
  }

  void Trouble() {
    for (auto& [id, node] : nodes) {
      if (node.seen.process == Process::kRunning && Chance(40)) End(node, /*wanted=*/false);
    }
    if (Chance(25)) {
      const int brokers = std::uniform_int_distribution<int>(1, 6)(random);
      // Brokers 1 to 3 hold the replicas that nobody moves.
      spec.brokers = spec.brokers < 3 ? std::max(spec.brokers, brokers) : std::max(3, brokers);
    }
    for (auto& [id, node] : nodes) {
      if (id > 3 && id < kFirstControllerId && node.seen.ready && !cordoned.contains(id) && Chance(10))
        holding.insert(id);
    }
    Drain();
    if (Chance(20)) rebalancing = !rebalancing;
    if (Chance(25)) spec.broker_configs["queued.max.requests"] = std::to_string(++changes);
    if (Chance(40)) spec.broker_configs["log.retention.ms"] = std::to_string(++changes);
    if (Chance(30)) spec.paused = !spec.paused;
  }

  // Somebody moves replicas off brokers that are to go.
  void Drain() {
    for (auto& [id, node] : nodes) {
      if (id <= spec.brokers || id >= kFirstControllerId || !Chance(3)) continue;
      holding.erase(id);
    }
  }

  std::string WantedDigest() const {
    const auto found = spec.broker_configs.find("queued.max.requests");
    return found == spec.broker_configs.end() ? "0" : found->second;
  }

  Snapshot Look() {
    Snapshot s;
    s.now = now;
    s.spec = spec;
    s.deleted = deleted;
    s.provisioned = provisioned;
    s.anything_left = !nodes.empty();
    s.last_disruption_at = last_disruption_at;
    s.rebalancing = rebalancing;
    KafkaHealth health;
    health.sampled_at = now;
    health.load_sampled_at = now;
    PartitionHealth partition{.topic = "t", .partition = 0, .leader = -1, .min_in_sync = 2};
    for (auto& [id, node] : nodes) {
      node.seen.wanted_digest = WantedDigest();
      s.nodes.push_back(node.seen);
      if (node.seen.role == NodeRole::kController) {
        health.voters.push_back({id, absl::ZeroDuration()});
        if (node.seen.ready || blind_gate) health.active_controller = id;
        continue;
      }
      health.registered_brokers.insert(id);
      health.request_handler_idle[id] = 0.9;
      health.disk_used_fraction[id] = 0.1;
      if (!node.seen.ready && !blind_gate) health.fenced_brokers.insert(id);
      if (node.seen.ready) health.broker_settings[id].cordoned = cordoned.contains(id);
      if (id > 3) continue;
      partition.replicas.push_back(id);
      if (node.seen.ready || blind_gate) partition.in_sync.push_back(id);
    }
    if (!partition.in_sync.empty()) partition.leader = partition.in_sync[0];
    health.partitions = {partition};
    for (int32_t id : holding) {
      health.partitions->push_back(
          {.topic = "h", .partition = id, .leader = id, .replicas = {id, 1}, .in_sync = {id, 1}, .min_in_sync = 1});
    }
    // Now and then nobody answers.
    if (health.active_controller && !Chance(10)) s.health = health;
    if (std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return n.second.seen.ready; }))
      s.dynamic_configs = configs;
    return s;
  }

  void Do(const Step& step) {
    if (step.kind == Kind::kPrepare) {
      ASSERT_FALSE(nodes.contains(step.node_id)) << "a node made twice";
      Node node;
      node.seen.node_id = step.node_id;
      node.seen.role = step.node_id >= kFirstControllerId ? NodeRole::kController : NodeRole::kBroker;
      nodes[step.node_id] = node;
      return;
    }
    if (step.kind == Kind::kApplyConfigs) {
      configs = DynamicConfigsOf(spec);
      return;
    }
    if (step.kind == Kind::kCordon || step.kind == Kind::kUncordon) {
      ASSERT_TRUE(nodes.at(step.node_id).seen.ready);
      if (step.kind == Kind::kCordon) cordoned.insert(step.node_id);
      if (step.kind == Kind::kUncordon) cordoned.erase(step.node_id);
      return;
    }
    if (step.kind == Kind::kRetire) {
      ASSERT_GT(step.node_id, spec.brokers) << "a wished broker was erased";
      ASSERT_FALSE(holding.contains(step.node_id)) << "a broker was erased with what it held";
      ASSERT_FALSE(rebalancing || spec.paused);
      nodes.erase(step.node_id);
      return;
    }
    if (step.kind == Kind::kRemoveAll) {
      for (auto& [id, node] : nodes) ASSERT_EQ(node.seen.process, Process::kNone) << "erased below a running node";
      nodes.clear();
      return;
    }
    ASSERT_TRUE(nodes.contains(step.node_id));
    Node& node = nodes.at(step.node_id);
    switch (step.kind) {
      case Kind::kStart:
        ASSERT_EQ(node.seen.process, Process::kNone) << "a node started twice";
        ASSERT_FALSE(deleted);
        node.seen.process = Process::kRunning;
        node.seen.started_at = now;
        node.seen.running_digest = WantedDigest();
        node.ready_at = now + UpTo(5);
        break;
      case Kind::kStopForRoll:
        for (auto& [id, other] : nodes) {
          ASSERT_TRUE(other.seen.ready) << "node " << step.node_id << " stopped while " << id << " is not ready";
          ASSERT_FALSE(other.stopped_by_us) << "two healthy nodes down by our hand";
        }
        ASSERT_FALSE(spec.paused || rebalancing);
        node.stopped_by_us = true;
        node.seen.process = Process::kStopping;
        node.seen.ready = false;
        node.seen.stop_asked_at = now;
        // Some never end by themselves.
        node.gone_at = Chance(10) ? now + absl::Hours(10) : now + UpTo(20);
        last_disruption_at = now;
        break;
      case Kind::kKill:
        ASSERT_TRUE(deleted || now - *node.seen.stop_asked_at > policy.longest_stop) << "a running node was killed";
        End(node, /*wanted=*/true);
        break;
      default:
        FAIL() << "unknown step";
    }
  }

  Plan Round() {
    const Plan plan = PlanCluster(policy, Look());
    for (const Step& step : plan.steps) Do(step);
    return plan;
  }

  std::mt19937_64 random;
  PlannerPolicy policy;
  Moment now = absl::Seconds(1);
  PhysicalSpec spec;
  bool deleted = false;
  bool provisioned = false;
  std::map<int32_t, Node> nodes;
  DynamicConfigs configs;
  std::optional<Moment> last_disruption_at;
  int changes = 0;
  // Brokers with replicas of their own, and those that get no new ones.
  std::set<int32_t> holding;
  std::set<int32_t> cordoned;
  bool rebalancing = false;
  // Every sample looks well, so that only the planner's own guard is left.
  bool blind_gate = false;
};

void Converge(World& world) {
  world.spec.paused = world.rebalancing = false;
  for (int round = 0; round < 5000; ++round) {
    world.Pass(absl::Seconds(1));
    world.Drain();
    const Plan plan = world.Round();
    if (testing::Test::HasFatalFailure() || (plan.converged && plan.steps.empty())) return;
  }
  const Plan plan = PlanCluster(world.policy, world.Look());
  std::string why;
  for (const Wait& wait : plan.waits) why += wait.reason + ": " + wait.message + "; ";
  FAIL() << "does not converge: " << why;
}

class ClusterPlannerWalkTest : public testing::TestWithParam<int> {};

TEST_P(ClusterPlannerWalkTest, WhateverHappensNothingUnsafeIsDoneAndItConverges) {
  for (int i = 0; i < 50; ++i) {
    const uint64_t seed = static_cast<uint64_t>(GetParam()) * 1000 + i;
    SCOPED_TRACE(seed);
    World world(seed);
    world.blind_gate = i % 2 == 1;
    for (int round = 0; round < 300; ++round) {
      world.Pass(world.UpTo(3));
      world.Trouble();
      world.Round();
      if (HasFatalFailure()) return;
    }
    Converge(world);
    if (HasFatalFailure()) return;
    EXPECT_EQ(static_cast<int>(world.nodes.size()), world.spec.brokers + world.spec.controllers);
    EXPECT_EQ(world.configs, DynamicConfigsOf(world.spec));
    for (const auto& [id, node] : world.nodes) EXPECT_EQ(node.seen.running_digest, world.WantedDigest()) << id;
    world.deleted = true;
    Converge(world);
    if (HasFatalFailure()) return;
    EXPECT_TRUE(world.nodes.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterPlannerWalkTest, testing::Range(0, 10));

}  // namespace
}  // namespace sluice::op
