// `sluice rebalance …` against a service that plays the balancer-planner.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/output/document.h"
#include "cli/testing/command_line.h"

namespace sluice::cli {
namespace {

using balancer_planner::v1::Rebalance;
using testing::CommandLineTest;
using testing::Ended;

constexpr char kBig[] = "organizations/acme/environments/prod/kafkaClusters/big";

class RebalanceTest : public CommandLineTest {
 protected:
  static Rebalance Make(Rebalance::State state, int64_t bytes_done) {
    Rebalance rebalance;
    rebalance.set_uid("reb-7f3k");
    rebalance.set_name(std::string(kBig) + "/rebalances/reb-7f3k");
    rebalance.set_state(state);
    rebalance.set_mode(balancer_planner::v1::FILL);
    rebalance.add_reasons("broker 4 is new");
    rebalance.set_throttle_bytes_per_second(8'000'000);
    auto& plan = *rebalance.mutable_plan();
    plan.set_moves(10);
    plan.set_replica_moves(12);
    plan.set_batches(2);
    plan.set_bytes(1000);
    plan.mutable_duration()->set_seconds(125);
    auto& progress = *rebalance.mutable_progress();
    progress.set_bytes_done(bytes_done);
    progress.set_bytes_left(1000 - bytes_done);
    progress.set_moves_done(bytes_done / 100);
    progress.set_moves_left(10 - bytes_done / 100);
    progress.mutable_time_left()->set_seconds(60);
    auto& broker = *rebalance.add_brokers();
    broker.set_broker(4);
    broker.set_state("NEW");
    broker.mutable_after()->set_replicas(30);
    broker.mutable_after()->set_disk_bytes(1000);
    broker.mutable_now()->set_replicas(12);
    broker.mutable_now()->set_disk_bytes(400);
    return rebalance;
  }

