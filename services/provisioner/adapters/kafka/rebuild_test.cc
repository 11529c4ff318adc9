// The way of a mutation through a real PostgreSQL, the relay and a real Kafka, back into an empty database.
#include "services/provisioner/adapters/kafka/rebuild.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "libs/base/error.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/testing/kafka_fixture.h"
#include "libs/testing/postgres_fixture.h"
#include "services/provisioner/adapters/kafka/kafka_bus_admin.h"
#include "services/provisioner/adapters/postgres/pg_store.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"
#include "services/provisioner/migrations/provisioner_migrations.h"

namespace sluice::provisioner {
namespace {

struct Database {
  explicit Database(const postgres::ConnectOptions& options)
      : pool({.connect = options, .size = 4}, clock::RealClock(), clock::CryptoRandom(), nullptr) {}
  postgres::Pool pool;
};

std::unique_ptr<kafka_admin::AdminClient> AdminOf(const testing::KafkaFixture& kafka) {
  kafka_admin::AdminClientOptions options;
  const std::string address = kafka.bootstrap_servers();
  const size_t colon = address.rfind(':');
  options.bootstrap = {
      {.host = address.substr(0, colon), .port = static_cast<uint16_t>(std::stoi(address.substr(colon + 1)))}};
  return *kafka_admin::NewKafkaAdminClient(options);
}

absl::Status MigrateAll(const postgres::ConnectOptions& options) {
  absl::Status status = postgres::Migrate(options, "bus", bus::BusMigrations());
  return status.ok() ? postgres::Migrate(options, "provisioner", ProvisionerMigrations()) : status;
}

// Some history: a data plane, a cluster that stays, changed, and one that is gone.
void LiveALittle(PgStore& store) {
  const absl::Time now = clock::RealClock().Now();
  const auto commit = [&](const Mutation& mutation) {
    const auto committed = store.Commit(mutation);
    ASSERT_TRUE(committed.ok()) << committed.status();
  };
  const auto change = [&](const ClusterFamily& before, ClusterFamily after) {
    Mutation mutation{.name = "Test"};
    AddChanges(before, std::move(after), now, mutation);
    commit(mutation);
  };
  DataPlane data_plane;
  data_plane.meta = {
      .uid = "dp-1", .name = "dataPlanes/local", .generation = 1, .create_time = now, .update_time = now};
  data_plane.id = "local";
  commit({.name = "Test", .writes = {NewRow(data_plane)}});
  for (const char* id : {"stays", "goes"}) {
    KafkaCluster cluster;
    cluster.meta = {.uid = std::string("lkc-") + id,
                    .name = std::string("organizations/a/environments/e/kafkaClusters/") + id,
                    .generation = 1,
                    .create_time = now,
                    .update_time = now};
    cluster.organization = "a";
    cluster.environment = "e";
    cluster.id = id;
    cluster.labels = {{"b", "2"}, {"a", "1"}};
    ClusterFamily family =
        StartCluster({.cluster = cluster, .operation = {.uid = std::string("op-") + id, .now = now}});
    PlaceOnCell(family, {"local", "pkc-1"}, 3, 2, now);
    change({}, std::move(family));
  }
  auto families = store.Families({"lkc-stays", "lkc-goes"}, false);
  ASSERT_TRUE(families.ok());
  ClusterFamily changed = families->at("lkc-stays");
  changed.cluster.state = ClusterState::kReady;
  std::get<LogicalSpec>(changed.documents[0].wish).suspended = true;
  ++changed.documents[0].meta.generation;
  // A topic is told of on a topic that no row comes from.
  std::get<LogicalSpec>(changed.documents[0].wish).topic_wishes.push_back({.wish_id = "op-t", .topic = "t"});
  change(families->at("lkc-stays"), changed);
  ClusterFamily gone = families->at("lkc-goes");
  gone.documents.clear();
  gone.erased = true;
  change(families->at("lkc-goes"), gone);
}

TEST(Rebuild, AnEmptyDatabaseAndTheTopicsGiveTheSameChecksums) {
  auto server = *testing::PostgresFixture::Start();
  auto kafka = *testing::KafkaFixture::Start();
  const auto admin = AdminOf(*kafka);
  KafkaBusAdmin bus_admin(*admin);
  // Twice: what is there already is no error.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(bus_admin.EnsureEventTopics(absl::Seconds(30)).ok());
  for (const char* topic : {"sluice.dp.local.desired.v1", "sluice.dp.local.status.v1"}) {
    ASSERT_TRUE(kafka->CreateTopic(topic, 4).ok());
  }
  const auto bus = *kafka->ConnectionFor();
  const postgres::ConnectOptions first = *server->CreateDatabase("first"), second = *server->CreateDatabase("second");
  ASSERT_TRUE(MigrateAll(first).ok());
  ASSERT_TRUE(MigrateAll(second).ok());

  metrics::Registry metrics;
  Database live(first);
  clock::RandomIdSource ids(clock::RealClock(), clock::CryptoRandom());
  bus::Backlog backlog({});
  bus::RelayWakeup wakeup(first, clock::CryptoRandom());
  bus::PgOutbox outbox(backlog, wakeup, ids);
  PgStore store({live.pool, outbox, ids, clock::RealClock(), metrics});
  LiveALittle(store);

  clock::StopSignal stop;
  bus::Relay relay({.database = first, .kafka = bus, .holder = "test"},
                   {clock::RealClock(), clock::CryptoRandom(), metrics, backlog, wakeup});
  std::thread thread([&] { EXPECT_TRUE(relay.Run(stop).ok()); });
  const auto outbox_rows = [&] {
    int rows = -1;
    EXPECT_TRUE(live.pool
                    .InTransaction([&](pqxx::transaction_base& transaction) {
                      rows = transaction.exec1("SELECT count(*) FROM bus_outbox")[0].as<int>();
                      return absl::OkStatus();
                    })
                    .ok());
    return rows;
  };
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  while (outbox_rows() != 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(50));
  ASSERT_EQ(outbox_rows(), 0);
  stop.Stop();
  thread.join();

  Database empty(second);
  PgRebuild from(live.pool), into(empty.pool);
  ASSERT_EQ(ErrorReason(RebuildFromTopics(bus, from)), "DATABASE_NOT_EMPTY");
  const absl::Status rebuilt = RebuildFromTopics(bus, into);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt;
  const auto expected = *from.Checksums(), found = *into.Checksums();
  ASSERT_EQ(expected.size(), found.size());
  int64_t rows = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(expected[i].rows, found[i].rows) << expected[i].kind;
    EXPECT_EQ(expected[i].sha256, found[i].sha256) << expected[i].kind;
    rows += expected[i].rows;
  }
  EXPECT_GE(rows, 5);
}

}  // namespace
}  // namespace sluice::provisioner
