// What every Store keeps to: run on the fake and on a real PostgreSQL.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/testing/postgres_fixture.h"
#include "services/provisioner/adapters/postgres/pg_store.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/migrations/provisioner_migrations.h"
#include "services/provisioner/ports/fake_store.h"

namespace sluice::provisioner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

testing::PostgresFixture& Server() {
  static std::unique_ptr<testing::PostgresFixture> server = *testing::PostgresFixture::Start();
  return *server;
}

// PgStore with all it needs, on a database of its own.
struct PgWorld {
  explicit PgWorld(const postgres::ConnectOptions& options)
      : pool({.connect = options, .size = 20}, clock::RealClock(), clock::CryptoRandom(), nullptr),
        ids(clock::RealClock(), clock::CryptoRandom()),
        backlog({}),
        wakeup(options, clock::CryptoRandom()),
        outbox(backlog, wakeup, ids),
        store({pool, outbox, ids, clock::RealClock(), metrics}) {}
  metrics::Registry metrics;
  postgres::Pool pool;
  clock::RandomIdSource ids;
  bus::Backlog backlog;
  bus::RelayWakeup wakeup;
  bus::PgOutbox outbox;
  PgStore store;
};

std::shared_ptr<Store> NewPgStore() {
  static int number = 0;
  const postgres::ConnectOptions options = *Server().CreateDatabase(absl::StrCat("contract", ++number));
  EXPECT_TRUE(postgres::Migrate(options, "bus", bus::BusMigrations()).ok());
  EXPECT_TRUE(postgres::Migrate(options, "provisioner", ProvisionerMigrations()).ok());
  auto world = std::make_shared<PgWorld>(options);
  return {world, &world->store};
}

struct Maker {
  std::string name;
  std::function<std::shared_ptr<Store>()> make;
};

class StoreContract : public ::testing::TestWithParam<Maker> {
 protected:
  std::shared_ptr<Store> store_ = GetParam().make();

  absl::Status Commit(std::vector<Write> writes) {
    return store_->Commit({.name = "Test", .writes = std::move(writes)}).status();
  }
};

Meta MetaFor(const std::string& uid, const std::string& name) {
  return {.uid = uid, .name = name, .generation = 1, .create_time = kNow, .update_time = kNow};
}

Organization Acme() { return {.meta = MetaFor("org-1", "organizations/acme"), .id = "acme"}; }

Environment Prod() {
  return {.meta = MetaFor("env-1", "organizations/acme/environments/prod"), .organization = "acme", .id = "prod"};
}

KafkaCluster Cluster(const std::string& uid, const std::string& id) {
  KafkaCluster cluster;
  cluster.meta = MetaFor(uid, "organizations/acme/environments/prod/kafkaClusters/" + id);
  cluster.organization = "acme";
  cluster.environment = "prod";
  cluster.id = id;
  cluster.labels = {{"team", "\"quoted\" \\ and , and {braces}"}};
  return cluster;
}

DesiredDocument Document(const std::string& key, const std::string& cluster_uid) {
  DesiredDocument document;
  document.meta = MetaFor(key, key);
  document.data_plane = "local";
  document.cluster_uid = cluster_uid;
  document.wish = LogicalSpec{.logical_cluster = cluster_uid, .prefix = cluster_uid + "."};
  return document;
}

Operation OperationOn(const std::string& cluster_uid, const std::string& uid) {
  Operation operation;
  operation.meta = MetaFor(uid, "organizations/acme/operations/" + uid);
  operation.meta.generation = 0;
  operation.organization = "acme";
  operation.cluster_uid = cluster_uid;
  return operation;
}

