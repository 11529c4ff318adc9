#include "services/satellite/app/tenancy/tenant_reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"
#include "libs/kafka_admin/wire/error_code.h"
#include "libs/sealed/sealed_scram_credential.h"
#include "services/satellite/adapters/kafka/grant_binding.h"

namespace sluice::satellite {
namespace {

using kafka_admin::testing::FakeAdminClient;
using provisioner::v1::TopicWish;
using satellite::v1::LogicalClusterStatus;
using satellite::v1::StatusDocument;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kCell[] = "pkc-1";
constexpr absl::Duration kPatience = absl::Seconds(20);

// Keeps the newest status of each key; tests wait for the one that they expect.
class RecordingSink final : public StatusSink {
 public:
  void Publish(StatusDocument draft, std::string_view traceparent) override {
    std::lock_guard lock(mutex_);
    traceparents_[draft.key()] = std::string(traceparent);
    newest_[draft.key()] = std::move(draft);
    changed_.notify_all();
  }
  void Forget(const std::string& key) override {
    std::lock_guard lock(mutex_);
    forgotten_.insert(key);
    changed_.notify_all();
  }

  // The first status of `key` that `wanted` takes; the newest one when none comes.
  template <typename Wanted>
  StatusDocument WaitFor(const std::string& key, Wanted wanted) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, absl::ToChronoNanoseconds(kPatience), [&] {
      return newest_.contains(key) && wanted(newest_.at(key));
    })) << newest_[key].DebugString();
    return newest_[key];
  }
  void WaitForgotten(const std::string& key) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, absl::ToChronoNanoseconds(kPatience), [&] { return forgotten_.contains(key); }));
  }
  std::string TraceparentOf(const std::string& key) {
    std::lock_guard lock(mutex_);
    return traceparents_[key];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, StatusDocument> newest_;
  std::map<std::string, std::string> traceparents_;
  std::set<std::string> forgotten_;
};

auto InState(LogicalClusterStatus::State state, int64_t generation = 0) {
  return [=](const StatusDocument& status) {
    return status.logical_cluster().state() == state && status.observed_generation() >= generation;
  };
}

bool AllKeysReady(const StatusDocument& status) {
  for (const auto& key : status.logical_cluster().keys()) {
    if (!key.ready()) return false;
  }
  return status.logical_cluster().keys_size() > 0;
}

class TenantReconcilerTest : public testing::Test {
 protected:
  TenantReconcilerTest() : kafka_(std::make_shared<FakeAdminClient>(Brokers())) { Start(); }
  ~TenantReconcilerTest() override { reconciler_.reset(); }

  static std::vector<kafka_admin::Broker> Brokers() {
    std::vector<kafka_admin::Broker> brokers;
    for (int id = 1; id <= 3; ++id) brokers.push_back({.id = id, .address = {"localhost", uint16_t(9000 + id)}});
    return brokers;
  }
  static Cell UpCell() {
    Cell cell{.physical_cluster = kCell, .shared = true};
    for (int id = 1; id <= 3; ++id) {
      cell.brokers.push_back({.id = id,
                              .client = {"localhost", uint16_t(9000 + id)},
                              .internal = {"localhost", uint16_t(9100 + id)},
                              .live = true});
    }
    return cell;
  }

  void Start() {
    reconciler_.reset();
    cells_ = std::make_unique<CellDirectory>();
    CellAccess access{.cells = *cells_,
                      .connect = [this](const Cell&) -> absl::StatusOr<std::shared_ptr<kafka_admin::AdminClient>> {
                        return std::static_pointer_cast<kafka_admin::AdminClient>(kafka_);
                      },
                      .is_gone = [this](const std::string&) { return gone_.load(); },
                      .documents_complete = [this] { return complete_.load(); }};
    TenancyOptions options;
    options.sealing_keys = keys_;
    options.max_replicas_per_broker = 20;
    options.probe_patience = absl::Milliseconds(50);
    options.topic_poll = absl::Milliseconds(20);
    options.resync = absl::Milliseconds(200);
    reconciler_ = std::make_unique<TenantReconciler>(
        options, TenancyPorts{records_, sink_, loads_, clock::RealClock(), clock::CryptoRandom(), metrics_}, access,
        *cells_);
    cells_->Put(UpCell());
  }

