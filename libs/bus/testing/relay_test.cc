#include "libs/bus/outbox/relay.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "libs/base/error.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/testing/bus_environment.h"
#include "libs/failpoint/failpoint.h"

namespace sluice::bus {
namespace {

constexpr char kProcess[] = "libs/bus/testing/bus_process";

class RelayTest : public ::testing::Test {
 protected:
  static BusServers& servers() { return BusServers::Get(); }

  static std::unique_ptr<testing::ChildProcess> RelayProcess(const postgres::ConnectOptions& database,
                                                             const std::string& failpoints = "") {
    auto process =
        testing::ChildProcess::Start({.argv = {kProcess, "relay", std::to_string(database.port), database.dbname,
                                               database.password_file, servers().kafka().bootstrap_servers()},
                                      .environment = {"SLUICE_FAILPOINTS=" + failpoints}});
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }

  // payload → how often, and that each key's generations never fall when resends are left out.
  static std::map<std::string, int> CountPayloads(const std::vector<kafka_client::ConsumerRecord>& records) {
    std::map<std::string, int> counts;
    std::map<std::string, std::int64_t> highest;
    for (const auto& record : records) {
      const auto event = DecodeCloudEvent(record);
      EXPECT_TRUE(event.ok()) << event.status();
      if (++counts[*record.value] > 1) continue;
      EXPECT_GT(event->generation, highest[event->key]) << event->key;
      highest[event->key] = event->generation;
    }
    return counts;
  }

  static std::int64_t Epoch(Speaker& speaker) {
    return *speaker.pool().Query<std::int64_t>({}, [](pqxx::transaction_base& tx) -> absl::StatusOr<std::int64_t> {
      return tx.exec1("SELECT epoch FROM bus_relay_lease")[0].as<std::int64_t>();
    });
  }
};

TEST_F(RelayTest, SaysACommittedRowAtOnceAndNothingOfARollback) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic();
  speaker.StartRelay();
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "a", 1), TestMessage(topic, "b", 1)}).ok());
  const absl::Status rolled_back = speaker.pool().InTransaction([&](pqxx::transaction_base& transaction) {
    EXPECT_TRUE(speaker.outbox().Append(transaction, std::vector{TestMessage(topic, "c", 1)}).ok());
    return absl::AbortedError("no");
  });
  EXPECT_FALSE(rolled_back.ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  const auto records = ReadAll(topic);
  ASSERT_EQ(records.size(), 2u);
  const auto event = DecodeCloudEvent(records[0]);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->key, "a");
  EXPECT_EQ(event->source, kTestSource);
  EXPECT_EQ(event->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_F(RelayTest, EightWritersWithOutOfOrderCommitsLoseNothing) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic(3);
  speaker.StartRelay();
  constexpr int kWriters = 8, kEach = 250;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      clock::SeededRandom random(static_cast<std::uint64_t>(w) + 1);
      for (int i = 1; i <= kEach; ++i) {
        const absl::Status status =
            speaker.pool().InTransaction({.timeout = absl::Seconds(60)}, [&](pqxx::transaction_base& transaction) {
              const auto messages = std::vector{TestMessage(topic, "w" + std::to_string(w), i)};
              if (absl::Status appended = speaker.outbox().Append(transaction, messages); !appended.ok()) {
                return appended;
              }
              // Ids are given out now, commits come in another order.
              transaction.exec_params("SELECT pg_sleep($1)", static_cast<double>(random.Below(8)) / 1000);
              return absl::OkStatus();
            });
        EXPECT_TRUE(status.ok()) << status;
        speaker.outbox().Committed();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  EXPECT_EQ(CountPayloads(ReadAll(topic)).size(), static_cast<std::size_t>(kWriters * kEach));
}

TEST_F(RelayTest, BatchesOfAnySizeAndLargeDocumentsKeepTheOrder) {
  for (const int batch : {1, 7, 1000}) {
    Speaker speaker(servers().NewDatabase(), servers().Connection(), {}, {.batch_rows = batch});
    const std::string topic = servers().NewTopic();
    std::vector<OutboxMessage> messages;
    for (int i = 1; i <= 60; ++i) messages.push_back(TestMessage(topic, "k" + std::to_string(i % 3), i));
    for (int i = 0; i < 40; ++i) {
      messages.push_back(TestMessage(topic, "large", i + 1));
      *messages.back().payload += std::string(400 * 1024, 'x');
    }
    ASSERT_TRUE(speaker.Say(messages).ok());
    speaker.StartRelay();
    ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
    EXPECT_EQ(CountPayloads(ReadAll(topic)).size(), messages.size());
  }
}

TEST_F(RelayTest, KilledAtEachStepNothingIsLostAndIdsStay) {
  for (const std::string point : {"after_lease", "after_read", "after_send", "after_delivery", "after_delete"}) {
    SCOPED_TRACE(point);
    Speaker speaker(servers().NewDatabase(), servers().Connection());
    const std::string topic = servers().NewTopic();
    std::vector<OutboxMessage> messages;
    for (int i = 1; i <= 20; ++i) messages.push_back(TestMessage(topic, "k", i, /*compacted=*/true));
    ASSERT_TRUE(speaker.Say(messages).ok());
    auto victim = RelayProcess(speaker.pool().connect_options(), "bus.relay." + point + "=kill");
    const auto end = victim->WaitForExit(absl::Seconds(120));
    ASSERT_TRUE(end.has_value());
    ASSERT_TRUE(WIFSIGNALED(*end) && WTERMSIG(*end) == SIGKILL);
    speaker.StartRelay();
    ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
    const auto records = ReadAll(topic);
    EXPECT_EQ(CountPayloads(records).size(), 20u);
    std::map<std::string, std::set<std::string>> ids;
    for (const auto& record : records) ids[*record.value].insert(HeaderOf(record, "ce_id"));
    for (const auto& [payload, of] : ids) EXPECT_EQ(of.size(), 1u) << payload;
    EXPECT_EQ(*records.back().value, "k@20");
  }
}

TEST_F(RelayTest, TheFailPointsOfTheTestAboveAreAllThereAre) {
  std::set<std::string> relay;
  for (const std::string& name : failpoint::List()) {
    if (name.rfind("bus.relay.", 0) == 0) relay.insert(name);
  }
  EXPECT_EQ(relay, (std::set<std::string>{"bus.relay.after_delete", "bus.relay.after_delivery", "bus.relay.after_lease",
                                          "bus.relay.after_read", "bus.relay.after_send"}));
}

// Row 4 of the faults. The relay is stopped where it has read rows but not sent them, and where it has sent them.
TEST_F(RelayTest, APausedRelayDoesNotLeaveAnOldValueBehind) {
  for (const std::string point : {"after_read", "after_send"}) {
    SCOPED_TRACE(point);
    Speaker speaker(servers().NewDatabase(), servers().Connection());
    const std::string topic = servers().NewTopic(1, /*compacted=*/true);
    const std::string go = testing::NewTempFolder("sluice-pause") + "/go";
    ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 1, true)}).ok());
    auto paused = RelayProcess(speaker.pool().connect_options(), "bus.relay." + point + "=pause:" + go);
    ASSERT_TRUE(Eventually([&] { return access((go + ".reached").c_str(), F_OK) == 0; }));
    const std::int64_t epoch = Epoch(speaker);
    paused->Signal(SIGSTOP);
    std::ofstream(go) << "go";
    speaker.StartRelay();
    for (int generation = 2; generation <= 5; ++generation) {
      ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", generation, true)}).ok());
    }
    ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
    EXPECT_GT(Epoch(speaker), epoch);
    const std::int64_t held = Epoch(speaker);
    paused->Signal(SIGCONT);
    // The paused one finds that it has lost the lease; until then it may have sent what it had.
    ASSERT_TRUE(Eventually([&] { return !ReadAll(topic).empty() && *ReadAll(topic).back().value == "k@5"; }));
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kTestLease + absl::Seconds(2)));
    const auto records = ReadAll(topic);
    EXPECT_EQ(*records.back().value, "k@5");
    EXPECT_EQ(Epoch(speaker), held) << "the woken one must not take the lease back from a healthy holder";
    EXPECT_TRUE(paused->Running());
  }
}

