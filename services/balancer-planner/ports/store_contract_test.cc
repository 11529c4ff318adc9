// What every RebalanceStore keeps to: run on the fake and on a real PostgreSQL.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/testing/postgres_fixture.h"
#include "services/balancer-planner/adapters/postgres/testing/store_world.h"
#include "services/balancer-planner/ports/fake_rebalance_store.h"

namespace sluice::balancer_planner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const ClusterKey kKey{"local", "pkc-1"};

sluice::testing::PostgresFixture& Server() {
  static std::unique_ptr<sluice::testing::PostgresFixture> server = *sluice::testing::PostgresFixture::Start();
  return *server;
}

std::shared_ptr<StoreWorld> NewPgWorld() {
  static int number = 0;
  return NewStoreWorld(Server(), absl::StrCat("contract", ++number));
}

std::shared_ptr<RebalanceStore> NewPgStore() {
  auto world = NewPgWorld();
  return {world, &world->store};
}

std::vector<PlannedBatch> Batches() {
  return {{{.topic = "t", .replicas_before = {1}, .replicas = {2}, .bytes = 10, .reason = "broker 1 leaves"}}};
}

RebalanceChange NewOne(const std::string& uid, const std::string& cluster, absl::Time now = kNow, bool approve = true) {
  Rebalance proposed{.uid = uid, .physical_cluster = cluster, .data_plane = "local"};
  proposed.plan.batches = 1;
  RebalanceChange change{.transition = Propose(proposed, approve, {}, now), .batches = Batches()};
  FillWindow(change.batches, change.transition.after);
  return change;
}

// The next version of what is stored, ended in `stage`.
RebalanceChange EndOf(Rebalance rebalance, RebalanceStage stage, absl::Time now) {
  ++rebalance.version;
  ++rebalance.said.generation;
  rebalance.stage = stage;
  rebalance.end_time = rebalance.update_time = now;
  return {.transition = {.after = std::move(rebalance), .say = Say::kTombstone, .cause = "ended"}};
}

struct Maker {
  std::string name;
  std::function<std::shared_ptr<RebalanceStore>()> make;
};

class StoreContract : public ::testing::TestWithParam<Maker> {
 protected:
  void Begin(const std::string& uid, const std::string& cluster, absl::Time now = kNow) {
    const absl::Status status = store_->Commit(NewOne(uid, cluster, now));
    ASSERT_TRUE(status.ok()) << status;
  }
  void End(const std::string& uid, RebalanceStage stage, absl::Time now) {
    const absl::Status status = store_->Commit(EndOf(**store_->Find(uid), stage, now));
    ASSERT_TRUE(status.ok()) << status;
  }
  std::shared_ptr<RebalanceStore> store_ = GetParam().make();
};

TEST_P(StoreContract, WhatIsWrittenIsReadAgain) {
  const RebalanceChange change = NewOne("reb-1", "pkc-1");
  ASSERT_TRUE(store_->Commit(change).ok());
  const auto found = store_->Find("reb-1");
  ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
  EXPECT_EQ(**found, change.transition.after);
  EXPECT_EQ(*store_->BatchesOf("reb-1"), Batches());
  EXPECT_FALSE(store_->Find("reb-2")->has_value());
  EXPECT_TRUE(store_->BatchesOf("reb-2")->empty());
}

TEST_P(StoreContract, OneIsOpenPerCluster) {
  Begin("reb-1", "pkc-1");
  EXPECT_EQ(ErrorReason(store_->Commit(NewOne("reb-2", "pkc-1"))), "REBALANCE_OPEN");
  EXPECT_FALSE(store_->Find("reb-2")->has_value());
  Begin("reb-3", "pkc-2");
  RebalanceChange elsewhere = NewOne("reb-elsewhere", "pkc-1");
  elsewhere.transition.after.data_plane = "another";
  EXPECT_TRUE(store_->Commit(elsewhere).ok()) << "another data plane's word on the same id";
  End("reb-elsewhere", RebalanceStage::kDone, kNow);
  ASSERT_EQ(store_->Open()->size(), 2u);
  End("reb-1", RebalanceStage::kDone, kNow);
  ASSERT_EQ(store_->Open()->size(), 1u);
  EXPECT_EQ((*store_->Open())[0].uid, "reb-3");
  Begin("reb-4", "pkc-1");
}

TEST_P(StoreContract, AnOldVersionIsRefused) {
  Begin("reb-1", "pkc-1");
  const Rebalance read = **store_->Find("reb-1");
  ASSERT_TRUE(store_->Commit(EndOf(read, RebalanceStage::kDone, kNow)).ok());
  EXPECT_EQ(ErrorReason(store_->Commit(EndOf(read, RebalanceStage::kFailed, kNow))), "VERSION_CONFLICT");
  EXPECT_EQ((*store_->Find("reb-1"))->stage, RebalanceStage::kDone);
}

TEST_P(StoreContract, ListsTheNewestFirstPageByPage) {
  for (int i = 1; i <= 5; ++i) {
    Begin(absl::StrCat("reb-", i), "pkc-1", kNow + absl::Minutes(i));
    End(absl::StrCat("reb-", i), RebalanceStage::kDone, kNow + absl::Minutes(i));
  }
  Begin("reb-other", "pkc-2");
  const auto uids = [](const absl::StatusOr<std::vector<Rebalance>>& page) {
    std::string text;
    for (const Rebalance& rebalance : *page) absl::StrAppend(&text, rebalance.uid, " ");
    return text;
  };
  EXPECT_EQ(uids(store_->List({.cluster = kKey, .limit = 2})), "reb-5 reb-4 ");
  EXPECT_EQ(uids(store_->List({.cluster = kKey, .before = "reb-4", .limit = 2})), "reb-3 reb-2 ");
  EXPECT_EQ(uids(store_->List({.cluster = kKey, .before = "reb-2", .limit = 2})), "reb-1 ");
  EXPECT_EQ(uids(store_->List({.cluster = kKey, .before = "reb-1", .limit = 2})), "");
}

