#include "services/balancer-planner/adapters/records/rebalance_records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "libs/base/error.h"
#include "services/balancer-planner/adapters/records/seen_records.h"

namespace sluice::balancer_planner::records {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'800'000'000'123);

// Each field has a value of its own.
Rebalance Full() {
  Rebalance rebalance{.uid = "reb-1",
                      .physical_cluster = "pkc-1",
                      .data_plane = "local",
                      .stage = RebalanceStage::kPaused,
                      .mode = planner::Mode::kRelieve,
                      .cause = Cause::kNearLimit,
                      .reasons = {"broker 1 uses 99 % of its limit of disk"},
                      .window = 0.09,
                      .throttle_bytes_per_second = 8'000'000,
                      .cancelling = true,
                      .reason = "REPAIR_FIRST",
                      .message = "broker 2 is being restarted",
                      .physical_cluster_generation = 7,
                      .proposed_by = "balancer-planner",
                      .approved_by = "apiKeys/ak-1",
                      .version = 12};
  rebalance.plan = {.summary = "3 replicas move",
                    .moves = 3,
                    .replica_moves = 4,
                    .leader_changes = 5,
                    .bytes = 6,
                    .batches = 2,
                    .seconds = 8.5,
                    .unmet = {"t-0: because"},
                    .unmet_count = 9};
  rebalance.brokers = {{.broker = 1,
                        .rack = "a",
                        .state = "LEAVING",
                        .before = {1, 2, 3, 4, 5},
                        .after = {6, 7, 8, 9, 10},
                        .disk_limit_bytes = 11,
                        .network_limit_bytes_per_second = 12}};
  rebalance.progress = {.batches_done = 1,
                        .moves_done = 2,
                        .moves_skipped = 3,
                        .moves_in_flight = 4,
                        .moves_left = 5,
                        .bytes_done = 6,
                        .bytes_left = 7,
                        .seconds_left = 8.25,
                        .throttle_bytes_per_second = 9,
                        .seen = kNow};
  rebalance.said = {.generation = 1'800'000'000'123,
                    .wish = Wish::kCancel,
                    .first_batch = 1,
                    .batches = 1,
                    .time = kNow,
                    .repeats = 2};
  rebalance.obsolete_since = kNow;
  rebalance.create_time = rebalance.update_time = rebalance.expire_time = kNow;
  rebalance.approve_time = rebalance.start_time = rebalance.end_time = kNow;
  return rebalance;
}

std::vector<PlannedBatch> Batches() {
  const PlannedMove move{.topic = "t",
                         .partition = 3,
                         .replicas_before = {1, 2},
                         .replicas = {2, 4},
                         .bytes = 500,
                         .reason = "broker 1 leaves"};
  return {{move, move}, {move}};
}

TEST(Records, AStateComesBackAsItWas) {
  const auto back = DecodeState(EncodeState(Full()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Full());
  Rebalance fresh{.uid = "reb-2", .physical_cluster = "pkc-1", .data_plane = "local", .version = 1};
  fresh.create_time = fresh.update_time = fresh.expire_time = kNow;
  EXPECT_EQ(*DecodeState(EncodeState(fresh)), fresh);
}

// A rebuilt row is written from what its event was read as.
TEST(Records, WhatWasReadIsWrittenAsTheSameBytes) {
  std::mt19937_64 random(4);
  Rebalance rebalance = Full();
  for (int i = 0; i < 2'000; ++i) {
    rebalance.plan.seconds = std::exp(std::uniform_real_distribution<double>(-12, 24)(random));
    rebalance.progress.seconds_left = std::exp(std::uniform_real_distribution<double>(-12, 24)(random));
    const std::string written = EncodeState(rebalance);
    ASSERT_EQ(EncodeState(*DecodeState(written)), written) << rebalance.plan.seconds;
  }
}

TEST(Records, OtherBytesAreRefused) {
  EXPECT_FALSE(DecodeState("\xff\xff\xff").ok());
  EXPECT_FALSE(DecodeEvent("\xff\xff\xff").ok());
}

TEST(Records, AnEventHoldsTheWholeState) {
  const auto back = DecodeEvent(EncodeEvent({.after = Full(), .cause = "progress"}));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Full());
}

