#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "libs/base/error.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite::testing {

// A substrate under test, with room for 4 brokers, and what a test does to it from outside.
class SubstrateHarness {
 public:
  virtual ~SubstrateHarness() = default;
  virtual Substrate& substrate() = 0;
  // As if the satellite had been killed and started again.
  virtual void Reopen() = 0;
  // kill -9 of the node's process.
  virtual void CrashNode(const std::string& cluster, int32_t node_id) = 0;
  // Time for a stop that was asked for.
  virtual void LetTimePass() = 0;
};

using SubstrateHarnessMaker = std::function<std::unique_ptr<SubstrateHarness>()>;

// What every Substrate must do; run on the fake and on real processes.
class SubstrateContract : public ::testing::TestWithParam<SubstrateHarnessMaker> {
 protected:
  void SetUp() override {
    harness_ = GetParam()();
    spec_.brokers = 2;
    spec_.broker_disk_mib = 64;
  }
  Substrate& substrate() { return harness_->substrate(); }
  NodeSight Node(int32_t id) {
    const auto sight = substrate().Look(kCluster);
    EXPECT_TRUE(sight.ok()) << sight.status();
    if (!sight.ok()) return {};
    for (const NodeSight& node : sight->nodes) {
      if (node.node_id == id) return node;
    }
    ADD_FAILURE() << "no node " << id;
    return {};
  }
  void StartAll() {
    ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
    for (int32_t id : {1001, 1, 2}) ASSERT_TRUE(substrate().Start(kCluster, spec_, id).ok()) << id;
  }
  void TearDown() override {
    for (int32_t id : {1, 2, 3, 4, 1001}) (void)substrate().Kill(kCluster, id).ok();
  }

  static constexpr char kCluster[] = "pkc-contract";
  using Process = op::NodeSeen::Process;
  std::unique_ptr<SubstrateHarness> harness_;
  op::PhysicalSpec spec_;
};

TEST_P(SubstrateContract, WhatDoesNotExistHasNothingLeft) {
  const auto sight = substrate().Look(kCluster);
  ASSERT_TRUE(sight.ok());
  EXPECT_FALSE(sight->anything_left);
  EXPECT_TRUE(sight->nodes.empty());
  EXPECT_TRUE(substrate().Clusters()->empty());
  EXPECT_TRUE(substrate().Remove(kCluster).ok());
}

TEST_P(SubstrateContract, PreparingTwiceGivesTheSamePlacesAndEachNodeItsOwn) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  const auto first = substrate().Look(kCluster);
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  harness_->Reopen();
  const auto second = substrate().Look(kCluster);
  ASSERT_EQ(first->nodes.size(), 3u);
  ASSERT_EQ(second->nodes.size(), 3u);
  std::set<int> ports;
  for (size_t i = 0; i < 3; ++i) {
    const NodeSight &a = first->nodes[i], &b = second->nodes[i];
    EXPECT_EQ(a.node_id, b.node_id);
    EXPECT_EQ(a.client, b.client);
    EXPECT_EQ(a.internal, b.internal);
    EXPECT_EQ(a.controller, b.controller);
    EXPECT_EQ(a.process, Process::kNone);
    const bool broker = a.role == op::NodeRole::kBroker;
    const std::vector<int> own = broker ? std::vector<int>{a.client.port, a.internal.port, a.metrics.port}
                                        : std::vector<int>{a.controller.port, a.metrics.port};
    for (int port : own) EXPECT_TRUE(ports.insert(port).second) << port;
  }
}

TEST_P(SubstrateContract, AGrownSpecAddsNodesAndKeepsTheOthers) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  const NodeSight before = Node(1);
  spec_.brokers = 3;
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(Node(1).client, before.client);
  EXPECT_EQ(Node(3).role, op::NodeRole::kBroker);
}

TEST_P(SubstrateContract, AStartedNodeRunsOnceHoweverOftenItIsStarted) {
  StartAll();
  EXPECT_TRUE(substrate().Start(kCluster, spec_, 1).ok());
  EXPECT_EQ(Node(1).process, Process::kRunning);
  EXPECT_EQ(Node(1).run, 1);
  EXPECT_EQ(Node(1).version, "4.3.1");
  EXPECT_EQ(Node(1).running_digest, substrate().WantedDigest(kCluster, spec_, 1));
}

TEST_P(SubstrateContract, NodesAreFoundAgainAfterTheOwnerDied) {
  StartAll();
  harness_->Reopen();
  for (int32_t id : {1001, 1, 2}) {
    EXPECT_EQ(Node(id).process, Process::kRunning) << id;
    EXPECT_TRUE(substrate().Start(kCluster, spec_, id).ok());
    EXPECT_EQ(Node(id).run, 1) << id;
  }
}

