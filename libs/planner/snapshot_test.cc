#include "libs/planner/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "libs/base/error.h"

namespace sluice::planner {
namespace {

using ::testing::HasSubstr;

constexpr ResourceVector kCapacity = {1000, 1000, 1000, 100};

class BadSnapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(builder_.AddBroker({.id = 1, .rack = "a", .capacity = kCapacity}).ok());
    ASSERT_TRUE(builder_.AddBroker({.id = 2, .rack = "b", .capacity = kCapacity}).ok());
    builder_.AddTopic("orders");
  }
  void ExpectRefused(const absl::Status& status, const char* names) {
    EXPECT_EQ(ErrorReason(status), "INVALID_SNAPSHOT");
    EXPECT_THAT(std::string(status.message()), HasSubstr(names));
  }
  SnapshotBuilder builder_;
};

TEST_F(BadSnapshot, NamesTheBrokerThatIsThereTwice) {
  ExpectRefused(builder_.AddBroker({.id = 1, .rack = "a", .capacity = kCapacity}), "broker 1");
}

TEST_F(BadSnapshot, NamesTheBrokerWithoutCapacity) {
  ExpectRefused(builder_.AddBroker({.id = 3, .rack = "a", .capacity = {1, 0, 1, 1}}),
                "broker 3 has no capacity for nwIn");
  ExpectRefused(builder_.AddBroker({.id = 3, .rack = "a", .capacity = {-1, 1, 1, 1}}), "disk");
  ExpectRefused(
      builder_.AddBroker({.id = 3, .rack = "a", .capacity = {1, 1, 1, std::numeric_limits<double>::infinity()}}),
      "cpu");
}

TEST_F(BadSnapshot, NamesThePartitionAndItsUnknownBroker) {
  ExpectRefused(builder_.AddPartition({.topic = 0, .partition = 7, .replicas = {1, 9}}),
                "orders-7 has a replica on broker 9");
}

TEST_F(BadSnapshot, NamesThePartitionWithTwoReplicasOnOneBroker) {
  ExpectRefused(builder_.AddPartition({.topic = 0, .partition = 7, .replicas = {1, 1}}), "orders-7 has two replicas");
}

TEST_F(BadSnapshot, NamesThePartitionWithANegativeOrMissingLoad) {
  ExpectRefused(builder_.AddPartition({.topic = 0, .partition = 7, .replicas = {1}, .leader_load = {-1, 0, 0, 0}}),
                "orders-7 has a negative or missing load for disk");
  ExpectRefused(builder_.AddPartition({.topic = 0,
                                       .partition = 7,
                                       .replicas = {1},
                                       .leader_load = {0, 0, std::numeric_limits<double>::quiet_NaN(), 0}}),
                "nwOut");
}

TEST_F(BadSnapshot, RefusesLimitsThatAreNoShare) { ExpectRefused(builder_.SetLimits({0.8, 0.8, 1.2, 0.7}), "nwOut"); }

TEST(Snapshot, WithoutPartitionsIsASnapshot) {
  SnapshotBuilder builder;
  ASSERT_TRUE(builder.AddBroker({.id = 1, .rack = "a", .capacity = kCapacity}).ok());
  EXPECT_TRUE(std::move(builder).Build().ok());
}

}  // namespace
}  // namespace sluice::planner