TEST_P(StoreContract, TellsHowTheLastOnesEnded) {
  EXPECT_FALSE(store_->Ended(kKey)->last_end.has_value());
  const std::pair<RebalanceStage, int> ends[] = {{RebalanceStage::kFailed, 1},  {RebalanceStage::kDone, 0},
                                                 {RebalanceStage::kFailed, 1},  {RebalanceStage::kCancelled, 1},
                                                 {RebalanceStage::kExpired, 2}, {RebalanceStage::kFailed, 3}};
  int number = 0;
  for (const auto& [stage, failures] : ends) {
    const std::string uid = absl::StrCat("reb-", ++number);
    const absl::Time end = kNow + absl::Minutes(number);
    Begin(uid, "pkc-1", end);
    End(uid, stage, end);
    const auto ended = store_->Ended(kKey);
    ASSERT_TRUE(ended.ok()) << ended.status();
    EXPECT_EQ(ended->failures, failures) << uid;
    EXPECT_EQ(ended->last_end, end);
    EXPECT_EQ(ended->generation, (*store_->Find(uid))->said.generation);
  }
}

TEST_P(StoreContract, AnOpenOnesGenerationCountsToo) {
  Begin("reb-1", "pkc-1");
  EXPECT_EQ(store_->Ended(kKey)->generation, (*store_->Find("reb-1"))->said.generation);
}

TEST_P(StoreContract, CallsAreRemembered) {
  const RememberedCall call{.principal = "apiKeys/ak-1", .request_id = "id-1", .payload_hash = std::string(32, '\0')};
  EXPECT_FALSE(store_->RememberedAnswer(call)->has_value());
  RebalanceChange change = NewOne("reb-1", "pkc-1");
  change.call = call;
  ASSERT_TRUE(store_->Commit(change).ok());
  EXPECT_EQ(*store_->RememberedAnswer(call), "reb-1");
  RememberedCall other = call;
  other.payload_hash = std::string(32, 'x');
  EXPECT_EQ(ErrorReason(store_->RememberedAnswer(other).status()), "REQUEST_ID_REUSED");
  other = call;
  other.principal = "apiKeys/ak-2";
  EXPECT_FALSE(store_->RememberedAnswer(other)->has_value());
  // Two that race: one of them is told to read again.
  RebalanceChange second = NewOne("reb-2", "pkc-2");
  second.call = call;
  EXPECT_EQ(ErrorReason(store_->Commit(second)), "VERSION_CONFLICT");
  EXPECT_FALSE(store_->Find("reb-2")->has_value());
}

TEST_P(StoreContract, PrunesWhatIsOldButTheNewestOfACluster) {
  for (int i = 1; i <= 3; ++i) {
    Begin(absl::StrCat("reb-", i), "pkc-1", kNow + absl::Minutes(i));
    End(absl::StrCat("reb-", i), RebalanceStage::kDone, kNow + absl::Minutes(i));
  }
  Begin("reb-open", "pkc-2");
  const auto gone = store_->Prune(absl::InfinitePast() + absl::Hours(1), kNow + absl::Hours(1));
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(*gone, 2);
  EXPECT_FALSE(store_->Find("reb-1")->has_value());
  EXPECT_TRUE(store_->BatchesOf("reb-1")->empty());
  EXPECT_TRUE(store_->Find("reb-3")->has_value());
  EXPECT_TRUE(store_->Find("reb-open")->has_value());
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract,
                         ::testing::Values(Maker{"Fake", [] { return std::make_shared<FakeRebalanceStore>(); }},
                                           Maker{"Postgres", NewPgStore}),
                         [](const auto& info) { return info.param.name; });

TEST(PgRebalanceStore, EachCommitSaysItsEventAndItsDocument) {
  const auto world = NewPgWorld();
  ASSERT_TRUE(world->store.Commit(NewOne("reb-1", "pkc-1", kNow, /*approve=*/false)).ok());
  const auto rows = [&](const std::string& where) {
    return *world->pool.Query<int>({}, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
      return transaction.exec1("SELECT count(*) FROM bus_outbox WHERE " + where)[0].as<int>();
    });
  };
  EXPECT_EQ(rows("topic = 'sluice.rebalance.events.v1' AND key = 'reb-1' AND generation = 1"), 1);
  EXPECT_EQ(rows("topic = 'sluice.dp.local.plans.v1'"), 0) << "nobody has approved it";
  ASSERT_TRUE(world->store.Commit(NewOne("reb-2", "pkc-2")).ok());
  EXPECT_EQ(rows("topic = 'sluice.dp.local.plans.v1' AND key = 'pkc-2' AND compacted AND payload IS NOT NULL"), 1);
  ASSERT_TRUE(world->store.Commit(EndOf(**world->store.Find("reb-2"), RebalanceStage::kDone, kNow)).ok());
  EXPECT_EQ(rows("topic = 'sluice.dp.local.plans.v1' AND key = 'pkc-2' AND payload IS NULL"), 1);
  // What is refused says nothing.
  const int before = rows("true");
  ASSERT_FALSE(world->store.Commit(NewOne("reb-3", "pkc-1")).ok());
  EXPECT_EQ(rows("true"), before);
}

}  // namespace
}  // namespace sluice::balancer_planner