TEST_P(SubstrateContract, ACrashIsSeenCountedAndRepaired) {
  StartAll();
  harness_->CrashNode(kCluster, 1);
  NodeSight node = Node(1);
  EXPECT_EQ(node.process, Process::kNone);
  ASSERT_TRUE(node.last_exit.has_value());
  EXPECT_FALSE(node.last_exit->wanted);
  EXPECT_EQ(node.restarts, 1);
  EXPECT_EQ(Node(2).process, Process::kRunning);
  ASSERT_TRUE(substrate().Start(kCluster, spec_, 1).ok());
  EXPECT_EQ(Node(1).process, Process::kRunning);
  EXPECT_EQ(Node(1).run, 2);
}

TEST_P(SubstrateContract, ACrashWhileNobodyLookedIsSeenAfterwards) {
  StartAll();
  harness_->CrashNode(kCluster, 2);
  harness_->Reopen();
  EXPECT_EQ(Node(2).process, Process::kNone);
  EXPECT_EQ(Node(2).restarts, 1);
}

TEST_P(SubstrateContract, AStopIsAWantedExit) {
  StartAll();
  ASSERT_TRUE(substrate().Stop(kCluster, 1).ok());
  harness_->LetTimePass();
  const NodeSight node = Node(1);
  EXPECT_EQ(node.process, Process::kNone);
  ASSERT_TRUE(node.last_exit.has_value());
  EXPECT_TRUE(node.last_exit->wanted);
  EXPECT_EQ(node.restarts, 0);
  EXPECT_TRUE(substrate().Stop(kCluster, 1).ok()) << "again";
}

TEST_P(SubstrateContract, WhatRunsIsNotErasedAndWhatIsErasedLeavesNothing) {
  StartAll();
  EXPECT_EQ(ErrorReason(substrate().Remove(kCluster)), "NODE_RUNNING");
  for (int32_t id : {1, 2, 1001}) ASSERT_TRUE(substrate().Kill(kCluster, id).ok());
  ASSERT_TRUE(substrate().Remove(kCluster).ok());
  EXPECT_FALSE(substrate().Look(kCluster)->anything_left);
  EXPECT_TRUE(substrate().Clusters()->empty());
  EXPECT_EQ(substrate().Capacity().brokers, 0);
  EXPECT_TRUE(substrate().Remove(kCluster).ok()) << "again";
}

TEST_P(SubstrateContract, OneNodeIsErasedAndItsPlaceIsFreeForAnother) {
  StartAll();
  EXPECT_EQ(ErrorReason(substrate().RemoveNode(kCluster, 2)), "NODE_RUNNING");
  ASSERT_TRUE(substrate().Kill(kCluster, 2).ok());
  ASSERT_TRUE(substrate().RemoveNode(kCluster, 2).ok());
  EXPECT_TRUE(substrate().RemoveNode(kCluster, 2).ok()) << "again";
  harness_->Reopen();
  const auto sight = substrate().Look(kCluster);
  ASSERT_TRUE(sight.ok());
  EXPECT_EQ(sight->nodes.size(), 2u);
  EXPECT_EQ(Node(1).process, Process::kRunning);
  EXPECT_EQ(substrate().Capacity().brokers, 1);
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(Node(2).run, 0) << "a new one";
  EXPECT_EQ(substrate().Capacity().brokers, 2);
}

TEST_P(SubstrateContract, MoreBrokersThanThereIsRoomForAreRefused) {
  spec_.brokers = 5;
  EXPECT_EQ(ErrorReason(substrate().Admit(kCluster, spec_)), "NO_CAPACITY");
  spec_.brokers = 2;
  ASSERT_TRUE(substrate().Admit(kCluster, spec_).ok());
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  op::PhysicalSpec other = spec_;
  other.brokers = 3;
  EXPECT_EQ(ErrorReason(substrate().Admit("pkc-other", other)), "NO_CAPACITY");
  other.brokers = 2;
  EXPECT_TRUE(substrate().Admit("pkc-other", other).ok());
  spec_.brokers = 4;
  EXPECT_TRUE(substrate().Admit(kCluster, spec_).ok()) << "its growth only";
}

TEST_P(SubstrateContract, AnUnknownVersionIsRefused) {
  spec_.kafka_version = "0.8.0";
  EXPECT_EQ(ErrorReason(substrate().Admit(kCluster, spec_)), "KAFKA_VERSION_UNKNOWN");
}

TEST_P(SubstrateContract, ProvisionedIsRemembered) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_FALSE(substrate().Look(kCluster)->provisioned);
  ASSERT_TRUE(substrate().MarkProvisioned(kCluster).ok());
  harness_->Reopen();
  EXPECT_TRUE(substrate().Look(kCluster)->provisioned);
}

}  // namespace sluice::satellite::testing
