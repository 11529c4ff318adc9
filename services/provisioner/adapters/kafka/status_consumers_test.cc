// The consumers of the status topics on a real Kafka and PostgreSQL: they come and go with their data planes, and what
// poisons one key holds up nothing else.

#include "services/provisioner/adapters/kafka/status_consumers.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/inbox/parked_records.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/bus/topics.h"
#include "libs/kafka_client/producer.h"
#include "libs/postgres/migrations.h"
#include "libs/testing/kafka_fixture.h"
#include "libs/testing/postgres_fixture.h"
#include "services/provisioner/adapters/postgres/pg_store.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/migrations/provisioner_migrations.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::provisioner {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(120);

class StatusConsumersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status set_up = Prepare();
    ASSERT_TRUE(set_up.ok()) << set_up;
  }
  void TearDown() override {
    stop_.Stop();
    if (thread_.joinable()) thread_.join();
    EXPECT_TRUE(result_.ok()) << result_;
  }

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(postgres_, sluice::testing::PostgresFixture::Start());
    ASSIGN_OR_RETURN(kafka_, sluice::testing::KafkaFixture::Start());
    ASSIGN_OR_RETURN(const postgres::ConnectOptions database, postgres_->CreateDatabase("provisioner"));
    RETURN_IF_ERROR(postgres::Migrate(database, "bus", bus::BusMigrations()));
    RETURN_IF_ERROR(postgres::Migrate(database, "provisioner", ProvisionerMigrations()));
    pool_.emplace(postgres::PoolOptions{.connect = database, .size = 8}, clock_, clock::CryptoRandom(), nullptr);
    wakeup_.emplace(database, clock::CryptoRandom());
    outbox_.emplace(backlog_, *wakeup_, ids_);
    store_.emplace(PgStorePorts{*pool_, *outbox_, ids_, clock_, metrics_});
    fleet_.emplace(*store_);
    return absl::OkStatus();
  }

  // As the loops do: once its topics are there.
  void AddDataPlane(const std::string& id) {
    ASSERT_TRUE(kafka_->CreateTopic(bus::StatusTopic(id), 2).ok());
    DataPlane data_plane;
    data_plane.meta = {.uid = "dp-" + id,
                       .name = "dataPlanes/" + id,
                       .generation = 1,
                       .create_time = clock_.Now(),
                       .update_time = clock_.Now()};
    data_plane.id = data_plane.region = id;
    data_plane.bus_ready = true;
    const auto committed = store_->Commit({.name = "Test", .writes = {NewRow(data_plane)}});
    ASSERT_TRUE(committed.ok()) << committed.status();
    ASSERT_TRUE(fleet_->Refresh(true).ok());
  }
  std::optional<DataPlane> Find(const std::string& id) {
    const auto row = store_->FindByName(Kind::kDataPlane, "dataPlanes/" + id);
    if (!row.ok() || !*row) return std::nullopt;
    return std::get<DataPlane>(**row);
  }
  void RemoveDataPlane(const std::string& id) {
    const auto committed = store_->Commit({.name = "Test", .writes = {ErasedRow(*Find(id))}});
    ASSERT_TRUE(committed.ok()) << committed.status();
    ASSERT_TRUE(fleet_->Refresh(true).ok());
  }

  void Start() {
    consumers_.emplace(
        StatusConsumersOptions{.kafka = *kafka_->ConnectionFor(),
                               .retry_waits = {absl::Milliseconds(100), absl::Milliseconds(200)}},
        StatusConsumersPorts{{*fleet_, waiters_, clock_, clock::CryptoRandom(), ids_, metrics_}, *pool_, [] {}});
    thread_ = std::thread([this] { result_ = consumers_->Run(stop_); });
  }

  void Say(const std::string& data_plane, const std::string& key, const std::string& payload) {
    absl::Status delivered;
    auto producer =
        kafka_client::Producer::Create({.connection = *kafka_->ConnectionFor()},
                                       [&](const kafka_client::DeliveryReport& report) { delivered = report.status; });
    ASSERT_TRUE(producer.ok()) << producer.status();
    const bus::OutboxMessage message{.topic = bus::StatusTopic(data_plane),
                                     .key = key,
                                     .type = "sluice.satellite.v1.StatusDocument",
                                     .source = bus::SatelliteSource(data_plane),
                                     .payload = payload,
                                     .generation = ++sequence_,
                                     .compacted = true};
    const auto headers = bus::EncodeHeaders(message, absl::StrCat("said-", sequence_), clock_.Now());
    ASSERT_TRUE((*producer)->Send({.topic = message.topic, .key = key, .value = payload, .headers = headers}, 1).ok());
    ASSERT_TRUE((*producer)->Flush(absl::Seconds(60)).ok());
    ASSERT_TRUE(delivered.ok()) << delivered;
  }
  // The sign of life, with a version to know it by.
  void SayAlive(const std::string& data_plane, const std::string& version) {
    satellite::v1::StatusDocument document;
    document.set_key("data-plane");
    document.set_data_plane(data_plane);
    document.set_satellite_epoch(1);
    document.set_sequence(sequence_ + 1);
    document.mutable_data_plane_status()->set_satellite_version(version);
    Say(data_plane, "data-plane", document.SerializeAsString());
  }

  template <typename Condition>
  bool Eventually(Condition condition) {
    const absl::Time give_up = absl::Now() + kPatience;
    while (absl::Now() < give_up) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return false;
  }
  bool Hears(const std::string& data_plane, const std::string& version) {
    return Eventually([&] { return Find(data_plane)->satellite_version == version; });
  }
  bool ListensTo(int data_planes) {
    return Eventually([&] {
      return absl::StrContains(metrics_.Render(),
                               absl::StrCat("sluice_provisioner_status_consumers ", data_planes, "\n"));
    });
  }

  const clock::Clock& clock_ = clock::RealClock();
  clock::RandomIdSource ids_{clock_, clock::CryptoRandom()};
  metrics::Registry metrics_;
  std::unique_ptr<sluice::testing::PostgresFixture> postgres_;
  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  std::optional<postgres::Pool> pool_;
  bus::Backlog backlog_{bus::BacklogLimits{}};
  std::optional<bus::RelayWakeup> wakeup_;
  std::optional<bus::PgOutbox> outbox_;
  std::optional<PgStore> store_;
  std::optional<Fleet> fleet_;
  OperationWaiters waiters_;
  std::optional<StatusConsumers> consumers_;
  clock::StopSignal stop_;
  absl::Status result_;
  std::thread thread_;
  int64_t sequence_ = 0;
};