// The same with records in its queue: it could not reach Kafka until it was stopped, and can when it wakes.
TEST_F(RelayTest, WhatAPausedRelayHasQueuedDiesOrIsSaidAgain) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic(1, /*compacted=*/true);
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 1, true)}).ok());
  const std::string go = testing::NewTempFolder("sluice-pause") + "/go";
  servers().kafka().Pause();
  auto paused = RelayProcess(speaker.pool().connect_options(), "bus.relay.after_send=pause:" + go);
  ASSERT_TRUE(Eventually([&] { return access((go + ".reached").c_str(), F_OK) == 0; }));
  paused->Signal(SIGSTOP);
  std::ofstream(go) << "go";
  servers().kafka().Resume();
  speaker.StartRelay();
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 2, true), TestMessage(topic, "k", 3, true)}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  const std::int64_t held = Epoch(speaker);
  paused->Signal(SIGCONT);
  std::this_thread::sleep_for(absl::ToChronoMilliseconds(kTestLease + absl::Seconds(2)));
  EXPECT_TRUE(Eventually([&] { return *ReadAll(topic).back().value == "k@3"; }));
  EXPECT_EQ(Epoch(speaker), held);
  EXPECT_TRUE(paused->Running());
}

TEST_F(RelayTest, AKilledRelayIsReplacedAtOnceAndAStoppedOneCleanly) {
  Speaker speaker(servers().NewDatabase(), servers().Connection(), {},
                  {.lease = absl::Seconds(60), .message_timeout = absl::Seconds(5)});
  const std::string topic = servers().NewTopic();
  auto victim = RelayProcess(speaker.pool().connect_options());
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 1)}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  victim->Kill();
  const absl::Duration begun = clock::RealClock().MonotonicNow();
  speaker.StartRelay();
  ASSERT_TRUE(Eventually([&] { return speaker.relay()->holds_lease(); }));
  EXPECT_LT(clock::RealClock().MonotonicNow() - begun, absl::Seconds(50))
      << "its session is gone: no wait for the lease";
  const std::int64_t epoch = speaker.relay()->epoch();
  ASSERT_TRUE(speaker.StopRelay().ok());
  speaker.StartRelay();
  ASSERT_TRUE(Eventually([&] { return speaker.relay()->holds_lease(); }));
  EXPECT_EQ(speaker.relay()->epoch(), epoch + 1);
}

