#include "libs/kafka_admin/testing/admin_client_contract.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

// Helpers and the tests of the cluster itself; topics and access are tested in contract_*.cc.
namespace sluice::kafka_admin::testing {

std::string AdminClientContract::Name(const std::string& suffix) {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(test->name(), suffix);
  for (char& c : name) {
    if (c == '/') c = '-';
  }
  return name;
}

void AdminClientContract::Eventually(const std::function<bool()>& happened, const char* what) {
  auto deadline = std::chrono::steady_clock::now() + absl::ToChronoSeconds(kTimeout);
  while (!happened()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never happened: " << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void AdminClientContract::MakeTopic(const std::string& name, int32_t partitions) {
  auto created =
      client_->CreateTopics({{.name = name, .partitions = partitions, .replication_factor = 1}}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  ASSERT_TRUE(created->at(0).status.ok()) << created->at(0).status;
  Eventually(
      [&] {
        auto topics = client_->DescribeTopics({{name}}, kTimeout);
        if (!topics.ok() || !topics->at(0).status.ok()) return false;
        for (const PartitionDescription& partition : topics->at(0).partitions) {
          if (partition.leader < 0) return false;
        }
        return topics->at(0).partitions.size() == static_cast<size_t>(partitions);
      },
      "the topic has a leader");
}

std::optional<ConfigEntry> AdminClientContract::Config(const ConfigResource& resource, const std::string& key) {
  auto described = client_->DescribeConfigs({resource}, {key}, kTimeout);
  EXPECT_TRUE(described.ok()) << described.status();
  if (!described.ok() || !described->at(0).status.ok() || described->at(0).entries.empty()) return std::nullopt;
  return described->at(0).entries[0];
}

TEST_P(AdminClientContract, DescribesTheCluster) {
  for (bool fenced : {false, true}) {
    auto cluster = client_->DescribeCluster(fenced, kTimeout);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    EXPECT_FALSE(cluster->cluster_id.empty());
    ASSERT_EQ(cluster->brokers.size(), 1u);
    EXPECT_EQ(cluster->brokers[0].id, GetParam().broker_id);
    EXPECT_EQ(cluster->controller_id, GetParam().broker_id);
    EXPECT_FALSE(cluster->brokers[0].fenced);
  }
}

TEST_P(AdminClientContract, DescribesTheQuorum) {
  auto quorum = client_->DescribeQuorum(kTimeout);
  ASSERT_TRUE(quorum.ok()) << quorum.status();
  EXPECT_GE(quorum->leader_epoch, 0);
  EXPECT_GE(quorum->high_watermark, 0);
  ASSERT_EQ(quorum->voters.size(), 1u);
  EXPECT_EQ(quorum->voters[0].id, quorum->leader_id);
}

TEST_P(AdminClientContract, DescribesFeatures) {
  auto features = client_->DescribeFeatures(kTimeout);
  ASSERT_TRUE(features.ok()) << features.status();
  ASSERT_TRUE(features->supported.contains("metadata.version"));
  ASSERT_TRUE(features->finalized.contains("metadata.version"));
  EXPECT_LE(features->finalized["metadata.version"], features->supported["metadata.version"].max);
  EXPECT_TRUE(features->finalized_epoch.has_value());
}

TEST_P(AdminClientContract, ValidatesAndRefusesFeatureUpdates) {
  auto features = client_->DescribeFeatures(kTimeout);
  ASSERT_TRUE(features.ok());
  int16_t current = features->finalized["metadata.version"];
  auto same = client_->UpdateFeatures({{.name = "metadata.version", .level = current}}, true, kTimeout);
  ASSERT_TRUE(same.ok()) << same.status();
  ASSERT_EQ(same->size(), 1u);
  EXPECT_TRUE(same->at(0).status.ok());
  auto too_high = client_->UpdateFeatures({{.name = "metadata.version", .level = 9999}}, false, kTimeout);
  EXPECT_EQ(ErrorReason(too_high.status()), "KAFKA_INVALID_UPDATE_VERSION") << too_high.status();
}

TEST_P(AdminClientContract, RefusesToUnregisterAnUnknownBroker) {
  absl::Status status = client_->UnregisterBroker(4711, kTimeout);
  EXPECT_EQ(ErrorReason(status), "KAFKA_BROKER_ID_NOT_REGISTERED") << status;
}

TEST_P(AdminClientContract, DescribesLogDirs) {
  std::string topic = Name();
  MakeTopic(topic, 2);
  absl::StatusOr<std::vector<LogDir>> dirs;
  Eventually(
      [&] {
        dirs = client_->DescribeLogDirs(GetParam().broker_id, {{{topic, 1}}}, kTimeout);
        return !dirs.ok() || (!dirs->empty() && !dirs->at(0).replicas.empty());
      },
      "the replica is on the disk");
  ASSERT_TRUE(dirs.ok()) << dirs.status();
  ASSERT_EQ(dirs->size(), 1u);
  const LogDir& dir = dirs->at(0);
  EXPECT_TRUE(dir.status.ok()) << dir.status;
  EXPECT_FALSE(dir.path.empty());
  ASSERT_TRUE(dir.total_bytes.has_value() && dir.usable_bytes.has_value());
  EXPECT_LE(*dir.usable_bytes, *dir.total_bytes);
  ASSERT_EQ(dir.replicas.size(), 1u);
  EXPECT_EQ(dir.replicas[0].topic, topic);
  EXPECT_EQ(dir.replicas[0].partition, 1);
  EXPECT_EQ(dir.replicas[0].size_bytes, 0);

  auto all = client_->DescribeLogDirs(GetParam().broker_id, std::nullopt, kTimeout);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_GE(all->at(0).replicas.size(), 2u);
}

TEST_P(AdminClientContract, SaysAtOnceThatABrokerIsNotThere) {
  auto dirs = client_->DescribeLogDirs(4711, std::nullopt, kTimeout);
  EXPECT_EQ(ErrorReason(dirs.status()), "KAFKA_BROKER_NOT_AVAILABLE") << dirs.status();
  auto configs =
      client_->DescribeConfigs({{ConfigResourceType::kBroker, absl::StrCat(GetParam().broker_id)}}, {}, kTimeout);
  ASSERT_TRUE(configs.ok()) << configs.status();
  EXPECT_TRUE(configs->at(0).status.ok()) << configs->at(0).status;
}

TEST_P(AdminClientContract, HasNoTimeToSpend) {
  auto cluster = client_->DescribeCluster(false, absl::ZeroDuration());
  EXPECT_EQ(ErrorReason(cluster.status()), "KAFKA_TIMEOUT") << cluster.status();
  auto created = client_->CreateTopics({{.name = Name()}}, false, absl::ZeroDuration());
  EXPECT_EQ(ErrorReason(created.status()), "KAFKA_TIMEOUT") << created.status();
}

TEST_P(AdminClientContract, KnowsNoGroupThatNobodyMade) {
  auto groups = client_->ListGroups(kTimeout);
  ASSERT_TRUE(groups.ok()) << groups.status();
  EXPECT_TRUE(groups->unanswered.empty());
  auto described = client_->DescribeGroups({Name("-a"), Name("-b")}, kTimeout);
  ASSERT_TRUE(described.ok()) << described.status();
  ASSERT_EQ(described->size(), 2u);
  for (const GroupDescription& group : *described) {
    EXPECT_EQ(ErrorReason(group.status), "KAFKA_GROUP_ID_NOT_FOUND") << group.status;
  }
  auto deleted = client_->DeleteGroups({Name("-a")}, kTimeout);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(ErrorReason(deleted->at(0).status), "KAFKA_GROUP_ID_NOT_FOUND") << deleted->at(0).status;
}

TEST_P(AdminClientContract, ListsTransactionsAndProducers) {
  auto transactions = client_->ListTransactions(kTimeout);
  ASSERT_TRUE(transactions.ok()) << transactions.status();
  EXPECT_TRUE(transactions->transactions.empty());
  EXPECT_TRUE(transactions->unanswered.empty());
  std::string topic = Name();
  MakeTopic(topic, 1);
  auto producers = client_->DescribeProducers({{topic, 0}, {topic, 5}}, kTimeout);
  ASSERT_TRUE(producers.ok()) << producers.status();
  EXPECT_TRUE(producers->at(0).status.ok()) << producers->at(0).status;
  EXPECT_TRUE(producers->at(0).producers.empty());
  EXPECT_EQ(ErrorReason(producers->at(1).status), "KAFKA_UNKNOWN_TOPIC_OR_PARTITION");
}

}  // namespace sluice::kafka_admin::testing