  provisioner::v1::DesiredDocument Document(const std::string& id, int64_t generation) {
    provisioner::v1::DesiredDocument document;
    document.set_key(std::string(kCell) + "/" + id);
    document.set_generation(generation);
    auto* spec = document.mutable_logical_cluster();
    spec->set_logical_cluster(id);
    spec->set_prefix(id + ".");
    spec->mutable_limits()->set_ingress_bytes_per_second(3000);
    spec->mutable_limits()->set_partitions(10);
    return document;
  }
  void AddKey(provisioner::v1::DesiredDocument& document, const std::string& uid) {
    auto* key = document.mutable_logical_cluster()->add_keys();
    const std::string user = document.logical_cluster().logical_cluster() + "." + uid;
    key->set_uid(uid);
    key->set_username(user);
    key->set_sealed_credential(
        sealed::SealScramCredential(keys_.public_key, user, "secret", std::string(32, 's')).value());
  }
  static void AddTopic(provisioner::v1::DesiredDocument& document, const std::string& wish, const std::string& topic,
                       int partitions) {
    auto* out = document.mutable_logical_cluster()->add_topic_wishes();
    out->set_wish_id(wish);
    out->set_verb(TopicWish::ENSURE);
    out->set_topic(topic);
    out->set_partitions(partitions);
    out->set_must_create(true);
  }
  StatusDocument Wish(const provisioner::v1::DesiredDocument& document, LogicalClusterStatus::State state) {
    reconciler_->OnWish({document, "00-trace"});
    return sink_.WaitFor(document.key(), InState(state, document.generation()));
  }

  std::set<std::string> Users() {
    std::set<std::string> users;
    const auto all = kafka_->DescribeScramUsers(std::nullopt, absl::Seconds(1)).value();
    for (const auto& user : all) {
      if (!user.credentials.empty()) users.insert(user.user);
    }
    return users;
  }
  std::vector<kafka_admin::AclBinding> Acls() { return kafka_->DescribeAcls({}, absl::Seconds(1)).value(); }
  std::vector<std::string> Topics() {
    std::vector<std::string> names;
    const auto topics = kafka_->DescribeTopics(std::nullopt, absl::Seconds(1)).value();
    for (const auto& topic : topics) names.push_back(topic.name);
    return names;
  }

  const sealed::SealingKeyPair keys_ = sealed::NewSealingKeyPair().value();
  std::shared_ptr<FakeAdminClient> kafka_;
  RecordingSink sink_;
  FakeTenantRecordStore records_;
  LoadBoard loads_;
  metrics::Registry metrics_;
  std::atomic<bool> gone_ = false;
  std::atomic<bool> complete_ = true;
  std::unique_ptr<CellDirectory> cells_;
  std::unique_ptr<TenantReconciler> reconciler_;
};

TEST_F(TenantReconcilerTest, ClusterKeyAndTopicBecomeReady) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddTopic(document, "w1", "orders", 3);
  Wish(document, LogicalClusterStatus::READY);
  const StatusDocument status = sink_.WaitFor(document.key(), AllKeysReady);
  ASSERT_EQ(status.logical_cluster().wish_results_size(), 1);
  EXPECT_TRUE(status.logical_cluster().wish_results(0).done());
  ASSERT_EQ(status.logical_cluster().topics_size(), 1);
  EXPECT_EQ(status.logical_cluster().topics(0).name(), "orders");
  EXPECT_EQ(status.logical_cluster().topics(0).replication_factor(), 3);
  EXPECT_EQ(status.logical_cluster().partition_count(), 3);
  EXPECT_EQ(status.observed_generation(), 1);
  EXPECT_EQ(sink_.TraceparentOf(document.key()), "00-trace");
  EXPECT_THAT(Users(), ElementsAre("lkc-a.key-1"));
  EXPECT_EQ(Acls().size(), WantedGrants("lkc-a.", false).size());
  EXPECT_EQ(Acls().front().principal, "User:lkc-a");
}

