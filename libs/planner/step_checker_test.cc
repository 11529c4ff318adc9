#include "libs/planner/step_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

#include "libs/planner/snapshot.h"

namespace sluice::planner {
namespace {

using ::testing::HasSubstr;

constexpr double kThrottleKbps = 100;

// Broker 0 has 445 MB in its first log dir and 360 in its second, each limited to 400 of 500: 805 of 800 as a whole.
// Broker 1 has one disk, of 1,000 MB, and 20 MB on it.
class FullBroker : public ::testing::Test {
 protected:
  FullBroker() {
    SnapshotBuilder builder;
    EXPECT_TRUE(builder
                    .AddBroker({.id = 0,
                                .rack = "a",
                                .capacity = {0, 1000, 1000, 100},
                                .log_dirs = {{"/data/0", 500}, {"/data/1", 500}}})
                    .ok());
    EXPECT_TRUE(builder.AddBroker({.id = 1, .rack = "b", .capacity = {1000, 1000, 1000, 100}}).ok());
    builder.AddTopic("t");
    for (const auto& [broker, log_dir, disk] : {std::tuple(0, 0, 445.), {0, 1, 350.}, {0, 1, 10.}, {1, 0, 20.}}) {
      EXPECT_TRUE(builder
                      .AddPartition({.topic = 0,
                                     .partition = next_++,
                                     .replicas = {broker},
                                     .leader_load = {disk, 1, 1, 1},
                                     .follower_load = {disk, 1, 0, 1},
                                     .replica_facts = {{.log_dir = log_dir}}})
                      .ok());
    }
    snapshot_ = *std::move(builder).Build();
  }
  StepViolations Check(std::vector<Step> steps) const {
    const Batch batch{.steps = std::move(steps)};
    return CheckSteps(snapshot_, {&batch, 1}, kThrottleKbps);
  }

  int32_t next_ = 0;
  Snapshot snapshot_;
};

Step To(uint32_t partition, uint16_t broker, uint16_t log_dir) {
  return {.partition = partition, .replicas = {broker}, .adding = {broker}, .log_dirs = {log_dir}};
}

TEST_F(FullBroker, ReceivesNothingAsAWholeThoughALogDirHasRoom) {
  const StepViolations found = Check({To(3, 0, 1)});
  EXPECT_EQ(found.over_during, 1);
  EXPECT_THAT(found.first, HasSubstr("broker 0 would be over its limit for disk"));
}

TEST_F(FullBroker, ReceivesNothingForWhatLeavesInTheSameBatch) {
  EXPECT_EQ(Check({To(2, 1, 0), To(3, 0, 1)}).over_during, 1) << "the copy may be there before the other has left";
}

TEST_F(FullBroker, ReceivesOnceItHasRoomAsAWholeAndInTheLogDir) {
  const std::vector<Batch> batches = {{.steps = {To(1, 1, 0)}}, {.steps = {To(3, 0, 1)}}};
  EXPECT_EQ(CheckSteps(snapshot_, batches, kThrottleKbps).total(), 0);
  const std::vector<Batch> into_the_full_one = {{.steps = {To(1, 1, 0)}}, {.steps = {To(3, 0, 0)}}};
  EXPECT_EQ(CheckSteps(snapshot_, into_the_full_one, kThrottleKbps).over_during, 1);
}

TEST_F(FullBroker, MayEvenOutItsOwnLogDirsWhichMakesItNoFuller) {
  EXPECT_EQ(Check({{.partition = 2, .replicas = {0}, .log_dirs = {0}, .moving_within = {0}}}).over_during, 1)
      << "not into the full one";
  Snapshot roomy = snapshot_;
  roomy.brokers[0].log_dirs[1].capacity_mb = 1200;  // its disk as a whole stays as it was
  const Batch batch{.steps = {{.partition = 0, .replicas = {0}, .log_dirs = {1}, .moving_within = {0}}}};
  EXPECT_EQ(CheckSteps(roomy, {&batch, 1}, kThrottleKbps).total(), 0);
}

TEST_F(FullBroker, HasTheThrottleOnTheLinkOfWhoSendsAndWhoReceives) {
  snapshot_.brokers[0].reserved[kNetworkOut] = 750;  // 800 is the limit, 3 are used
  EXPECT_EQ(Check({To(2, 1, 0)}).over_during, 1);
  snapshot_.brokers[0].reserved[kNetworkOut] = 0;
  snapshot_.brokers[1].reserved[kNetworkIn] = 750;
  EXPECT_EQ(Check({To(2, 1, 0)}).over_during, 1);
  snapshot_.brokers[1].reserved[kNetworkIn] = 0;
  EXPECT_EQ(Check({To(2, 1, 0)}).total(), 0);
}

TEST_F(FullBroker, APartitionIsInOneStepOfABatchAndKeepsItsReplicas) {
  EXPECT_EQ(Check({To(2, 1, 0), To(2, 1, 0)}).twice, 1);
  snapshot_.brokers[1].excluded = true;
  EXPECT_EQ(Check({To(2, 1, 0)}).gone_broker, 1);
  snapshot_.brokers[1].state = BrokerState::kDead;
  EXPECT_EQ(Check({To(2, 1, 0)}).gone_broker, 2) << "a copy and a leader";
}

}  // namespace
}  // namespace sluice::planner
