#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/bus/event.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/outbox/relay_wakeup.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/kafka_client/consumer.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "libs/testing/kafka_fixture.h"
#include "libs/testing/postgres_fixture.h"

namespace sluice::bus {

// Scaled for tests: a lease is over in three seconds.
inline constexpr absl::Duration kTestLease = absl::Seconds(3);
inline constexpr absl::Duration kTestMessageTimeout = absl::Milliseconds(1400);
inline constexpr char kTestSource[] = "/sluice/tester";

// A PostgreSQL and a Kafka for one test binary, started at the first use.
class BusServers {
 public:
  static BusServers& Get();
  static void Shutdown();

  testing::PostgresFixture& postgres() { return *postgres_; }
  testing::KafkaFixture& kafka() { return *kafka_; }
  kafka_client::ConnectionOptions Connection() { return *kafka_->ConnectionFor(); }
  // A new database with the bus's tables, and one for effects.
  postgres::ConnectOptions NewDatabase();
  // A new topic name; it is made with `partitions`.
  std::string NewTopic(int partitions = 1, bool compacted = false);

 private:
  std::unique_ptr<testing::PostgresFixture> postgres_;
  std::unique_ptr<testing::KafkaFixture> kafka_;
  int made_ = 0;
};

// What a service's process has for speaking: an outbox and a relay on a thread of its own.
class Speaker {
 public:
  Speaker(postgres::ConnectOptions database, kafka_client::ConnectionOptions kafka, BacklogLimits limits = {},
          RelayOptions options = {});
  ~Speaker();

  void StartRelay();
  // Stops it as a service does.
  absl::Status StopRelay();

  // One transaction with `messages`.
  absl::Status Say(std::vector<OutboxMessage> messages);
  std::int64_t OutboxRows();

  postgres::Pool& pool() { return pool_; }
  PgOutbox& outbox() { return outbox_; }
  Relay* relay() { return relay_.get(); }
  metrics::Registry& registry() { return registry_; }

 private:
  metrics::Registry registry_;
  const postgres::ConnectOptions database_;
  postgres::Pool pool_;
  Backlog backlog_;
  RelayWakeup wakeup_;
  clock::RandomIdSource ids_;
  PgOutbox outbox_;
  RelayOptions options_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<clock::StopSignal> stop_;
  std::thread thread_;
  absl::Status result_;
};

OutboxMessage TestMessage(const std::string& topic, const std::string& key, std::int64_t generation,
                          bool compacted = false);

// All records of a topic from the beginning to its present end.
std::vector<kafka_client::ConsumerRecord> ReadAll(const std::string& topic);
std::string HeaderOf(const kafka_client::ConsumerRecord& record, const std::string& name);

// Until `done` says so; false after `timeout`.
bool Eventually(const std::function<bool()>& done, absl::Duration timeout = absl::Seconds(120));

}  // namespace sluice::bus