TEST_F(TenantReconcilerTest, ManyClustersShareTheirCalls) {
  cells_->Remove(kCell);
  for (int i = 0; i < 20; ++i) {
    auto document = Document("lkc-" + std::to_string(i), 1);
    AddKey(document, "key-1");
    Wish(document, LogicalClusterStatus::PROVISIONING);
  }
  kafka_->TakeCalls();
  cells_->Put(UpCell());
  for (int i = 0; i < 20; ++i) {
    sink_.WaitFor(std::string(kCell) + "/lkc-" + std::to_string(i), AllKeysReady);
  }
  const std::vector<std::string> calls = kafka_->TakeCalls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "CreateAcls"), 1);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "AlterScramUsers"), 1);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "AlterClientQuotas"), 1);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "ProbeScramLogin"), 60);
}

TEST_F(TenantReconcilerTest, TopicThatExistsIsNotMadeTwice) {
  ASSERT_TRUE(
      kafka_->CreateTopics({{.name = "lkc-a.t", .partitions = 1, .replication_factor = 3}}, false, absl::Seconds(1))
          .ok());
  auto document = Document("lkc-a", 1);
  AddTopic(document, "w1", "t", 1);
  StatusDocument status = Wish(document, LogicalClusterStatus::READY);
  EXPECT_EQ(status.logical_cluster().wish_results(0).error_reason(), "TOPIC_EXISTS");

  // The same, but for a wish that was begun before this process came up.
  TenantRecord begun{.admitted = true};
  begun.wishes["w2"].attempted = true;
  ASSERT_TRUE(records_.Save(std::string(kCell) + "/lkc-b", begun).ok());
  ASSERT_TRUE(
      kafka_->CreateTopics({{.name = "lkc-b.t", .partitions = 1, .replication_factor = 3}}, false, absl::Seconds(1))
          .ok());
  document = Document("lkc-b", 1);
  AddTopic(document, "w2", "t", 1);
  status = Wish(document, LogicalClusterStatus::READY);
  EXPECT_TRUE(status.logical_cluster().wish_results(0).done());
}

TEST_F(TenantReconcilerTest, LostAnswersAndErrorsAreTriedAgain) {
  kafka_->LoseNextAnswer("CreateTopics", kafka_admin::ConnectionError("gone"));
  kafka_->FailNext("CreateAcls", kafka_admin::TimeoutError("slow"));
  kafka_->FailNext("AlterScramUsers", kafka_admin::KafkaStatus(kafka_admin::kNotController));
  kafka_->FailNext("ProbeScramLogin", kafka_admin::ConnectionError("gone"));
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddTopic(document, "w1", "t", 1);
  Wish(document, LogicalClusterStatus::READY);
  const StatusDocument status = sink_.WaitFor(document.key(), [](const StatusDocument& seen) {
    return AllKeysReady(seen) && seen.logical_cluster().wish_results(0).done();
  });
  EXPECT_EQ(status.logical_cluster().wish_results(0).error_reason(), "");
}

TEST_F(TenantReconcilerTest, WhatKafkaRefusesIsSaidInItsWords) {
  auto document = Document("lkc-a", 1);
  AddTopic(document, "w1", "t", 1);
  kafka_->FailNext("CreateTopics", kafka_admin::KafkaStatus(40, "Unknown topic config name: x"));
  const StatusDocument status = Wish(document, LogicalClusterStatus::READY);
  EXPECT_EQ(status.logical_cluster().wish_results(0).error_reason(), "KAFKA_INVALID_CONFIG");
  EXPECT_THAT(status.logical_cluster().wish_results(0).error_message(), testing::HasSubstr("Unknown topic config"));
  EXPECT_FALSE(status.logical_cluster().wish_results(0).done());
}