TEST(Records, BatchesComeBackAsTheyWere) {
  const auto back = DecodeBatches(EncodeBatches(Batches()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Batches());
}

TEST(Records, ADocumentHoldsItsWindowAlone) {
  const v1::PlanDocument document = DocumentOf(Full(), Batches());
  EXPECT_EQ(document.key(), "pkc-1");
  EXPECT_EQ(document.data_plane(), "local");
  EXPECT_EQ(document.rebalance(), "reb-1");
  EXPECT_EQ(document.generation(), 1'800'000'000'123);
  EXPECT_EQ(document.physical_cluster_generation(), 7);
  EXPECT_EQ(document.wish(), v1::PlanDocument::CANCEL);
  EXPECT_EQ(document.first_batch(), 1);
  EXPECT_EQ(document.batches_total(), 2);
  ASSERT_EQ(document.batches_size(), 1);
  EXPECT_EQ(document.batches(0).moves_size(), 1);
  EXPECT_EQ(document.batches(0).moves(0).replicas(1), 4);
}

// What core/ takes for the size of a move is never less than what it takes.
TEST(Records, AFullWindowStaysBelowADocumentsLimit) {
  PlannedMove move{.topic = std::string(249, 't'),
                   .partition = 2'000'000'000,
                   .bytes = 1'000'000'000'000'000,
                   .reason = "broker 2000000000 has 1.23 times its share of potential nwOut"};
  for (int32_t i = 0; i < 30; ++i) {
    move.replicas_before.push_back(2'000'000'000 + i);
    move.replicas.push_back(2'000'000'100 + i);
  }
  std::vector<PlannedBatch> batches(600, PlannedBatch{move});
  Rebalance rebalance = Full();
  rebalance.said.first_batch = 0;
  FillWindow(batches, rebalance);
  EXPECT_LT(rebalance.said.batches, 600);
  const std::string bytes = DocumentOf(rebalance, batches).SerializeAsString();
  EXPECT_LE(bytes.size(), static_cast<size_t>(kWindowBytes) + 1024);
  EXPECT_GE(bytes.size(), 150'000u);
}

TEST(Records, ModesAreChecked) {
  EXPECT_EQ(*ModeOf(v1::MODE_UNSPECIFIED), planner::Mode::kEvenOut);
  EXPECT_EQ(*ModeOf(v1::EMPTY), planner::Mode::kEmpty);
  EXPECT_EQ(ErrorReason(ModeOf(static_cast<v1::Mode>(99)).status()), "INVALID_FIELD");
}

TEST(SeenOf, AStatusWithControllersAndOneThatLeaves) {
  satellite::v1::StatusDocument document;
  document.set_key("pkc-1");
  document.set_data_plane("local");
  document.set_observed_generation(7);
  document.mutable_time()->set_seconds(1'800'000'000);
  auto& status = *document.mutable_physical_cluster();
  status.set_state(satellite::v1::PhysicalClusterStatus::SHRINKING);
  for (const auto& [id, role, state] : {std::tuple{1, "broker", "READY"}, std::tuple{2, "broker", "CRASHED"},
                                        std::tuple{3, "broker", "READY"}, std::tuple{1001, "controller", "READY"}}) {
    auto& node = *status.add_nodes();
    node.set_node_id(id);
    node.set_role(role);
    node.set_state(state);
  }
  status.add_leaving_brokers(3);
  status.mutable_rebalance()->set_rebalance("reb-1");
  status.mutable_rebalance()->set_state(satellite::v1::RebalanceStatus::DONE);
  status.mutable_rebalance()->set_batches_done(4);
  const SeenStatus seen = SeenOf(document);
  EXPECT_EQ(seen.state, ClusterState::kShrinking);
  EXPECT_EQ(seen.generation, 7);
  ASSERT_EQ(seen.brokers.size(), 3u);
  EXPECT_TRUE(seen.brokers[0].ready);
  EXPECT_FALSE(seen.brokers[1].ready);
  EXPECT_TRUE(seen.brokers[2].leaving);
  ASSERT_TRUE(seen.rebalance.has_value());
  EXPECT_EQ(seen.rebalance->state, SeenRebalance::State::kDone);
  EXPECT_EQ(seen.rebalance->batches_done, 4);
}

}  // namespace
}  // namespace sluice::balancer_planner::records
