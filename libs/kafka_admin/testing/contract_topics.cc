#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/kafka_admin/testing/admin_client_contract.h"

namespace sluice::kafka_admin::testing {

TEST_P(AdminClientContract, CreatesTopicsAndTellsEachOnesFault) {
  std::string good = Name();
  std::vector<NewTopic> wanted = {
      {.name = good, .partitions = 3, .replication_factor = 1, .configs = {{"retention.ms", "1000"}}},
      {.name = "not a name"},
      {.name = Name("-wide"), .partitions = 1, .replication_factor = 9},
      {.name = Name("-none"), .partitions = 0, .replication_factor = 1},
      {.name = Name("-config"), .partitions = 1, .replication_factor = 1, .configs = {{"no.such.config", "1"}}},
      {.name = Name("-placed"), .assignments = {{GetParam().broker_id}, {GetParam().broker_id}}},
  };
  auto created = client_->CreateTopics(wanted, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  ASSERT_EQ(created->size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(created->at(i).name, wanted[i].name);
  EXPECT_TRUE(created->at(0).status.ok()) << created->at(0).status;
  EXPECT_EQ(created->at(0).partitions, 3);
  EXPECT_EQ(created->at(0).replication_factor, 1);
  EXPECT_FALSE(created->at(0).id.IsZero());
  EXPECT_EQ(ErrorReason(created->at(1).status), "KAFKA_INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(ErrorReason(created->at(2).status), "KAFKA_INVALID_REPLICATION_FACTOR");
  EXPECT_EQ(ErrorReason(created->at(3).status), "KAFKA_INVALID_PARTITIONS");
  EXPECT_EQ(ErrorReason(created->at(4).status), "KAFKA_INVALID_CONFIG");
  EXPECT_TRUE(created->at(5).status.ok()) << created->at(5).status;
  EXPECT_EQ(created->at(5).partitions, 2);

  auto again = client_->CreateTopics({{.name = good}, {.name = Name("-new")}}, false, kTimeout);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ErrorReason(again->at(0).status), "KAFKA_TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(again->at(0).status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(again->at(1).status.ok()) << again->at(1).status;
}

TEST_P(AdminClientContract, OnlyValidatesACreate) {
  NewTopic topic{.name = Name(), .partitions = 2, .replication_factor = 1};
  auto validated = client_->CreateTopics({topic}, true, kTimeout);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_TRUE(validated->at(0).status.ok()) << validated->at(0).status;
  // Nothing was made, so the real create succeeds.
  auto created = client_->CreateTopics({topic}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok()) << created->at(0).status;
}

TEST_P(AdminClientContract, DescribesTopics) {
  std::string topic = Name();
  MakeTopic(topic, 3);
  auto described = client_->DescribeTopics({{Name("-missing"), topic}}, kTimeout);
  ASSERT_TRUE(described.ok()) << described.status();
  ASSERT_EQ(described->size(), 2u);
  EXPECT_EQ(ErrorReason(described->at(0).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  const TopicDescription& found = described->at(1);
  EXPECT_TRUE(found.status.ok()) << found.status;
  EXPECT_EQ(found.name, topic);
  EXPECT_FALSE(found.id.IsZero());
  EXPECT_FALSE(found.internal);
  ASSERT_EQ(found.partitions.size(), 3u);
  for (int32_t i = 0; i < 3; ++i) {
    const PartitionDescription& partition = found.partitions[static_cast<size_t>(i)];
    EXPECT_EQ(partition.id, i);
    EXPECT_EQ(partition.leader, GetParam().broker_id);
    EXPECT_EQ(partition.replicas, std::vector<int32_t>{GetParam().broker_id});
    EXPECT_EQ(partition.isr, std::vector<int32_t>{GetParam().broker_id});
    EXPECT_TRUE(partition.offline_replicas.empty());
  }
  auto all = client_->DescribeTopics(std::nullopt, kTimeout);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_TRUE(std::any_of(all->begin(), all->end(), [&](const TopicDescription& t) { return t.name == topic; }));
  auto none = client_->DescribeTopics(std::vector<std::string>(), kTimeout);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->empty());
}

TEST_P(AdminClientContract, GrowsTopics) {
  std::string topic = Name();
  MakeTopic(topic, 2);
  std::vector<NewPartitions> wanted = {{.topic = topic, .total = 4}, {.topic = Name("-missing"), .total = 2}};
  auto grown = client_->CreatePartitions(wanted, false, kTimeout);
  ASSERT_TRUE(grown.ok()) << grown.status();
  EXPECT_TRUE(grown->at(0).status.ok()) << grown->at(0).status;
  EXPECT_EQ(ErrorReason(grown->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  Eventually(
      [&] {
        auto described = client_->DescribeTopics({{topic}}, kTimeout);
        return described.ok() && described->at(0).partitions.size() == 4;
      },
      "four partitions");
  auto shrunk = client_->CreatePartitions({{.topic = topic, .total = 3}}, false, kTimeout);
  ASSERT_TRUE(shrunk.ok()) << shrunk.status();
  EXPECT_EQ(ErrorReason(shrunk->at(0).status), "KAFKA_INVALID_PARTITIONS");
}

TEST_P(AdminClientContract, DeletesTopics) {
  std::string topic = Name();
  MakeTopic(topic, 1);
  auto deleted = client_->DeleteTopics({topic, Name("-missing")}, kTimeout);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_TRUE(deleted->at(0).status.ok()) << deleted->at(0).status;
  EXPECT_EQ(ErrorReason(deleted->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(deleted->at(1).status.code(), absl::StatusCode::kNotFound);
  auto again = client_->DeleteTopics({topic}, kTimeout);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ErrorReason(again->at(0).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
}

TEST_P(AdminClientContract, AltersTopicConfigs) {
  std::string topic = Name();
  MakeTopic(topic, 1);
  ConfigResource resource{.type = ConfigResourceType::kTopic, .name = topic};
  std::vector<ConfigAlteration> alterations = {
      {resource, {{.name = "retention.ms", .value = "5000"}, {.name = "cleanup.policy", .value = "compact"}}},
      {{ConfigResourceType::kTopic, Name("-missing")}, {{.name = "retention.ms", .value = "5000"}}},
  };
  auto altered = client_->AlterConfigs(alterations, false, kTimeout);
  ASSERT_TRUE(altered.ok()) << altered.status();
  EXPECT_TRUE(altered->at(0).status.ok()) << altered->at(0).status;
  EXPECT_EQ(ErrorReason(altered->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  Eventually(
      [&] {
        auto entry = Config(resource, "retention.ms");
        return entry && entry->value == "5000" && entry->source == ConfigEntry::Source::kDynamicTopic;
      },
      "retention.ms is set");

  ConfigChange append{.name = "cleanup.policy", .op = ConfigChange::Op::kAppend, .value = "delete"};
  ConfigChange unset{.name = "retention.ms", .op = ConfigChange::Op::kDelete};
  altered = client_->AlterConfigs({{resource, {append, unset}}}, false, kTimeout);
  ASSERT_TRUE(altered.ok()) << altered.status();
  EXPECT_TRUE(altered->at(0).status.ok()) << altered->at(0).status;
  Eventually([&] { return Config(resource, "cleanup.policy")->value == "compact,delete"; }, "a policy is appended");
  auto retention = Config(resource, "retention.ms");
  ASSERT_TRUE(retention.has_value());
  EXPECT_EQ(retention->value, "604800000");
  EXPECT_EQ(retention->source, ConfigEntry::Source::kDefault);

  ConfigChange subtract{.name = "cleanup.policy", .op = ConfigChange::Op::kSubtract, .value = "compact"};
  altered = client_->AlterConfigs({{resource, {subtract}}}, false, kTimeout);
  ASSERT_TRUE(altered.ok() && altered->at(0).status.ok());
  Eventually([&] { return Config(resource, "cleanup.policy")->value == "delete"; }, "a policy is taken away");
}

TEST_P(AdminClientContract, RefusesAnUnknownConfigAndOnlyValidates) {
  std::string topic = Name();
  MakeTopic(topic, 1);
  ConfigResource resource{.type = ConfigResourceType::kTopic, .name = topic};
  auto refused = client_->AlterConfigs({{resource, {{.name = "no.such.config", .value = "1"}}}}, false, kTimeout);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(ErrorReason(refused->at(0).status), "KAFKA_INVALID_CONFIG") << refused->at(0).status;
  auto validated = client_->AlterConfigs({{resource, {{.name = "retention.ms", .value = "77"}}}}, true, kTimeout);
  ASSERT_TRUE(validated.ok() && validated->at(0).status.ok());
  auto described = client_->DescribeConfigs({resource, {ConfigResourceType::kTopic, Name("-missing")}}, {}, kTimeout);
  ASSERT_TRUE(described.ok()) << described.status();
  for (const ConfigEntry& entry : described->at(0).entries) EXPECT_NE(entry.value, "77");
  EXPECT_FALSE(described->at(0).entries.empty());
  EXPECT_EQ(ErrorReason(described->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
}

TEST_P(AdminClientContract, AltersBrokerConfigs) {
  std::string id = absl::StrCat(GetParam().broker_id);
  ConfigResource own{.type = ConfigResourceType::kBroker, .name = id};
  ConfigResource all{.type = ConfigResourceType::kBroker, .name = ""};
  auto altered = client_->AlterConfigs({{own, {{.name = "leader.replication.throttled.rate", .value = "1000000"}}},
                                        {all, {{.name = "min.insync.replicas", .value = "1"}}}},
                                       false, kTimeout);
  ASSERT_TRUE(altered.ok()) << altered.status();
  EXPECT_TRUE(altered->at(0).status.ok()) << altered->at(0).status;
  EXPECT_TRUE(altered->at(1).status.ok()) << altered->at(1).status;
  Eventually(
      [&] {
        auto entry = Config(own, "leader.replication.throttled.rate");
        return entry && entry->value == "1000000" && entry->source == ConfigEntry::Source::kDynamicBroker;
      },
      "the broker's own config is set");
  Eventually(
      [&] {
        auto entry = Config(all, "min.insync.replicas");
        return entry && entry->value == "1" && entry->source == ConfigEntry::Source::kDynamicDefaultBroker;
      },
      "the default of all brokers is set");
}

TEST_P(AdminClientContract, ListsOffsets) {
  std::string topic = Name();
  MakeTopic(topic, 2);
  auto offsets = client_->ListOffsets({{.partition = {topic, 0}, .timestamp_ms = OffsetQuery::kLatest},
                                       {.partition = {topic, 7}},
                                       {.partition = {topic, 1}, .timestamp_ms = OffsetQuery::kEarliest}},
                                      kTimeout);
  ASSERT_TRUE(offsets.ok()) << offsets.status();
  ASSERT_EQ(offsets->size(), 3u);
  EXPECT_TRUE(offsets->at(0).status.ok()) << offsets->at(0).status;
  EXPECT_EQ(offsets->at(0).offset, 0);
  EXPECT_EQ(ErrorReason(offsets->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(offsets->at(2).offset, 0);
}

TEST_P(AdminClientContract, ListsOneOffsetOfAPartitionInACall) {
  std::string topic = Name();
  MakeTopic(topic, 1);
  auto offsets = client_->ListOffsets({{.partition = {topic, 0}, .timestamp_ms = OffsetQuery::kLatest},
                                       {.partition = {topic, 0}, .timestamp_ms = OffsetQuery::kEarliest}},
                                      kTimeout);
  ASSERT_TRUE(offsets.ok()) << offsets.status();
  for (const OffsetResult& result : *offsets) EXPECT_EQ(ErrorReason(result.status), "KAFKA_INVALID_REQUEST");
}

TEST_P(AdminClientContract, ElectsLeadersOnlyWhereNeeded) {
  std::string topic = Name();
  MakeTopic(topic, 1);
  auto elected = client_->ElectLeaders(ElectionKind::kPreferred, {{{topic, 0}, {topic, 9}}}, kTimeout);
  ASSERT_TRUE(elected.ok()) << elected.status();
  ASSERT_EQ(elected->size(), 2u);
  EXPECT_EQ(ErrorReason(elected->at(0).status), "KAFKA_ELECTION_NOT_NEEDED");
  EXPECT_EQ(ErrorReason(elected->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_TRUE(client_->ElectLeaders(ElectionKind::kPreferred, std::nullopt, kTimeout).ok());
}

TEST_P(AdminClientContract, ReassignsPartitions) {
  std::string topic = Name();
  MakeTopic(topic, 3);
  std::vector<int32_t> same = {GetParam().broker_id};
  std::vector<Reassignment> wanted = {
      {.partition = {topic, 0}, .replicas = same},
      {.partition = {topic, 1}, .replicas = {{4711}}},
      {.partition = {topic, 2}},  // cancels what is not under way
      {.partition = {Name("-missing"), 0}, .replicas = same},
  };
  auto altered = client_->AlterReassignments(wanted, kTimeout);
  ASSERT_TRUE(altered.ok()) << altered.status();
  ASSERT_EQ(altered->size(), wanted.size());
  EXPECT_TRUE(altered->at(0).status.ok()) << altered->at(0).status;
  EXPECT_EQ(ErrorReason(altered->at(1).status), "KAFKA_INVALID_REPLICA_ASSIGNMENT");
  EXPECT_EQ(ErrorReason(altered->at(2).status), "KAFKA_NO_REASSIGNMENT_IN_PROGRESS");
  EXPECT_EQ(ErrorReason(altered->at(3).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
  for (const auto& which : {std::optional<std::vector<TopicPartition>>(), {{{topic, 0}}}}) {
    auto ongoing = client_->ListReassignments(which, kTimeout);
    ASSERT_TRUE(ongoing.ok()) << ongoing.status();
    EXPECT_TRUE(ongoing->empty());
  }
}

}  // namespace sluice::kafka_admin::testing
