#include "services/provisioner/core/validation/field_rules.h"

#include <gtest/gtest.h>

#include <functional>

#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

KafkaCluster Serverless() {
  KafkaCluster cluster;
  cluster.id = "orders";
  return cluster;
}

KafkaCluster Dedicated() {
  KafkaCluster cluster = Serverless();
  cluster.type = ClusterType::kDedicated;
  return cluster;
}

struct FieldCase {
  std::string sentence;
  std::function<void(KafkaCluster&)> change;
  std::string field;
  bool dedicated = false;
};

TEST(FieldRules, EachBadFieldIsNamedWithItsRemedy) {
  const std::vector<FieldCase> cases = {
      {"an id with capitals", [](auto& c) { c.id = "Orders"; }, "kafka_cluster_id"},
      {"an empty id", [](auto& c) { c.id = ""; }, "kafka_cluster_id"},
      {"an id that ends with a hyphen", [](auto& c) { c.id = "a-"; }, "kafka_cluster_id"},
      {"an id of 64", [](auto& c) { c.id = std::string(64, 'a'); }, "kafka_cluster_id"},
      {"an id with UTF-8", [](auto& c) { c.id = "größe"; }, "kafka_cluster_id"},
      {"a region that is no name", [](auto& c) { c.region = "EU 1"; }, "kafka_cluster.region"},
      {"bytes that are no UTF-8", [](auto& c) { c.display_name = "\xc3\x28"; }, "kafka_cluster.display_name"},
      {"an overlong form", [](auto& c) { c.display_name = "\xc0\xaf"; }, "kafka_cluster.display_name"},
      {"half a surrogate", [](auto& c) { c.display_name = "\xed\xa0\x80"; }, "kafka_cluster.display_name"},
      {"a name beyond 256 bytes", [](auto& c) { c.display_name = std::string(257, 'x'); },
       "kafka_cluster.display_name"},
      {"a label's key in capitals", [](auto& c) { c.labels["Team"] = "a"; }, "kafka_cluster.labels"},
      {"a label's value with a space", [](auto& c) { c.labels["team"] = "a b"; }, "kafka_cluster.labels.team"},
      {"brokers of a SERVERLESS", [](auto& c) { c.brokers = 3; }, "kafka_cluster.brokers"},
      {"a disk of a SERVERLESS", [](auto& c) { c.broker_disk_mib = 1; }, "kafka_cluster.broker_disk_mib"},
      {"a release of a SERVERLESS", [](auto& c) { c.kafka_version = "4.3.1"; }, "kafka_cluster.kafka_version"},
      {"more partitions than a cell gives", [](auto& c) { c.limits.partitions = 5001; },
       "kafka_cluster.limits.partitions"},
      {"negative limits", [](auto& c) { c.limits.ingress_bytes_per_second = -1; },
       "kafka_cluster.limits.ingress_bytes_per_second"},
      {"two brokers", [](auto& c) { c.brokers = 2; }, "kafka_cluster.brokers", true},
      {"31 brokers", [](auto& c) { c.brokers = 31; }, "kafka_cluster.brokers", true},
      {"a tiny disk", [](auto& c) { c.broker_disk_mib = 10; }, "kafka_cluster.broker_disk_mib", true},
      {"a release that is none", [](auto& c) { c.kafka_version = "newest"; }, "kafka_cluster.kafka_version", true},
  };
  for (const FieldCase& c : cases) {
    KafkaCluster cluster = c.dedicated ? Dedicated() : Serverless();
    c.change(cluster);
    const auto detail = GetErrorDetail(CheckNewCluster(cluster));
    ASSERT_TRUE(detail.has_value()) << c.sentence;
    EXPECT_EQ(detail->field, c.field) << c.sentence;
    EXPECT_FALSE(detail->remedy.empty()) << c.sentence;
  }
}