TEST_F(RelayTest, ATopicThatFailsHoldsUpNoOther) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic();
  speaker.StartRelay();
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(speaker.Say({TestMessage("sluice.missing.events.v1", "k", i)}).ok());
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", i)}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 50; }));
  EXPECT_EQ(CountPayloads(ReadAll(topic)).size(), 50u);
  ASSERT_TRUE(servers().kafka().CreateTopic("sluice.missing.events.v1").ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  EXPECT_EQ(CountPayloads(ReadAll("sluice.missing.events.v1")).size(), 50u);
}

TEST_F(RelayTest, WithoutKafkaTheBacklogIsBoundedAndDrainsInOrder) {
  Speaker speaker(servers().NewDatabase(), servers().Connection(), {.rows_per_topic = 300, .rows = 1000});
  const std::string topic = servers().NewTopic();
  speaker.StartRelay();
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 1)}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  servers().kafka().Stop();
  int generation = 1;
  absl::Status refused;
  ASSERT_TRUE(Eventually([&] {
    refused = speaker.Say({TestMessage(topic, "k", generation + 1)});
    if (refused.ok()) ++generation;
    return !refused.ok();
  }));
  EXPECT_EQ(ErrorReason(refused), "BUS_BACKLOG") << refused;
  EXPECT_LE(speaker.OutboxRows(), 300);
  ASSERT_TRUE(servers().kafka().StartAgain().ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  EXPECT_EQ(CountPayloads(ReadAll(topic)).size(), static_cast<std::size_t>(generation));
  ASSERT_TRUE(Eventually([&] { return speaker.Say({TestMessage(topic, "k", generation + 1)}).ok(); }));
}

TEST_F(RelayTest, AProducerThatDiedForWantOfRightsIsReplaced) {
  const auto kafka = testing::KafkaFixture::Start({.tls = true, .authorizer = true});
  ASSERT_TRUE(kafka.ok()) << kafka.status();
  ASSERT_TRUE((*kafka)->CreateTopic("sluice.rights.events.v1").ok());
  Speaker speaker(servers().NewDatabase(), *(*kafka)->ConnectionFor("speaker"));
  speaker.StartRelay();
  ASSERT_TRUE(speaker.Say({TestMessage("sluice.rights.events.v1", "k", 1)}).ok());
  const auto deaths = [&] {
    return speaker.registry()
        .CounterOf("sluice_bus_send_failures_total", "Messages that Kafka did not take; they are sent again",
                   {{"reason", "KAFKA_FATAL"}})
        .Value();
  };
  ASSERT_TRUE(Eventually([&] { return deaths() >= 2; })) << speaker.registry().Render();
  ASSERT_TRUE((*kafka)->AllowTopic("speaker", "sluice.", /*prefixed=*/true, "All").ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; })) << speaker.registry().Render();
  EXPECT_TRUE(speaker.StopRelay().ok());
}

TEST_F(RelayTest, PostgresGoesAndComesBack) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic();
  speaker.StartRelay();
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "k", 1)}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  servers().postgres().Crash();
  const absl::Status away = speaker.Say({TestMessage(topic, "k", 2)});
  EXPECT_EQ(away.code(), absl::StatusCode::kUnavailable) << away;
  std::this_thread::sleep_for(absl::ToChronoMilliseconds(kTestLease + absl::Seconds(1)));
  ASSERT_TRUE(servers().postgres().StartAgain().ok());
  ASSERT_TRUE(Eventually([&] { return speaker.Say({TestMessage(topic, "k", 3)}).ok(); }));
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  const auto counts = CountPayloads(ReadAll(topic));
  EXPECT_TRUE(counts.contains("k@1") && counts.contains("k@3"));
}

TEST_F(RelayTest, TombstonesGoOutAndTheLatestIsKeptForEachKey) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic(1, true);
  speaker.StartRelay();
  OutboxMessage tombstone = TestMessage(topic, "gone", 2, true);
  tombstone.payload.reset();
  ASSERT_TRUE(speaker.Say({TestMessage(topic, "gone", 1, true), TestMessage(topic, "here", 7, true), tombstone}).ok());
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  const auto records = ReadAll(topic);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_FALSE(records.back().value.has_value());
  const std::string latest =
      *speaker.pool().Query<std::string>({}, [](pqxx::transaction_base& tx) -> absl::StatusOr<std::string> {
        return tx
            .exec1("SELECT string_agg(key || generation || (payload IS NULL), ' ' ORDER BY key) FROM bus_latest")[0]
            .as<std::string>();
      });
  EXPECT_EQ(latest, "gone2true here7false");
}

}  // namespace
}  // namespace sluice::bus