TEST_F(StatusConsumersTest, ComeAndGoWithTheirDataPlanes) {
  Start();
  EXPECT_TRUE(ListensTo(0));
  AddDataPlane("eu-1");
  SayAlive("eu-1", "1.0.0");
  EXPECT_TRUE(Hears("eu-1", "1.0.0"));
  EXPECT_EQ(Find("eu-1")->state, DataPlaneState::kConnected);
  // Said before anyone listened.
  AddDataPlane("us-1");
  SayAlive("us-1", "2.0.0");
  EXPECT_TRUE(Hears("us-1", "2.0.0"));
  EXPECT_TRUE(ListensTo(2));

  RemoveDataPlane("eu-1");
  EXPECT_TRUE(ListensTo(1));
  SayAlive("us-1", "2.0.1");
  EXPECT_TRUE(Hears("us-1", "2.0.1")) << "the other goes on";
}

TEST_F(StatusConsumersTest, APoisonedStatusParksItsKeyAlone) {
  AddDataPlane("eu-1");
  AddDataPlane("us-1");
  Start();
  Say("eu-1", "pkc-1", "no status at all");
  bus::ParkedRecords parked(*pool_);
  ASSERT_TRUE(Eventually([&] {
    const auto keys = parked.List("provisioner.status.eu-1", 10);
    return keys.ok() && keys->size() == 1 && keys->front().state == "PARKED";
  }));
  EXPECT_EQ(parked.List("provisioner.status.eu-1", 10)->front().key, "pkc-1");
  EXPECT_TRUE(absl::StrContains(parked.List("", 10)->front().last_error, "is no status"));
  // Other keys of that data plane flow, and so does the other data plane.
  SayAlive("eu-1", "1.0.1");
  SayAlive("us-1", "2.0.0");
  EXPECT_TRUE(Hears("eu-1", "1.0.1"));
  EXPECT_TRUE(Hears("us-1", "2.0.0"));
  EXPECT_EQ(parked.List("", 10)->size(), 1u);
}

}  // namespace
}  // namespace sluice::provisioner