TEST(FieldRules, DefaultsArePutIn) {
  KafkaCluster serverless = Serverless();
  ASSERT_TRUE(CheckNewCluster(serverless).ok());
  EXPECT_EQ(serverless.effective_limits.ingress_bytes_per_second, 5'000'000);
  EXPECT_EQ(serverless.effective_limits.egress_bytes_per_second, 15'000'000);
  EXPECT_EQ(serverless.effective_limits.partitions, 1'000);
  KafkaCluster dedicated = Dedicated();
  ASSERT_TRUE(CheckNewCluster(dedicated).ok());
  EXPECT_EQ(dedicated.brokers, 3);
  EXPECT_EQ(dedicated.broker_disk_mib, 10'240);
}

TEST(FieldRules, WhatIsAskedForWinsOverTheDefault) {
  KafkaCluster cluster = Serverless();
  cluster.limits.partitions = 7;
  ASSERT_TRUE(CheckNewCluster(cluster).ok());
  EXPECT_EQ(cluster.effective_limits.partitions, 7);
}

TEST(FieldRules, AClusterGrowsAndShrinksToWhatItsTopicsNeed) {
  KafkaCluster before = Dedicated();
  before.brokers = 5;
  ASSERT_TRUE(CheckNewCluster(before).ok());
  KafkaCluster after = before;
  after.brokers = 7;
  EXPECT_TRUE(CheckChangedCluster(before, after).ok());
  after.brokers = 3;
  EXPECT_TRUE(CheckChangedCluster(before, after).ok());
  after.brokers = 1;
  const absl::Status refused = CheckChangedCluster(before, after);
  EXPECT_EQ(ErrorReason(refused), "SHRINK_TOO_FAR");
  EXPECT_NE(std::string(refused.message()).find("3 replicas"), std::string::npos) << refused;
  before.replication_factor = 1;
  after = before;
  after.brokers = 1;
  EXPECT_TRUE(CheckChangedCluster(before, after).ok()) << "its topics have one replica";
  after.brokers = before.brokers;
  after.broker_disk_mib -= 1024;
  EXPECT_EQ(ErrorReason(CheckChangedCluster(before, after)), "INVALID_FIELD") << "a disk only grows";
}

TEST(FieldRules, RequestIdsAreRandomUuids) {
  EXPECT_TRUE(CheckRequestId("").ok());
  EXPECT_TRUE(CheckRequestId("3f2b7c9e-5d1a-4b6e-8c7d-0a1b2c3d4e5f").ok());
  EXPECT_FALSE(CheckRequestId("3f2b7c9e-5d1a-1b6e-8c7d-0a1b2c3d4e5f").ok()) << "version 1";
  EXPECT_FALSE(CheckRequestId("3f2b7c9e5d1a4b6e8c7d0a1b2c3d4e5f").ok());
  EXPECT_FALSE(CheckRequestId("3f2b7c9e-5d1a-4b6e-8c7d-0a1b2c3d4e5g").ok());
}

TEST(FieldRules, TopicNamesFollowKafkaWithThePrefixCounted) {
  EXPECT_TRUE(CheckTopicId("topic_id", "lkc-1.", "Orders_v1.x-y").ok());
  for (const char* bad : {"", ".", "..", "a b", "a/b", "ä"}) {
    EXPECT_EQ(GetErrorDetail(CheckTopicId("topic_id", "", bad))->field, "topic_id") << bad;
  }
  EXPECT_TRUE(CheckTopicId("topic_id", "lkc-1.", std::string(243, 'a')).ok());
  EXPECT_FALSE(CheckTopicId("topic_id", "lkc-1.", std::string(244, 'a')).ok());
}

TEST(FieldRules, ThePlatformsOwnTopicConfigsAreNotTheTenants) {
  EXPECT_TRUE(CheckTopicConfigs("topic.configs", {{"retention.ms", "1000"}}).ok());
  EXPECT_EQ(GetErrorDetail(CheckTopicConfigs("topic.configs", {{"min.insync.replicas", "1"}}))->field,
            "topic.configs.min.insync.replicas");
}

}  // namespace
}  // namespace sluice::provisioner