TEST_F(TenantReconcilerTest, SuspensionTakesAccessAndKeepsData) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddTopic(document, "w1", "t", 1);
  Wish(document, LogicalClusterStatus::READY);
  document.set_generation(2);
  document.mutable_logical_cluster()->set_suspended(true);
  Wish(document, LogicalClusterStatus::SUSPENDED);
  EXPECT_THAT(Users(), IsEmpty());
  EXPECT_THAT(Acls(), IsEmpty());
  EXPECT_THAT(Topics(), ElementsAre("lkc-a.t"));

  document.set_generation(3);
  document.mutable_logical_cluster()->set_suspended(false);
  Wish(document, LogicalClusterStatus::READY);
  sink_.WaitFor(document.key(), AllKeysReady);
  EXPECT_THAT(Users(), ElementsAre("lkc-a.key-1"));
}

TEST_F(TenantReconcilerTest, DeletionLeavesNothing) {
  auto other = Document("lkc-b", 1);
  AddTopic(other, "w2", "t", 1);
  Wish(other, LogicalClusterStatus::READY);
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddTopic(document, "w1", "t", 1);
  Wish(document, LogicalClusterStatus::READY);
  kafka_->SetGroup({.group_id = "lkc-a.g", .state = "Stable", .members = {{.member_id = "m"}}});
  kafka_->SetGroup({.group_id = "lkc-b.g", .state = "Empty"});

  provisioner::v1::DesiredDocument deleted;
  deleted.set_key(document.key());
  deleted.set_generation(2);
  deleted.set_deleted(true);
  reconciler_->OnWish({deleted, ""});
  // A group with members stays until their sessions end.
  sink_.WaitFor(document.key(), [](const StatusDocument& status) {
    return status.logical_cluster().state() == LogicalClusterStatus::DELETING &&
           !status.logical_cluster().message().empty();
  });
  kafka_->SetGroup({.group_id = "lkc-a.g", .state = "Empty"});
  const StatusDocument status = sink_.WaitFor(document.key(), InState(LogicalClusterStatus::GONE));
  EXPECT_EQ(status.observed_generation(), 2);
  EXPECT_THAT(Users(), IsEmpty());
  EXPECT_THAT(Topics(), ElementsAre("lkc-b.t"));
  for (const auto& acl : Acls()) EXPECT_EQ(acl.principal, "User:lkc-b");
  const auto groups = kafka_->ListGroups(absl::Seconds(1)).value();
  ASSERT_EQ(groups.groups.size(), 1);
  EXPECT_EQ(groups.groups[0].group_id, "lkc-b.g");

  reconciler_->OnForgotten(document.key());
  sink_.WaitForgotten(document.key());
  EXPECT_EQ(records_.Load(document.key()).value(), TenantRecord{});
}

TEST_F(TenantReconcilerTest, CreationIsWithdrawnAtTheLimitAndGivenBack) {
  auto document = Document("lkc-a", 1);
  Wish(document, LogicalClusterStatus::READY);
  ASSERT_TRUE(
      kafka_->CreateTopics({{.name = "lkc-a.own", .partitions = 10, .replication_factor = 1}}, false, absl::Seconds(1))
          .ok());
  const StatusDocument status = sink_.WaitFor(document.key(), [](const StatusDocument& seen) {
    return seen.logical_cluster().topic_creation_withdrawn() && seen.logical_cluster().partition_count() == 10;
  });
  bool said = false;
  for (const auto& condition : status.conditions()) {
    said |= condition.type() == "TopicCreation" && condition.reason() == "PARTITION_LIMIT";
  }
  EXPECT_TRUE(said);
  for (const auto& acl : Acls()) {
    EXPECT_FALSE(acl.resource_type == kafka_admin::AclResourceType::kTopic &&
                 acl.operation == kafka_admin::AclOperation::kAll);
  }
  ASSERT_TRUE(kafka_->DeleteTopics({"lkc-a.own"}, absl::Seconds(1)).ok());
  sink_.WaitFor(document.key(),
                [](const StatusDocument& seen) { return !seen.logical_cluster().topic_creation_withdrawn(); });
}

