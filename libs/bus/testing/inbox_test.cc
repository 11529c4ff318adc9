#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <set>

#include "libs/base/error.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/inbox/inbox_consumer.h"
#include "libs/bus/inbox/parked_records.h"
#include "libs/bus/testing/bus_environment.h"
#include "libs/bus/testing/effect_handler.h"
#include "libs/failpoint/failpoint.h"
#include "libs/kafka_client/producer.h"

namespace sluice::bus {
namespace {

constexpr char kProcess[] = "libs/bus/testing/bus_process";
constexpr char kConsumer[] = "tester.said";

// An inbox consumer on a thread of its own.
class Listening {
 public:
  Listening(postgres::Pool& pool, const std::string& topic, EventHandler& handler, int batch = 50,
            int max_parked = 100'000)
      : inbox_({.kafka = BusServers::Get().Connection(),
                .consumer = kConsumer,
                .topics = {topic},
                .batch_records = batch,
                .retry_waits = {absl::Milliseconds(100), absl::Milliseconds(200)},
                .session_timeout = absl::Seconds(6),
                .max_parked_records = max_parked},
               {clock::RealClock(), clock::CryptoRandom(), registry_, pool}, handler),
        thread_([this] { result_ = inbox_.Run(stop_); }) {}
  ~Listening() {
    stop_.Stop();
    thread_.join();
    EXPECT_TRUE(result_.ok()) << result_;
  }
  std::string Metrics() const { return registry_.Render(); }

 private:
  metrics::Registry registry_;
  clock::StopSignal stop_;
  InboxConsumer inbox_;
  absl::Status result_;
  std::thread thread_;
};

class InboxTest : public ::testing::Test {
 protected:
  InboxTest()
      : database_(BusServers::Get().NewDatabase()),
        topic_(BusServers::Get().NewTopic(2)),
        pool_({.connect = database_, .size = 4}, clock::RealClock(), clock::CryptoRandom(), nullptr) {}

  struct Raw {
    OutboxMessage message;
    std::string id;
    std::vector<kafka_client::Header> headers;  // empty: the right ones
  };

  // Puts records on the topic as they are.
  void Put(const std::vector<Raw>& records) {
    int failed = 0;
    auto producer = kafka_client::Producer::Create(
        {.connection = BusServers::Get().Connection(), .message_timeout = absl::Seconds(60)},
        [&](const kafka_client::DeliveryReport& report) { failed += report.status.ok() ? 0 : 1; });
    ASSERT_TRUE(producer.ok());
    for (const Raw& raw : records) {
      const auto headers =
          raw.headers.empty() ? EncodeHeaders(raw.message, raw.id, clock::RealClock().Now()) : raw.headers;
      ASSERT_TRUE(
          (*producer)
              ->Send({.topic = topic_, .key = raw.message.key, .value = *raw.message.payload, .headers = headers}, 1)
              .ok());
    }
    ASSERT_TRUE((*producer)->Flush(absl::Seconds(90)).ok());
    ASSERT_EQ(failed, 0);
  }
  Raw Event(const std::string& key, int generation, const std::string& id = "") {
    return {TestMessage(topic_, key, generation), id.empty() ? key + "-" + std::to_string(generation) : id, {}};
  }
  Raw Poison(const std::string& key, int generation) {
    Raw raw = Event(key, generation);
    raw.message.payload = "poison";
    return raw;
  }

  // "key:g1,g2,…" in the order of their effects.
  std::string EffectsOf(const std::string& key) {
    auto text = pool_.Query<std::string>({}, [&](pqxx::transaction_base& tx) -> absl::StatusOr<std::string> {
      return tx
          .exec_params1("SELECT coalesce(string_agg(generation::text, ',' ORDER BY n), '') FROM effect WHERE key = $1",
                        key)[0]
          .as<std::string>();
    });
    return text.ok() ? *text : "?";
  }
  std::int64_t Effects(const std::string& what = "count(*)") {
    auto count = pool_.Query<std::int64_t>({}, [&](pqxx::transaction_base& tx) -> absl::StatusOr<std::int64_t> {
      return tx.exec1("SELECT " + what + " FROM effect")[0].as<std::int64_t>();
    });
    return count.ok() ? *count : -1;
  }

