#include "libs/cluster_snapshot/cluster_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"

namespace sluice::cluster_snapshot {
namespace {

using kafka_admin::TopicPartition;
using kafka_admin::testing::FakeAdminClient;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(30);

const TopicPartition kOrders0{"orders", 0};

class ClusterSurvey : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        kafka_
            .CreateTopics(
                {{.name = "orders", .assignments = {{1, 2}, {2, 3}}, .configs = {{"min.insync.replicas", "2"}}}}, false,
                kTimeout)
            .ok());
    for (int32_t broker : {1, 2}) kafka_.SetReplicaSize(kOrders0, broker, 100'000'000);
    kafka_.SetEndOffset(kOrders0, 20'000);
    // 10 s pass, and 1,000 records of 5 MB come to orders-0, between the first and the second look.
    options_.progress = [this](const std::string& doing) {
      if (doing.find("measures") == std::string::npos) return;
      clock_.Advance(absl::Seconds(10));
      kafka_.SetEndOffset(kOrders0, 21'000);
      for (int32_t broker : {1, 2}) kafka_.SetReplicaSize(kOrders0, broker, 105'000'000);
    };
  }
  absl::StatusOr<ClusterFacts> Survey() { return SurveyCluster(kafka_, clock_, stop_, options_); }

  clock::FakeClock clock_;
  clock::StopSignal stop_;
  FakeAdminClient kafka_{{{.id = 2, .rack = "b"}, {.id = 1, .rack = "a"}, {.id = 3}}};
  SurveyOptions options_{.sample = absl::Milliseconds(1)};
};

TEST_F(ClusterSurvey, BringsBrokersTopicsAndSizes) {
  const absl::StatusOr<ClusterFacts> facts = Survey();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->brokers,
              ElementsAre(Field(&BrokerFacts::id, 1), Field(&BrokerFacts::id, 2), Field(&BrokerFacts::id, 3)));
  EXPECT_EQ(facts->brokers[0].rack, "a");
  EXPECT_EQ(facts->brokers[2].rack, "");
  ASSERT_EQ(facts->brokers[0].log_dirs.size(), 1u);
  EXPECT_GT(*facts->brokers[0].log_dirs[0].total_mb, *facts->brokers[0].log_dirs[0].usable_mb);
  ASSERT_EQ(facts->topics.size(), 1u);
  EXPECT_EQ(facts->topics[0].min_in_sync, 2);
  const PartitionFacts& partition = facts->topics[0].partitions[0];
  EXPECT_EQ(partition.leader, 1);
  EXPECT_THAT(partition.replicas, ElementsAre(Field(&ReplicaFacts::broker, 1), Field(&ReplicaFacts::broker, 2)));
  EXPECT_THAT(partition.replicas, Each(Field(&ReplicaFacts::size_mb, 100)));
}

TEST_F(ClusterSurvey, MeasuresRatesBetweenTwoLooks) {
  const absl::StatusOr<ClusterFacts> facts = Survey();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_DOUBLE_EQ(facts->sample_seconds, 10);
  EXPECT_DOUBLE_EQ(*facts->topics[0].partitions[0].in_kbps, 500);
  EXPECT_EQ(facts->topics[0].partitions[1].in_kbps, 0);
}

TEST_F(ClusterSurvey, MeasuresNothingWithoutASample) {
  options_.sample = absl::ZeroDuration();
  const absl::StatusOr<ClusterFacts> facts = Survey();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->sample_seconds, 0);
  EXPECT_FALSE(facts->topics[0].partitions[0].in_kbps.has_value());
}

TEST_F(ClusterSurvey, AFencedBrokerIsNotAsked) {
  kafka_.SetBrokerAlive(3, false);
  const absl::StatusOr<ClusterFacts> facts = Survey();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_FALSE(facts->brokers[2].alive);
  EXPECT_TRUE(facts->brokers[2].log_dirs.empty());
  EXPECT_FALSE(facts->topics[0].partitions[1].replicas[1].in_sync);
}

TEST_F(ClusterSurvey, AMoveUnderWayIsTakenAsDone) {
  ASSERT_TRUE(kafka_.AlterReassignments({{.partition = kOrders0, .replicas = {{3, 2}}}}, kTimeout).ok());
  const absl::StatusOr<ClusterFacts> facts = Survey();
  ASSERT_TRUE(facts.ok()) << facts.status();
  const PartitionFacts& partition = facts->topics[0].partitions[0];
  EXPECT_TRUE(partition.moving);
  EXPECT_THAT(partition.replicas,
              ::testing::UnorderedElementsAre(Field(&ReplicaFacts::broker, 3), Field(&ReplicaFacts::broker, 2)));
  EXPECT_THAT(partition.going, ElementsAre(Field(&ReplicaFacts::broker, 1)));
}

TEST_F(ClusterSurvey, EveryErrorTellsWhatWasAsked) {
  for (const auto& [method, words] : {std::pair{"DescribeCluster", "asked for the brokers"},
                                      {"DescribeTopics", "asked for the topics"},
                                      {"DescribeConfigs", "min.insync.replicas"},
                                      {"ListReassignments", "moves under way"},
                                      {"DescribeLogDirs", "asked broker 1 for its log dirs"},
                                      {"ListOffsets", "asked for offsets"}}) {
    kafka_.FailNext(method, MakeError(absl::StatusCode::kDeadlineExceeded, "too slow",
                                      {.reason = "KAFKA_TIMEOUT", .remedy = "Wait."}));
    const absl::Status status = Survey().status();
    EXPECT_EQ(ErrorReason(status), "KAFKA_TIMEOUT") << method;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words)) << method;
  }
}

TEST_F(ClusterSurvey, EndsWhenItIsInterrupted) {
  options_.sample = absl::Hours(1);
  stop_.Stop();
  EXPECT_EQ(ErrorReason(Survey().status()), "INTERRUPTED");
}

}  // namespace
}  // namespace sluice::cluster_snapshot