TEST_F(TenantReconcilerTest, LeftoversLoseTheirAccessOnceAllDocumentsAreKnown) {
  complete_ = false;
  Start();
  const kafka_admin::AclBinding left =
      BindingOf("lkc-left", {Grant::Resource::kTopic, "lkc-left.", true, Grant::Operation::kAll});
  ASSERT_TRUE(kafka_->CreateAcls({left}, absl::Seconds(1)).ok());
  ASSERT_TRUE(
      kafka_->CreateTopics({{.name = "lkc-left.t", .partitions = 1, .replication_factor = 1}}, false, absl::Seconds(1))
          .ok());
  Wish(Document("lkc-a", 1), LogicalClusterStatus::READY);
  EXPECT_THAT(Acls(), Contains(left));
  complete_ = true;
  const absl::Time until = absl::Now() + kPatience;
  while (absl::Now() < until && testing::Matches(Contains(left))(Acls())) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_THAT(Acls(), testing::Not(Contains(left)));
  EXPECT_THAT(Topics(), ElementsAre("lkc-left.t"));
}

TEST_F(TenantReconcilerTest, DriftIsRepaired) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  Wish(document, LogicalClusterStatus::READY);
  sink_.WaitFor(document.key(), AllKeysReady);
  const size_t acls = Acls().size();
  ASSERT_TRUE(kafka_->DeleteAcls({{}}, absl::Seconds(1)).ok());
  ASSERT_TRUE(kafka_->AlterScramUsers({{.user = "lkc-a.key-1"}}, {}, absl::Seconds(1)).ok());
  const absl::Time until = absl::Now() + kPatience;
  while (absl::Now() < until && (Acls().size() != acls || Users().empty())) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Acls().size(), acls);
  EXPECT_THAT(Users(), ElementsAre("lkc-a.key-1"));
}

TEST_F(TenantReconcilerTest, FullCellRejectsNewcomersOnly) {
  auto old = Document("lkc-old", 1);
  Wish(old, LogicalClusterStatus::READY);
  ASSERT_TRUE(
      kafka_->CreateTopics({{.name = "lkc-old.t", .partitions = 20, .replication_factor = 3}}, false, absl::Seconds(1))
          .ok());
  sink_.WaitFor(old.key(), [](const StatusDocument& seen) { return seen.logical_cluster().partition_count() == 20; });
  const StatusDocument status = Wish(Document("lkc-new", 1), LogicalClusterStatus::REJECTED);
  EXPECT_EQ(status.conditions(0).type(), "Accepted");
  EXPECT_EQ(status.conditions(0).reason(), "NO_CAPACITY");
  for (const auto& acl : Acls()) EXPECT_EQ(acl.principal, "User:lkc-old");
  old.set_generation(2);
  Wish(old, LogicalClusterStatus::READY);
}

TEST_F(TenantReconcilerTest, RestartDoesNothingTwice) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddTopic(document, "w1", "t", 1);
  Wish(document, LogicalClusterStatus::READY);
  sink_.WaitFor(document.key(), AllKeysReady);
  // As after a restart: the document is known before it is said that all are.
  complete_ = false;
  Start();
  kafka_->TakeCalls();
  document.set_generation(2);
  Wish(document, LogicalClusterStatus::READY);
  sink_.WaitFor(document.key(), AllKeysReady);
  complete_ = true;
  for (const std::string& call : kafka_->TakeCalls()) {
    EXPECT_TRUE(call.starts_with("Describe") || call.starts_with("List")) << call;
  }
}

TEST_F(TenantReconcilerTest, KeyThatDoesNotOpenIsToldAndTheOthersWork) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  AddKey(document, "key-2");
  document.mutable_logical_cluster()->mutable_keys(1)->set_sealed_credential("garbage");
  Wish(document, LogicalClusterStatus::READY);
  const StatusDocument status = sink_.WaitFor(document.key(), [](const StatusDocument& seen) {
    return seen.logical_cluster().keys_size() == 2 && seen.logical_cluster().keys(0).ready();
  });
  EXPECT_FALSE(status.logical_cluster().keys(1).ready());
  EXPECT_EQ(status.logical_cluster().keys(1).error_reason(), "SEALED_BOX_UNREADABLE");
}

