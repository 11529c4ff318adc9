// The bus's figures on real PostgreSQL (fsync on) and Kafka of its own, one JSON line each.
//   bus_bench latency RATE SECONDS     commit to committed effect, RATE events a second
//   bus_bench relay ROWS [compacted]   outbox rows to acknowledged and deleted
//   bus_bench inbox RECORDS            records to committed effects
// BUS_BENCH_PAYLOAD: bytes a payload (300).

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "bench/report/report.h"
#include "libs/bus/inbox/inbox_consumer.h"
#include "libs/bus/outbox/outbox_sql.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/testing/kafka_fixture.h"
#include "libs/testing/postgres_fixture.h"

namespace sluice::bus {
namespace {

constexpr char kTopic[] = "sluice.bench.events.v1";

int PayloadBytes() {
  const char* text = std::getenv("BUS_BENCH_PAYLOAD");
  return text == nullptr ? 300 : std::atoi(text);
}

OutboxMessage Message(std::int64_t number, bool compacted) {
  return {.topic = kTopic,
          .key = "lkc-" + std::to_string(number % 1000),
          .type = "sluice.bench.v1.Happened",
          .source = "/sluice/bench",
          .payload = std::string(static_cast<std::size_t>(PayloadBytes()), 'x'),
          .generation = number,
          .compacted = compacted};
}

// One multi-row statement for a batch, and for each event when its effect is committed.
class TimingHandler final : public EventHandler {
 public:
  absl::Status Handle(pqxx::transaction_base& transaction, const ReceivedEvent& event) override {
    return HandleBatch(transaction, std::span(&event, 1));
  }

  absl::Status HandleBatch(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events) override {
    std::string keys, generations;
    for (const ReceivedEvent& event : events) {
      (keys += keys.empty() ? "{" : ",") += event.key;
      (generations += generations.empty() ? "{" : ",") += std::to_string(event.generation);
      pending_.push_back(event.time);
    }
    transaction.exec_params("INSERT INTO effect (key, generation) SELECT * FROM unnest($1::text[], $2::bigint[])",
                            keys + "}", generations + "}");
    return absl::OkStatus();
  }

  void Committed() override {
    const absl::Time now = absl::Now();
    for (const absl::Time time : pending_) latencies_ms.push_back(absl::ToDoubleMilliseconds(now - time));
    count.fetch_add(static_cast<std::int64_t>(pending_.size()));
    pending_.clear();
  }

  std::vector<double> latencies_ms;
  std::atomic<std::int64_t> count{0};

 private:
  std::vector<absl::Time> pending_;
};

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(value);
}

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

class Bench {
 public:
  Bench()
      : server_(Must(testing::PostgresFixture::Start({.fsync = true}))),
        kafka_(Must(testing::KafkaFixture::Start({.heap_mib = 256}))),
        database_(Must(server_->CreateDatabase("bench"))),
        pool_({.connect = database_, .size = 8, .prepared = {{"say", OutboxInsertSql(1)}}}, clock::RealClock(),
              clock::CryptoRandom(), nullptr),
        backlog_({.rows_per_topic = 10'000'000, .rows = 10'000'000}),
        wakeup_(database_, clock::CryptoRandom()),
        ids_(clock::RealClock(), clock::CryptoRandom()) {
    Must(postgres::Migrate(database_, "bus", BusMigrations()));
    Must(postgres::Migrate(database_, "bench", {{1, "effect", "CREATE TABLE effect (key text, generation bigint)"}}));
  }

  void CreateTopic(int partitions) { Must(kafka_->CreateTopic(kTopic, partitions)); }

  void StartRelay() {
    relay_ = std::make_unique<Relay>(
        RelayOptions{.database = database_, .kafka = Must(kafka_->ConnectionFor()), .holder = "bench"},
        RelayPorts{clock::RealClock(), clock::CryptoRandom(), registry_, backlog_, wakeup_});
    threads_.emplace_back([this] { Must(relay_->Run(stop_)); });
  }

  void StartInbox() {
    inbox_pool_ = std::make_unique<postgres::Pool>(postgres::PoolOptions{.connect = database_, .size = 2},
                                                   clock::RealClock(), clock::CryptoRandom(), nullptr);
    inbox_ = std::make_unique<InboxConsumer>(
        InboxOptions{.kafka = Must(kafka_->ConnectionFor()), .consumer = "bench", .topics = {kTopic}},
        InboxPorts{clock::RealClock(), clock::CryptoRandom(), registry_, *inbox_pool_}, handler_);
    threads_.emplace_back([this] { Must(inbox_->Run(stop_)); });
  }

  // In one autocommitted statement, as a create does it.
  void Say(const std::vector<OutboxMessage>& messages) {
    const auto rows = Must(OutboxParameters(messages, ids_));
    Must(pool_.InTransaction({.timeout = absl::Seconds(60), .single_statement = true},
                             [&](pqxx::transaction_base& transaction) {
                               transaction.exec_prepared("say", pqxx::prepare::make_dynamic_params(rows));
                               return absl::OkStatus();
                             }));
    wakeup_.Committed();
  }