TEST_P(StoreContract, WhatIsWrittenIsReadAgain) {
  ASSERT_TRUE(Commit({NewRow(Cluster("lkc-1", "orders"))}).ok());
  const auto by_uid = store_->FindByUid(Kind::kKafkaCluster, "lkc-1");
  ASSERT_TRUE(by_uid.ok() && *by_uid);
  KafkaCluster expected = Cluster("lkc-1", "orders");
  expected.meta.version = 1;
  EXPECT_EQ(std::get<KafkaCluster>(**by_uid), expected);
  const auto by_name = store_->FindByName(Kind::kKafkaCluster, expected.meta.name);
  ASSERT_TRUE(by_name.ok() && *by_name);
  EXPECT_EQ(MetaOf(**by_name).uid, "lkc-1");
  EXPECT_FALSE((*store_->FindByUid(Kind::kKafkaKey, "lkc-1")).has_value());
}

TEST_P(StoreContract, ANameIsTakenOnce) {
  ASSERT_TRUE(Commit({NewRow(Cluster("lkc-1", "orders"))}).ok());
  const absl::Status taken = Commit({NewRow(OperationOn("lkc-2", "op-2")), NewRow(Cluster("lkc-2", "orders"))});
  EXPECT_EQ(ErrorReason(taken), "NAME_TAKEN");
  EXPECT_TRUE(absl::IsAlreadyExists(taken));
  EXPECT_FALSE((*store_->FindByUid(Kind::kOperation, "op-2")).has_value()) << "nothing of it stays";
}

TEST_P(StoreContract, AnOldVersionIsAConflictAndNothingStays) {
  ASSERT_TRUE(Commit({NewRow(Cluster("lkc-1", "orders"))}).ok());
  KafkaCluster read = std::get<KafkaCluster>(**store_->FindByUid(Kind::kKafkaCluster, "lkc-1"));
  ASSERT_TRUE(Commit({UpdatedRow(read, kNow)}).ok());
  const absl::Status conflict = Commit({NewRow(OperationOn("lkc-1", "op-1")), UpdatedRow(read, kNow)});
  EXPECT_EQ(ErrorReason(conflict), "VERSION_CONFLICT");
  EXPECT_FALSE((*store_->FindByUid(Kind::kOperation, "op-1")).has_value());
  EXPECT_EQ(ErrorReason(Commit({ErasedRow(read)})), "VERSION_CONFLICT");
  read.meta.version = 2;
  EXPECT_TRUE(Commit({ErasedRow(read)}).ok());
  EXPECT_FALSE((*store_->FindByUid(Kind::kKafkaCluster, "lkc-1")).has_value());
}