TEST_F(TenantReconcilerTest, KeyIsReadyOnlyWithEveryLiveBroker) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  kafka_->SetAddressAlive({"localhost", 9002}, false);
  Wish(document, LogicalClusterStatus::READY);
  const StatusDocument waits = sink_.WaitFor(document.key(), [](const StatusDocument& seen) {
    return seen.logical_cluster().keys_size() == 1 && !seen.logical_cluster().keys(0).error_message().empty();
  });
  EXPECT_FALSE(waits.logical_cluster().keys(0).ready());
  EXPECT_EQ(waits.logical_cluster().keys(0).error_reason(), "") << "a broker that died is no fault of the key";
  Cell cell = UpCell();
  cell.brokers[1].live = false;
  cells_->Put(cell);
  sink_.WaitFor(document.key(), AllKeysReady);
}

TEST_F(TenantReconcilerTest, DeletedKeyIsListedUntilItIsGone) {
  auto document = Document("lkc-a", 1);
  AddKey(document, "key-1");
  Wish(document, LogicalClusterStatus::READY);
  sink_.WaitFor(document.key(), AllKeysReady);
  document.set_generation(2);
  document.mutable_logical_cluster()->mutable_keys(0)->set_deleted(true);
  reconciler_->OnWish({document, ""});
  sink_.WaitFor(document.key(), [](const StatusDocument& seen) {
    return seen.observed_generation() == 2 && seen.logical_cluster().keys_size() == 0;
  });
  EXPECT_THAT(Users(), IsEmpty());
}

TEST_F(TenantReconcilerTest, NoPrefixOnASharedCellIsRefused) {
  auto document = Document("lkc-a", 1);
  document.mutable_logical_cluster()->set_prefix("");
  Wish(document, LogicalClusterStatus::FAILED);
  EXPECT_THAT(Acls(), IsEmpty());
}

TEST_F(TenantReconcilerTest, DedicatedClusterOwnsEveryTopic) {
  Cell cell = UpCell();
  cell.shared = false;
  cells_->Put(cell);
  auto document = Document("lkc-a", 1);
  document.mutable_logical_cluster()->set_prefix("");
  document.mutable_logical_cluster()->mutable_limits()->clear_partitions();
  AddTopic(document, "w1", "orders", 2);
  Wish(document, LogicalClusterStatus::READY);
  const StatusDocument status = sink_.WaitFor(
      document.key(), [](const StatusDocument& seen) { return seen.logical_cluster().topics_size() == 1; });
  EXPECT_EQ(status.logical_cluster().topics(0).name(), "orders");
  EXPECT_EQ(Acls().size(), WantedGrants("", false).size());
}

TEST_F(TenantReconcilerTest, QuotasFollowTheBrokersOfTheCell) {
  auto document = Document("lkc-a", 1);
  Wish(document, LogicalClusterStatus::READY);
  const auto rate = [&] {
    const auto quotas = kafka_->DescribeClientQuotas({}, absl::Seconds(1)).value();
    return quotas.empty() ? 0.0 : quotas.front().values.at("producer_byte_rate");
  };
  EXPECT_EQ(rate(), 1000);
  Cell cell = UpCell();
  cell.brokers.push_back({.id = 4, .client = {"localhost", 9004}, .live = true});
  cells_->Put(cell);
  const absl::Time until = absl::Now() + kPatience;
  while (absl::Now() < until && rate() != 750) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(rate(), 750);
}

TEST_F(TenantReconcilerTest, WaitsForTheCellAndGoesWithIt) {
  Cell down = UpCell();
  for (CellBroker& broker : down.brokers) broker.live = false;
  cells_->Put(down);
  auto document = Document("lkc-a", 1);
  const StatusDocument status = Wish(document, LogicalClusterStatus::PROVISIONING);
  EXPECT_THAT(status.logical_cluster().message(), testing::HasSubstr("no broker"));
  cells_->Put(UpCell());
  sink_.WaitFor(document.key(), InState(LogicalClusterStatus::READY));

  document.set_generation(2);
  document.set_deleted(true);
  down.deleting = true;
  cells_->Put(down);
  Wish(document, LogicalClusterStatus::DELETING);
  gone_ = true;
  cells_->Remove(kCell);
  sink_.WaitFor(document.key(), InState(LogicalClusterStatus::GONE));
}

}  // namespace
}  // namespace sluice::satellite