  void Fill(std::int64_t rows, bool compacted) {
    for (std::int64_t next = 0; next < rows;) {
      std::vector<OutboxMessage> messages;
      for (int i = 0; i < 1000 && next < rows; ++i) messages.push_back(Message(++next, compacted));
      Say(messages);
    }
  }

  std::int64_t OutboxRows() {
    return Must(pool_.Query<std::int64_t>({.timeout = absl::Seconds(30)},
                                          [](pqxx::transaction_base& tx) -> absl::StatusOr<std::int64_t> {
                                            return tx.exec1("SELECT count(*) FROM bus_outbox")[0].as<std::int64_t>();
                                          }));
  }

  // Published so far, from the relay's own counter: asking the database would take its time from it.
  std::int64_t Published() {
    return static_cast<std::int64_t>(
        registry_.CounterOf("sluice_bus_published_total", "Messages that Kafka has acknowledged").Value());
  }

  void Stop() {
    stop_.Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  TimingHandler& handler() { return handler_; }

 private:
  std::unique_ptr<testing::PostgresFixture> server_;
  std::unique_ptr<testing::KafkaFixture> kafka_;
  const postgres::ConnectOptions database_;
  postgres::Pool pool_;
  metrics::Registry registry_;
  Backlog backlog_;
  RelayWakeup wakeup_;
  clock::RandomIdSource ids_;
  TimingHandler handler_;
  clock::StopSignal stop_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<postgres::Pool> inbox_pool_;
  std::unique_ptr<InboxConsumer> inbox_;
  std::vector<std::thread> threads_;
};

void WaitFor(const std::function<bool()>& done) {
  while (!done()) std::this_thread::sleep_for(std::chrono::microseconds(500));
}

void Print(nlohmann::json figure) {
  figure["payload_bytes"] = PayloadBytes();
  bench::Print(std::move(figure));
}

// Two writers that keep to a fixed timetable: a late commit does not slow the next (no coordinated omission).
int Latency(int rate, int seconds) {
  Bench bench;
  bench.CreateTopic(1);
  bench.StartRelay();
  bench.StartInbox();
  constexpr int kWarm = 200;
  for (int i = 1; i <= kWarm; ++i) bench.Say({Message(i, false)});
  WaitFor([&] { return bench.handler().count >= kWarm; });
  const std::int64_t events = static_cast<std::int64_t>(rate) * seconds;
  std::atomic<std::int64_t> next{0};
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (std::int64_t n = next++; n < events; n = next++) {
        std::this_thread::sleep_until(begun + std::chrono::nanoseconds(n * 1'000'000'000 / rate));
        bench.Say({Message(kWarm + n + 1, false)});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  WaitFor([&] { return bench.handler().count >= kWarm + events; });
  bench.Stop();
  std::vector<double> latencies(bench.handler().latencies_ms.begin() + kWarm, bench.handler().latencies_ms.end());
  Print({{"bench", "commit_to_effect"},
         {"rate_asked", rate},
         {"rate_reached", static_cast<double>(events) / took},
         {"events", events},
         {"p50_ms", bench::Quantile(latencies, 0.5)},
         {"p99_ms", bench::Quantile(latencies, 0.99)},
         {"max_ms", bench::Quantile(latencies, 1)}});
  return 0;
}

int RelayDrain(std::int64_t rows, bool compacted) {
  Bench bench;
  bench.CreateTopic(3);
  bench.Fill(rows, compacted);
  bench.StartRelay();
  // From the first batch on: connecting and the producer's id are not what is measured.
  WaitFor([&] { return bench.Published() > 0; });
  const std::int64_t first = bench.Published();
  const auto begun = std::chrono::steady_clock::now();
  WaitFor([&] { return bench.Published() >= rows; });
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const bool empty = bench.OutboxRows() == 0;
  bench.Stop();
  Print({{"bench", "relay_drain"},
         {"rows", rows},
         {"compacted", compacted},
         {"seconds", took},
         {"rows_per_second", static_cast<double>(rows - first) / took},
         {"outbox_empty", empty}});
  return empty ? 0 : 1;
}

int InboxDrain(std::int64_t records) {
  Bench bench;
  bench.CreateTopic(3);
  bench.Fill(records, false);
  bench.StartRelay();
  WaitFor([&] { return bench.Published() >= records; });
  bench.StartInbox();
  // From the first effect on: joining the group is not what is measured.
  WaitFor([&] { return bench.handler().count > 0; });
  const std::int64_t first = bench.handler().count;
  const auto begun = std::chrono::steady_clock::now();
  WaitFor([&] { return bench.handler().count >= records; });
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  bench.Stop();
  Print({{"bench", "inbox_drain"},
         {"records", records},
         {"seconds", took},
         {"records_per_second", static_cast<double>(records - first) / took}});
  return 0;
}

}  // namespace
}  // namespace sluice::bus

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "latency" && argc == 4) return sluice::bus::Latency(std::atoi(argv[2]), std::atoi(argv[3]));
  if (what == "relay" && argc >= 3) return sluice::bus::RelayDrain(std::atoll(argv[2]), argc > 3);
  if (what == "inbox" && argc == 3) return sluice::bus::InboxDrain(std::atoll(argv[2]));
  std::fprintf(stderr, "usage: bus_bench latency RATE SECONDS | relay ROWS [compacted] | inbox RECORDS\n");
  return 2;
}
