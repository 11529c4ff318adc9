#include "services/provisioner/adapters/postgres/pg_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "libs/bus/schema/bus_migrations.h"
#include "libs/testing/postgres_fixture.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/migrations/provisioner_migrations.h"

namespace sluice::provisioner {
namespace {

constexpr char kCluster[] = "lkc-1";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Meta MetaFor(const std::string& uid, const std::string& name) {
  return {.uid = uid, .name = name, .generation = 1, .create_time = kNow, .update_time = kNow};
}

class PgSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = *testing::PostgresFixture::Start();
    options_ = *server_->CreateDatabase("sessions");
    ASSERT_TRUE(postgres::Migrate(options_, "bus", bus::BusMigrations()).ok());
    ASSERT_TRUE(postgres::Migrate(options_, "provisioner", ProvisionerMigrations()).ok());
  }

  std::unique_ptr<pqxx::connection> Connect() const {
    return std::make_unique<pqxx::connection>(*postgres::ConnectionString(options_));
  }

  absl::Status Commit(pqxx::work& transaction, std::vector<Write> writes) {
    PgSession session(transaction, ids_, clock::RealClock());
    return session.Commit({.name = "Test", .writes = std::move(writes)}).status();
  }

  // Until a session waits for another one's lock.
  void AwaitALockThatIsWaitedFor() const {
    const std::unique_ptr<pqxx::connection> connection = Connect();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < give_up) {
      pqxx::nontransaction look(*connection);
      if (look.exec1("SELECT count(*) FROM pg_locks WHERE NOT granted")[0].as<int>() > 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "nobody waits";
  }

  std::unique_ptr<testing::PostgresFixture> server_;
  postgres::ConnectOptions options_;
  clock::RandomIdSource ids_{clock::RealClock(), clock::CryptoRandom()};
};

TEST_F(PgSessionTest, WhoWaitsForACallersEndSeesWhatTheCallerHasAdded) {
  KafkaCluster cluster;
  cluster.meta = MetaFor(kCluster, "organizations/acme/environments/prod/kafkaClusters/orders");
  cluster.organization = "acme";
  cluster.environment = "prod";
  cluster.id = "orders";
  const std::unique_ptr<pqxx::connection> callers = Connect(), handlers = Connect();
  {
    pqxx::work create(*callers);
    ASSERT_TRUE(Commit(create, {NewRow(cluster)}).ok());
    create.commit();
  }
  Operation operation;
  operation.meta = MetaFor("op-1", "organizations/acme/operations/op-1");
  operation.meta.generation = 0;
  operation.organization = "acme";
  operation.cluster_uid = kCluster;
  cluster.meta.version = 1;
  cluster.operation = "op-1";

  pqxx::work update(*callers);
  ASSERT_TRUE(Commit(update, {NewRow(operation), UpdatedRow(cluster, kNow)}).ok());
  absl::StatusOr<std::map<std::string, ClusterFamily>> families;
  std::thread handler([&] {
    pqxx::work handle(*handlers);
    PgSession session(handle, ids_, clock::RealClock());
    families = session.Families({kCluster}, /*lock=*/true);
  });
  AwaitALockThatIsWaitedFor();
  update.commit();
  handler.join();

  ASSERT_TRUE(families.ok()) << families.status();
  const ClusterFamily& family = families->at(kCluster);
  EXPECT_EQ(family.cluster.operation, "op-1");
  ASSERT_EQ(family.operations.size(), 1) << "an operation that is not seen is never ended";
  EXPECT_EQ(family.operations[0].meta.uid, "op-1");
}

}  // namespace
}  // namespace sluice::provisioner
