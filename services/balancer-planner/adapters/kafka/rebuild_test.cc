// Events in a real Kafka, back into an empty PostgreSQL.
#include "services/balancer-planner/adapters/kafka/rebuild.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "libs/base/error.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/topics.h"
#include "libs/testing/kafka_fixture.h"
#include "libs/testing/postgres_fixture.h"
#include "services/balancer-planner/adapters/postgres/testing/store_world.h"

namespace sluice::balancer_planner {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

class RebuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = *sluice::testing::PostgresFixture::Start();
    kafka_ = *sluice::testing::KafkaFixture::Start();
    ASSERT_TRUE(kafka_->CreateTopic(bus::EventsTopic("rebalance"), 4).ok());
    ASSERT_TRUE(kafka_->CreateTopic(bus::PlansTopic("local"), 1).ok());
    live_ = NewStoreWorld(*server_, "live");
    rebuilt_ = NewStoreWorld(*server_, "rebuilt");
  }
  Rebalance Begin(const std::string& uid, const std::string& cluster) {
    Rebalance proposed{.uid = uid, .physical_cluster = cluster, .data_plane = "local"};
    proposed.plan.batches = 1;
    RebalanceChange change{.transition = Propose(std::move(proposed), true, {}, clock::RealClock().Now()),
                           .batches = {{{.topic = "t", .replicas_before = {1}, .replicas = {2}, .bytes = 10}}}};
    FillWindow(change.batches, change.transition.after);
    Commit(change);
    return change.transition.after;
  }
  void End(Rebalance rebalance) {
    ++rebalance.version;
    ++rebalance.said.generation;
    rebalance.stage = RebalanceStage::kDone;
    rebalance.end_time = rebalance.update_time = clock::RealClock().Now();
    Commit({.transition = {.after = std::move(rebalance), .say = Say::kTombstone, .cause = "ended"}});
  }
  void Commit(const RebalanceChange& change) {
    const absl::Status status = live_->store.Commit(change);
    ASSERT_TRUE(status.ok()) << status;
  }
  // Until all that was committed is on the topics.
  void Publish() {
    clock::StopSignal stop;
    bus::Relay relay({.database = live_->database, .kafka = *kafka_->ConnectionFor(), .holder = "test"},
                     {clock::RealClock(), clock::CryptoRandom(), live_->metrics, live_->backlog, live_->wakeup});
    std::thread thread([&] { EXPECT_TRUE(relay.Run(stop).ok()); });
    const absl::Duration begin = clock::RealClock().MonotonicNow();
    while (OutboxRows() > 0 && clock::RealClock().MonotonicNow() < begin + kPatience) {
      stop.WaitFor(absl::Milliseconds(20));
    }
    EXPECT_EQ(OutboxRows(), 0);
    stop.Stop();
    thread.join();
  }
  int64_t OutboxRows() {
    return *live_->pool.Query<int64_t>({}, [](pqxx::transaction_base& transaction) -> absl::StatusOr<int64_t> {
      return transaction.exec1("SELECT count(*) FROM bus_outbox")[0].as<int64_t>();
    });
  }

  std::unique_ptr<sluice::testing::PostgresFixture> server_;
  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  std::unique_ptr<StoreWorld> live_, rebuilt_;
};

TEST_F(RebuildTest, AnEmptyDatabaseAndTheEventsGiveTheSameRows) {
  // Of one cluster, one after the other: their events are on partitions of their own.
  for (int i = 0; i < 5; ++i) End(Begin("reb-" + std::to_string(i), "pkc-1"));
  Begin("reb-open", "pkc-1");
  Publish();
  PgRebuild rebuild(rebuilt_->pool);
  const absl::Status done = RebuildFromEvents(*kafka_->ConnectionFor(), rebuild);
  ASSERT_TRUE(done.ok()) << done;
  const auto lived = PgRebuild(live_->pool).ChecksumOfRebalances(), rebuilt = rebuild.ChecksumOfRebalances();
  ASSERT_TRUE(lived.ok() && rebuilt.ok());
  EXPECT_EQ(rebuilt->rows, 6);
  EXPECT_EQ(rebuilt->sha256, lived->sha256);
  const auto open = rebuilt_->store.Open();
  ASSERT_TRUE(open.ok());
  ASSERT_EQ(open->size(), 1U);
  EXPECT_TRUE(rebuilt_->store.BatchesOf((*open)[0].uid)->empty());
  EXPECT_EQ(ErrorReason(RebuildFromEvents(*kafka_->ConnectionFor(), rebuild)), "DATABASE_NOT_EMPTY");
}

}  // namespace
}  // namespace sluice::balancer_planner