TEST_P(StoreContract, OfManyWritersOfOneRowEachVersionHasOne) {
  ASSERT_TRUE(Commit({NewRow(Cluster("lkc-1", "orders"))}).ok());
  std::vector<std::thread> threads;
  std::atomic<int> won = 0, lost = 0;
  const KafkaCluster read = std::get<KafkaCluster>(**store_->FindByUid(Kind::kKafkaCluster, "lkc-1"));
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = Commit({UpdatedRow(read, kNow)});
      if (status.ok()) {
        ++won;
      } else if (ErrorReason(status) == "VERSION_CONFLICT") {
        ++lost;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
}

TEST_P(StoreContract, ARepeatedRequestGetsItsFirstAnswer) {
  Mutation mutation{.name = "Test", .writes = {NewRow(Cluster("lkc-1", "orders"))}};
  mutation.request = RememberedRequest{"acme", "apiKeys/ak-1", "id-1", std::string("\x00\xff", 2), "op-1"};
  ASSERT_FALSE(store_->Commit(mutation)->repeated);
  mutation.writes = {NewRow(Cluster("lkc-2", "orders"))};
  mutation.request->answer = "op-2";
  const auto again = store_->Commit(mutation);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->answer, "op-1");
  EXPECT_EQ(**store_->RememberedAnswer(*mutation.request), "op-1");
  mutation.request->payload_hash = "another";
  EXPECT_EQ(ErrorReason(store_->Commit(mutation).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorReason(store_->RememberedAnswer(*mutation.request).status()), "REQUEST_ID_REUSED");
  mutation.request->principal = "apiKeys/ak-2";
  EXPECT_EQ(ErrorReason(store_->Commit(mutation).status()), "NAME_TAKEN") << "another caller's id is another";
}

TEST_P(StoreContract, AParentMustBeThere) {
  const Mutation create{.name = "Test",
                        .writes = {NewRow(Cluster("lkc-1", "orders"))},
                        .requires_live = {"organizations/acme/environments/prod"}};
  EXPECT_EQ(ErrorReason(store_->Commit(create).status()), "RESOURCE_NOT_FOUND");
  ASSERT_TRUE(Commit({NewRow(Acme()), NewRow(Prod())}).ok());
  EXPECT_TRUE(store_->Commit(create).ok());
  Environment prod = Prod();
  prod.meta.version = 1;
  const Mutation remove{
      .name = "Test", .writes = {ErasedRow(prod)}, .requires_childless = "organizations/acme/environments/prod"};
  EXPECT_EQ(ErrorReason(store_->Commit(remove).status()), "HAS_CHILDREN");
  KafkaCluster cluster = Cluster("lkc-1", "orders");
  cluster.meta.version = 1;
  ASSERT_TRUE(Commit({ErasedRow(cluster)}).ok());
  EXPECT_TRUE(store_->Commit(remove).ok());
}

TEST_P(StoreContract, ADataPlaneWithTenantsIsNotChildless) {
  ASSERT_TRUE(Commit({NewRow(Document("pkc-1/lkc-1", "lkc-1"))}).ok());
  const Mutation remove{.name = "Test", .requires_childless = "dataPlanes/local"};
  EXPECT_EQ(ErrorReason(store_->Commit(remove).status()), "HAS_CHILDREN");
  const Mutation other{.name = "Test", .requires_childless = "dataPlanes/loca"};
  EXPECT_TRUE(store_->Commit(other).ok());
}

TEST_P(StoreContract, AFamilyIsReadWhole) {
  KafkaKey key;
  key.meta = MetaFor("key-1", "organizations/acme/environments/prod/kafkaClusters/orders/keys/k");
  key.cluster_uid = "lkc-1";
  key.sealed_credential = std::string("\x00\x01\xfe", 3);
  Operation done = OperationOn("lkc-1", "op-done");
  done.done = true;
  done.end_time = kNow;
  PhysicalCluster own;
  own.meta = MetaFor("pkc-9", "pkc-9");
  own.owner_cluster_uid = "lkc-1";
  DesiredDocument own_document = Document("pkc-9", "");
  own_document.wish = PhysicalSpec{.brokers = 3};
  ASSERT_TRUE(Commit({NewRow(Cluster("lkc-1", "orders")), NewRow(Cluster("lkc-2", "others")), NewRow(key),
                      NewRow(OperationOn("lkc-1", "op-1")), NewRow(done), NewRow(OperationOn("lkc-2", "op-2")),
                      NewRow(Document("pkc-9/lkc-1", "lkc-1")), NewRow(own), NewRow(own_document)})
                  .ok());
  const auto families = store_->Families({"lkc-1", "lkc-none"}, false);
  ASSERT_TRUE(families.ok()) << families.status();
  ASSERT_EQ(families->size(), 1u);
  const ClusterFamily& family = families->at("lkc-1");
  EXPECT_EQ(family.cluster.id, "orders");
  ASSERT_EQ(family.keys.size(), 1u);
  EXPECT_EQ(family.keys[0].sealed_credential, key.sealed_credential);
  ASSERT_EQ(family.operations.size(), 1u);
  EXPECT_EQ(family.operations[0].meta.uid, "op-1");
  EXPECT_EQ(family.documents.size(), 2u);
  EXPECT_EQ(family.physical_clusters.size(), 1u);
}

TEST_P(StoreContract, PagesFollowOneAnotherWithoutAGap) {
  std::vector<Write> writes;
  for (int i = 0; i < 25; ++i) {
    KafkaCluster cluster = Cluster(absl::StrCat("lkc-", 99 - i), absl::StrCat("c", i / 10, i % 10));
    cluster.meta.create_time = kNow + absl::Seconds(i / 2);
    writes.push_back(NewRow(cluster));
  }
  ASSERT_TRUE(Commit(std::move(writes)).ok());
  for (const auto order : {ListQuery::Order::kName, ListQuery::Order::kCreateTime}) {
    for (const bool descending : {false, true}) {
      ListQuery query{.kind = Kind::kKafkaCluster,
                      .name_prefix = "organizations/acme/environments/prod/kafkaClusters/",
                      .order = order,
                      .descending = descending,
                      .organization = "acme",
                      .limit = 7};
      std::vector<std::string> uids;
      while (true) {
        const auto page = store_->List(query);
        ASSERT_TRUE(page.ok()) << page.status();
        for (const Aggregate& row : *page) uids.push_back(MetaOf(row).uid);
        if (page->size() < 7) break;
        query.after = {OrderKey(MetaOf(page->back()), order), MetaOf(page->back()).uid};
      }
      EXPECT_EQ(uids.size(), 25u);
      EXPECT_EQ(std::set<std::string>(uids.begin(), uids.end()).size(), 25u);
    }
  }
  EXPECT_TRUE(
      store_->List({.kind = Kind::kKafkaCluster, .name_prefix = "organizations/acme/environments/pro/"})->empty());
}

TEST_P(StoreContract, WhatIsDueComesAndWhatIsNotDoesNot) {
  KafkaCluster due = Cluster("lkc-1", "due"), later = Cluster("lkc-2", "later");
  due.meta.purge_time = kNow;
  later.meta.purge_time = kNow + absl::Hours(1);
  ASSERT_TRUE(Commit({NewRow(due), NewRow(later), NewRow(Cluster("lkc-3", "never"))}).ok());
  const auto found = store_->Due(Kind::kKafkaCluster, kNow + absl::Seconds(1), 10);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(MetaOf((*found)[0]).uid, "lkc-1");
}

TEST_P(StoreContract, DocumentsThatNoStatusShowsAreUntaken) {
  SeenStatus status;
  status.meta = MetaFor("local:pkc-1/lkc-1", "local:pkc-1/lkc-1");
  status.data_plane = "local";
  status.key = "pkc-1/lkc-1";
  status.cluster_uid = "lkc-1";
  status.observed_generation = 1;
  status.seen = SeenLogical{};
  ASSERT_TRUE(
      Commit({NewRow(Document("pkc-1/lkc-1", "lkc-1")), NewRow(Document("pkc-1/lkc-2", "lkc-2")), NewRow(status)})
          .ok());
  const auto untaken = store_->Untaken("local", kNow + absl::Seconds(1), 10);
  ASSERT_TRUE(untaken.ok()) << untaken.status();
  ASSERT_EQ(untaken->size(), 1u);
  EXPECT_EQ((*untaken)[0].document.meta.uid, "pkc-1/lkc-2");
  EXPECT_TRUE(store_->Untaken("local", kNow, 10)->empty()) << "too young";
  EXPECT_EQ((*store_->LogicalClustersPerCell())["pkc-1"], 2);
}

TEST_P(StoreContract, BindingsByPrincipal) {
  const auto binding = [](const std::string& uid, const std::string& principal) {
    return RoleBinding{.meta = MetaFor(uid, "organizations/acme/roleBindings/" + uid),
                       .organization = "acme",
                       .id = uid,
                       .principal = principal,
                       .role = Role::kViewer,
                       .scope = "organizations/acme"};
  };
  ASSERT_TRUE(Commit({NewRow(binding("rb-1", "apiKeys/ak-1")), NewRow(binding("rb-2", "apiKeys/ak-2"))}).ok());
  const auto bindings = store_->BindingsOf({"apiKeys/ak-1", "apiKeys/ak-3"});
  ASSERT_TRUE(bindings.ok());
  ASSERT_EQ(bindings->size(), 1u);
  EXPECT_EQ((*bindings)[0].meta.uid, "rb-1");
}

INSTANTIATE_TEST_SUITE_P(OnBoth, StoreContract,
                         ::testing::Values(Maker{"Fake", [] { return std::make_shared<FakeStore>(); }},
                                           Maker{"PostgreSql", NewPgStore}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::provisioner