  const postgres::ConnectOptions database_;
  const std::string topic_;
  postgres::Pool pool_;
  EffectHandler handler_;
};

TEST_F(InboxTest, DuplicatesAndReorderingAcrossKeysHaveOneEffect) {
  std::vector<Raw> records;
  for (int i = 1; i <= 200; ++i) {
    records.push_back(Event("k" + std::to_string(i % 7), i));
    if (i % 3 == 0) records.push_back(records.back());
    if (i % 11 == 0) records.push_back(Event("k" + std::to_string((i - 7) % 7), i - 7));
  }
  Put(records);
  Listening listening(pool_, topic_, handler_);
  ASSERT_TRUE(Eventually([&] { return Effects() >= 200; }));
  // The log has been read to its end when its last record has come.
  Put({Event("last", 1)});
  ASSERT_TRUE(Eventually([&] { return EffectsOf("last") == "1"; }));
  EXPECT_EQ(Effects(), 201);
  EXPECT_EQ(Effects("count(DISTINCT ce_id)"), 201);
}

TEST_F(InboxTest, AnyBatchSizeGivesTheSameEffectsInTheOrderOfTheKey) {
  std::vector<Raw> records;
  for (int i = 1; i <= 120; ++i) records.push_back(Event("k" + std::to_string(i % 2), i));
  Put(records);
  std::string expected;
  for (int i = 2; i <= 120; i += 2) expected += (expected.empty() ? "" : ",") + std::to_string(i);
  for (const int batch : {1, 7, 500}) {
    SCOPED_TRACE(batch);
    const auto database = BusServers::Get().NewDatabase();
    postgres::Pool pool({.connect = database, .size = 2}, clock::RealClock(), clock::CryptoRandom(), nullptr);
    // Its own group, by another consumer name, would read the same; here the group's offsets are simply taken back.
    metrics::Registry registry;
    clock::StopSignal stop;
    InboxConsumer inbox({.kafka = BusServers::Get().Connection(),
                         .consumer = "tester.batch-" + std::to_string(batch),
                         .topics = {topic_},
                         .batch_records = batch},
                        {clock::RealClock(), clock::CryptoRandom(), registry, pool}, handler_);
    std::thread thread([&] { EXPECT_TRUE(inbox.Run(stop).ok()); });
    std::string got;
    EXPECT_TRUE(Eventually([&] {
      auto text = pool.Query<std::string>({}, [&](pqxx::transaction_base& tx) -> absl::StatusOr<std::string> {
        return tx
            .exec1("SELECT coalesce(string_agg(generation::text, ',' ORDER BY n), '') FROM effect WHERE key = 'k0'")[0]
            .as<std::string>();
      });
      got = text.ok() ? *text : "";
      return got == expected;
    })) << got;
    stop.Stop();
    thread.join();
  }
}

TEST_F(InboxTest, KilledAtEachStepTheEffectIsOnce) {
  int round = 0;
  for (const std::string point :
       {"after_poll", "before_commit", "after_commit", "after_offset_commit", "after_set_aside"}) {
    SCOPED_TRACE(point);
    const std::string key = "key-" + std::to_string(++round);
    std::vector<Raw> records;
    for (int i = 1; i <= 30; ++i) records.push_back(Event(key, i));
    if (point == "after_set_aside") records.push_back(Poison("poisoned", 1));
    Put(records);
    auto victim = testing::ChildProcess::Start(
        {.argv = {kProcess, "inbox", std::to_string(database_.port), database_.dbname, database_.password_file,
                  BusServers::Get().kafka().bootstrap_servers(), kConsumer, topic_},
         .environment = {"SLUICE_FAILPOINTS=bus.inbox." + point + "=kill"}});
    ASSERT_TRUE(victim.ok());
    const auto end = (*victim)->WaitForExit(absl::Seconds(120));
    ASSERT_TRUE(end.has_value() && WIFSIGNALED(*end) && WTERMSIG(*end) == SIGKILL);
    Listening listening(pool_, topic_, handler_);
    std::string expected;
    for (int i = 1; i <= 30; ++i) expected += (i == 1 ? "" : ",") + std::to_string(i);
    EXPECT_TRUE(Eventually([&] { return EffectsOf(key) == expected; })) << EffectsOf(key);
  }
  EXPECT_EQ(Effects("count(*) - count(DISTINCT ce_id)"), 0);
}

TEST_F(InboxTest, TheFailPointsOfTheTestAboveAreAllThereAre) {
  int inbox = 0;
  for (const std::string& name : failpoint::List()) inbox += name.rfind("bus.inbox.", 0) == 0 ? 1 : 0;
  EXPECT_EQ(inbox, 5);
}

TEST_F(InboxTest, PoisonParksItsKeyOnlyAndAReleaseLetsItGoOnInOrder) {
  ParkedRecords parked(pool_);
  Listening listening(pool_, topic_, handler_);
  Put({Event("sick", 1), Poison("sick", 2), Event("sick", 3), Event("well", 1), Event("well", 2)});
  ASSERT_TRUE(Eventually([&] { return EffectsOf("well") == "1,2"; }));
  ASSERT_TRUE(Eventually([&] {
    auto keys = parked.List(kConsumer, 10);
    return keys.ok() && keys->size() == 1 && keys->front().state == "PARKED" && keys->front().records == 2;
  }));
  const ParkedKey key = parked.List(kConsumer, 10)->front();
  EXPECT_EQ(key.attempts, 3);
  EXPECT_EQ(key.last_error, "poison");
  EXPECT_EQ(EffectsOf("sick"), "1");
  ASSERT_TRUE(Eventually([&] {
    return listening.Metrics().find("sluice_bus_inbox_parked_keys{consumer=\"tester.said\"} 1") != std::string::npos;
  }));
  // What comes meanwhile waits behind it, and others flow.
  Put({Event("sick", 4), Event("well", 3)});
  ASSERT_TRUE(
      Eventually([&] { return EffectsOf("well") == "1,2,3" && parked.List(kConsumer, 10)->front().records == 3; }));
  EXPECT_EQ(EffectsOf("sick"), "1");
  handler_.fail_payload = false;
  ASSERT_TRUE(parked.Release(kConsumer, topic_, "sick").ok());
  EXPECT_TRUE(Eventually([&] { return EffectsOf("sick") == "1,2,3,4"; })) << EffectsOf("sick");
  ASSERT_TRUE(Eventually([&] { return parked.List(kConsumer, 10)->empty(); }));
  Put({Event("sick", 5)});
  EXPECT_TRUE(Eventually([&] { return EffectsOf("sick") == "1,2,3,4,5"; }));
  EXPECT_EQ(ErrorReason(parked.Release(kConsumer, topic_, "sick")), "PARKED_KEY_NOT_FOUND");
}

TEST_F(InboxTest, DiscardingThePoisonLetsTheRestGo) {
  ParkedRecords parked(pool_);
  Listening listening(pool_, topic_, handler_);
  Put({Poison("sick", 1), Event("sick", 2)});
  ASSERT_TRUE(Eventually([&] {
    auto keys = parked.List(kConsumer, 10);
    return keys.ok() && keys->size() == 1 && keys->front().state == "PARKED" && keys->front().records == 2;
  }));
  ASSERT_TRUE(parked.DiscardFirst(kConsumer, topic_, "sick").ok());
  EXPECT_TRUE(Eventually([&] { return EffectsOf("sick") == "2"; })) << EffectsOf("sick");
}

TEST_F(InboxTest, UndecodableAndForgedRecordsAreSetAsideAtOnceAndTheirKeysFlow) {
  ParkedRecords parked(pool_);
  Raw old_version = Event("k", 2);
  old_version.headers = EncodeHeaders(old_version.message, "x", clock::RealClock().Now());
  for (auto& header : old_version.headers) {
    if (header.name == "ce_specversion") header.value = "0.3";
  }
  Raw naked = Event("k", 3);
  naked.headers = {{"x", "y"}};
  naked.message.payload = std::string("\0\xff garbage", 10);
  Raw forged = Event("k", 4);
  forged.message.source = "/sluice/dp/eu-1/satellite";
  Put({Event("k", 1), old_version, naked, forged, Event("k", 5)});
  Listening listening(pool_, topic_, handler_);
  ASSERT_TRUE(Eventually([&] { return EffectsOf("k") == "1,5"; })) << EffectsOf("k");
  auto rejected = parked.ListRejected(kConsumer, 10);
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  std::multiset<std::string> reasons;
  for (const RejectedRecord& record : *rejected) reasons.insert(record.reason);
  EXPECT_EQ(reasons, (std::multiset<std::string>{"FORGED_SOURCE", "UNDECODABLE_RECORD", "UNDECODABLE_RECORD"}));
  EXPECT_TRUE(parked.List(kConsumer, 10)->empty());
}

TEST_F(InboxTest, TooManyParkedRecordsStopTheReadingUntilSomeAreReleased) {
  ParkedRecords parked(pool_);
  Listening listening(pool_, topic_, handler_, /*batch=*/5, /*max_parked=*/5);
  std::vector<Raw> records = {Poison("sick", 1)};
  for (int i = 2; i <= 6; ++i) records.push_back(Event("sick", i));
  Put(records);
  ASSERT_TRUE(Eventually([&] {
    return listening.Metrics().find("sluice_bus_inbox_parked_records{consumer=\"tester.said\"} 5") != std::string::npos;
  }));
  handler_.fail_payload = false;
  ASSERT_TRUE(Eventually([&] { return parked.Release(kConsumer, topic_, "sick").ok(); }));
  EXPECT_TRUE(Eventually([&] { return EffectsOf("sick") == "1,2,3,4,5,6"; })) << EffectsOf("sick");
  Put({Event("well", 1)});
  EXPECT_TRUE(Eventually([&] { return EffectsOf("well") == "1"; }));
}

TEST_F(InboxTest, PostgresAndKafkaMayGoAndComeBack) {
  Listening listening(pool_, topic_, handler_);
  Put({Event("k", 1)});
  ASSERT_TRUE(Eventually([&] { return EffectsOf("k") == "1"; }));
  BusServers::Get().postgres().Crash();
  Put({Event("k", 2)});
  ASSERT_TRUE(BusServers::Get().postgres().StartAgain().ok());
  EXPECT_TRUE(Eventually([&] { return EffectsOf("k") == "1,2"; })) << EffectsOf("k");
  BusServers::Get().kafka().Stop();
  ASSERT_TRUE(BusServers::Get().kafka().StartAgain().ok());
  Put({Event("k", 3)});
  EXPECT_TRUE(Eventually([&] { return EffectsOf("k") == "1,2,3"; })) << EffectsOf("k");
  EXPECT_EQ(ParkedRecords(pool_).List(kConsumer, 10)->size(), 0u) << "an outage is nobody's failure";
}

TEST_F(InboxTest, OldInboxRowsArePruned) {
  ASSERT_TRUE(
      pool_
          .InTransaction([](pqxx::transaction_base& tx) {
            tx.exec(
                "INSERT INTO bus_inbox SELECT 'tester.said', '/sluice/tester', n::text, now() - interval '8 days' "
                "FROM generate_series(1, 12000) AS n");
            return absl::OkStatus();
          })
          .ok());
  Listening listening(pool_, topic_, handler_);
  Put({Event("k", 1)});
  const auto rows = [&] {
    return *pool_.Query<std::int64_t>({}, [](pqxx::transaction_base& tx) -> absl::StatusOr<std::int64_t> {
      return tx.exec1("SELECT count(*) FROM bus_inbox")[0].as<std::int64_t>();
    });
  };
  EXPECT_TRUE(Eventually([&] { return rows() == 1; })) << rows();
}

}  // namespace
}  // namespace sluice::bus