  testing::FakeRebalances& balancer() { return api_.rebalances(); }
};

TEST_F(RebalanceTest, APreviewTellsWhatWouldMove) {
  *balancer().preview.mutable_rebalance() = Make(Rebalance::PROPOSED, 0);
  auto& move = *balancer().preview.add_moves();
  move.set_topic("orders");
  move.set_partition(7);
  move.add_replicas_before(1);
  move.add_replicas(4);
  move.set_bytes(900);
  move.set_reason("broker 4 has 0.00 times its share of disk");
  const Ended ended = Run({"rebalance", "preview", "big", "--mode", "fill", "--throttle", "8MB", "--window", "0.09"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(balancer().previewed.cluster(), kBig);
  EXPECT_EQ(balancer().previewed.mode(), balancer_planner::v1::FILL);
  EXPECT_EQ(balancer().previewed.throttle_bytes_per_second(), 8'000'000);
  EXPECT_DOUBLE_EQ(balancer().previewed.window(), 0.09);
  for (const char* text : {"broker 4 is new", "10 partitions in 2 batches", "2 min at 8 MB/s", "orders-7", "1 → 4",
                           "and 9 smaller ones"}) {
    EXPECT_NE(ended.out.find(text), std::string::npos) << text << " in\n" << ended.out;
  }
  const Ended json = Run({"rebalance", "preview", "big", "-o", "json"});
  const Document document = Document::parse(json.out);
  EXPECT_EQ(document["plan"]["moves"], 10);
  EXPECT_EQ(document["moves"][0]["topic"], "orders");
}

TEST_F(RebalanceTest, AStartCarriesItsRequestIdAndFlags) {
  balancer().rebalances = {Make(Rebalance::APPROVED, 0)};
  const Ended ended = Run({"rebalance", "start", "pkc-1", "--require-approval", "-o", "json"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(balancer().started.cluster(), "physicalClusters/pkc-1");
  EXPECT_TRUE(balancer().started.require_approval());
  EXPECT_EQ(balancer().started.request_id().size(), 36u);
  EXPECT_EQ(Document::parse(ended.out)["state"], "APPROVED");
  EXPECT_EQ(Document::parse(ended.out)["name"], "reb-7f3k");
}

TEST_F(RebalanceTest, AStartWaitsForASampleOfTheLoad) {
  balancer().rebalances = {Make(Rebalance::APPROVED, 0)};
  balancer().load_unknown = 2;
  const Ended waited = Run({"rebalance", "start", "big", "-o", "json"});
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  EXPECT_EQ(balancer().load_unknown, 0);
  EXPECT_EQ(Document::parse(waited.out)["name"], "reb-7f3k");
  balancer().load_unknown = 2;
  const Ended impatient = Run({"rebalance", "start", "big", "-o", "json", "--timeout", "10ms"});
  EXPECT_EQ(impatient.exit_code, 6) << "it comes later, perhaps";
  EXPECT_NE(impatient.err.find("LOAD_UNKNOWN"), std::string::npos) << impatient.err;
  EXPECT_EQ(balancer().load_unknown, 1);
}

TEST_F(RebalanceTest, AListEndsWithTheVerdict) {
  balancer().rebalances = {Make(Rebalance::DONE, 1000)};
  const Ended ended = Run({"rebalance", "list", "big"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("reb-7f3k"), std::string::npos);
  EXPECT_NE(ended.out.find("100 %"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("Now: it is balanced."), std::string::npos) << ended.out;
}

TEST_F(RebalanceTest, DescribeTakesTheNewestOrTheNamedOne) {
  balancer().rebalances = {Make(Rebalance::RUNNING, 500)};
  EXPECT_NE(Run({"rebalance", "describe", "big"}).out.find("50 %"), std::string::npos);
  EXPECT_EQ(Run({"rebalance", "describe", "big", "reb-7f3k"}).exit_code, 0);
  EXPECT_EQ(Run({"rebalance", "describe", "big", "reb-other"}).exit_code, 3);
  balancer().rebalances.clear();
  const Ended none = Run({"rebalance", "describe", "big", "-o", "json"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_NE(none.err.find("NO_REBALANCE"), std::string::npos) << none.err;
}

TEST_F(RebalanceTest, ChangesGoToTheOpenOne) {
  balancer().rebalances = {Make(Rebalance::RUNNING, 500)};
  for (const char* verb : {"approve", "pause", "resume", "cancel"}) {
    EXPECT_EQ(Run({"rebalance", verb, "big"}).exit_code, 0);
    ASSERT_FALSE(balancer().changes.empty());
    EXPECT_EQ(balancer().changes.back().first, verb);
    EXPECT_EQ(balancer().changes.back().second.name(), std::string(kBig) + "/rebalances/reb-7f3k");
    EXPECT_EQ(balancer().changes.back().second.request_id().size(), 36u);
  }
  balancer().rebalances = {Make(Rebalance::DONE, 1000)};
  EXPECT_EQ(Run({"rebalance", "pause", "big"}).exit_code, 3) << "none is open";
}

TEST_F(RebalanceTest, AWatchWaitsForTheNextToBegin) {
  balancer().rebalances = {Make(Rebalance::DONE, 1000)};
  const Ended none = Run({"rebalance", "watch", "big", "--timeout", "10ms"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_NE(none.err.find("now: it is balanced"), std::string::npos) << none.err;
  EXPECT_EQ(balancer().watches, 0) << "one that has ended is not what is waited for";
  balancer().begins_after_lists = 2;
  balancer().begins = Make(Rebalance::RUNNING, 100);
  balancer().begins.set_name(std::string(kBig) + "/rebalances/reb-next");
  balancer().watched = {Make(Rebalance::RUNNING, 100), Make(Rebalance::DONE, 1000)};
  const Ended ended = Run({"rebalance", "watch", "big"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(balancer().watched_name, std::string(kBig) + "/rebalances/reb-next");
}

TEST_F(RebalanceTest, AWatchAfterAnotherChangeWaitsForThatOnesRebalance) {
  Rebalance of_the_growth = Make(Rebalance::DONE, 1000);
  of_the_growth.mutable_end_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 3);
  balancer().rebalances = {of_the_growth};
  ASSERT_EQ(Run({"kafka", "update", "big", "--brokers", "3", "--no-wait"}).exit_code, 0);
  balancer().begins_after_lists = 2;
  balancer().begins = Make(Rebalance::RUNNING, 100);
  balancer().begins.set_name(std::string(kBig) + "/rebalances/reb-of-the-shrink");
  balancer().watched = {Make(Rebalance::RUNNING, 100), Make(Rebalance::DONE, 1000)};
  const Ended ended = Run({"rebalance", "watch", "big"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(balancer().watched_name, std::string(kBig) + "/rebalances/reb-of-the-shrink");
}

TEST_F(RebalanceTest, AWatchGoesOnAfterAStreamThatBrokeAndEndsWithTheRebalance) {
  balancer().rebalances = {Make(Rebalance::RUNNING, 100)};
  balancer().watched = {Make(Rebalance::RUNNING, 100), Make(Rebalance::RUNNING, 600), Make(Rebalance::DONE, 1000)};
  const Ended ended = Run({"rebalance", "watch", "big"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(balancer().watches, 2);
  for (const char* text : {"RUNNING", "12 replicas → 30", "60 %", "1 min left", "100 %", "DONE"}) {
    EXPECT_NE(ended.out.find(text), std::string::npos) << text << " in\n" << ended.out;
  }
}

TEST_F(RebalanceTest, WhatIsDoneAndNotSampledYetIsShownAsPlanned) {
  Rebalance done = Make(Rebalance::DONE, 1000);
  done.mutable_brokers(0)->clear_now();
  done.mutable_end_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 3);
  balancer().rebalances = {done};
  balancer().watches = 1;
  balancer().watched = {done};
  const Ended ended = Run({"rebalance", "watch", "big"});
  EXPECT_NE(ended.out.find("30 replicas → 30"), std::string::npos) << ended.out;
}

TEST_F(RebalanceTest, AWatchOfAFailureSaysSo) {
  Rebalance failed = Make(Rebalance::FAILED, 300);
  failed.set_reason("THROTTLE_TOO_LOW");
  failed.mutable_end_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 3);
  failed.set_message("the throttle is below what the partition receives");
  balancer().rebalances = {failed};
  balancer().watches = 1;
  balancer().watched = {failed};
  const Ended ended = Run({"rebalance", "watch", "big", "-o", "json"});
  EXPECT_EQ(ended.exit_code, 7) << "it ended a moment ago, so it is the one that is meant";
  EXPECT_NE(ended.err.find("REBALANCE_NOT_DONE"), std::string::npos) << ended.err;
  EXPECT_EQ(Document::parse(ended.out)["reason"], "THROTTLE_TOO_LOW");
}

TEST_F(RebalanceTest, WithoutABalancerTheContextSaysSo) {
  std::ofstream(folder_ / "config.yaml") << "current: old\ncontexts:\n- name: old\n  endpoint: localhost:1\n"
                                            "  organization: acme\n  environment: prod\n";
  const Ended ended = Run({"rebalance", "list", "big"});
  EXPECT_NE(ended.exit_code, 0);
  EXPECT_NE(ended.err.find("--balancer-endpoint"), std::string::npos) << ended.err;
}

TEST_F(RebalanceTest, WhatIsNoFlagOfItsIsRefused) {
  EXPECT_EQ(Run({"rebalance", "preview", "big", "--mode", "sideways"}).exit_code, 2);
  EXPECT_EQ(Run({"rebalance", "preview", "big", "--window", "7"}).exit_code, 2);
  EXPECT_EQ(Run({"rebalance", "start"}).exit_code, 2);
}

}  // namespace
}  // namespace sluice::cli
