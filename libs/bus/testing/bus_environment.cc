#include "libs/bus/testing/bus_environment.h"

#include <gtest/gtest.h>

#include <map>

#include "libs/bus/schema/bus_migrations.h"
#include "libs/postgres/migrations.h"

namespace sluice::bus {
namespace {

std::unique_ptr<BusServers>& Servers() {
  static std::unique_ptr<BusServers> servers;
  return servers;
}

class ShutdownAtTheEnd final : public ::testing::Environment {
 public:
  void TearDown() override { BusServers::Shutdown(); }
};
const auto* const kShutdown = ::testing::AddGlobalTestEnvironment(new ShutdownAtTheEnd);

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

void Must(const absl::Status& status) {
  if (status.ok()) return;
  ADD_FAILURE() << status;
  std::abort();
}

}  // namespace

BusServers& BusServers::Get() {
  if (Servers() == nullptr) {
    Servers() = std::make_unique<BusServers>();
    Servers()->postgres_ = Must(testing::PostgresFixture::Start());
    Servers()->kafka_ = Must(testing::KafkaFixture::Start());
  }
  return *Servers();
}

void BusServers::Shutdown() { Servers().reset(); }

postgres::ConnectOptions BusServers::NewDatabase() {
  const auto options = Must(postgres_->CreateDatabase("bus_" + std::to_string(++made_)));
  Must(postgres::Migrate(options, "bus", BusMigrations()));
  Must(postgres::Migrate(
      options, "tester",
      {{1, "effects",
        "CREATE TABLE effect (n bigint GENERATED ALWAYS AS IDENTITY, topic text, key text, generation "
        "bigint, ce_id text)"}}));
  return options;
}

std::string BusServers::NewTopic(int partitions, bool compacted) {
  const std::string name = "sluice.test-" + std::to_string(++made_) + ".events.v1";
  Must(kafka_->CreateTopic(name, partitions,
                           compacted ? std::map<std::string, std::string>{{"cleanup.policy", "compact"}}
                                     : std::map<std::string, std::string>{}));
  return name;
}

Speaker::Speaker(postgres::ConnectOptions database, kafka_client::ConnectionOptions kafka, BacklogLimits limits,
                 RelayOptions options)
    : database_(std::move(database)),
      pool_({.connect = database_, .size = 16}, clock::RealClock(), clock::CryptoRandom(), nullptr),
      backlog_(limits),
      wakeup_(database_, clock::CryptoRandom()),
      ids_(clock::RealClock(), clock::CryptoRandom()),
      outbox_(backlog_, wakeup_, ids_),
      options_(std::move(options)) {
  options_.database = database_;
  options_.kafka = std::move(kafka);
  options_.holder = "test";
  if (options_.lease == RelayOptions().lease) {
    options_.lease = kTestLease;
    options_.message_timeout = kTestMessageTimeout;
  }
}

Speaker::~Speaker() {
  if (relay_ == nullptr) return;
  const absl::Status stopped = StopRelay();
  EXPECT_TRUE(stopped.ok()) << stopped;
}

void Speaker::StartRelay() {
  stop_ = std::make_unique<clock::StopSignal>();
  relay_ = std::make_unique<Relay>(options_,
                                   RelayPorts{clock::RealClock(), clock::CryptoRandom(), registry_, backlog_, wakeup_});
  thread_ = std::thread([this] { result_ = relay_->Run(*stop_); });
}

absl::Status Speaker::StopRelay() {
  stop_->Stop();
  thread_.join();
  relay_.reset();
  return result_;
}

absl::Status Speaker::Say(std::vector<OutboxMessage> messages) {
  absl::Status status = pool_.InTransaction({.timeout = absl::Seconds(30)}, [&](pqxx::transaction_base& transaction) {
    return outbox_.Append(transaction, messages);
  });
  if (status.ok()) outbox_.Committed();
  return status;
}

std::int64_t Speaker::OutboxRows() {
  auto rows = pool_.Query<std::int64_t>({}, [](pqxx::transaction_base& transaction) -> absl::StatusOr<std::int64_t> {
    return transaction.exec1("SELECT count(*) FROM bus_outbox")[0].as<std::int64_t>();
  });
  return rows.ok() ? *rows : -1;
}

OutboxMessage TestMessage(const std::string& topic, const std::string& key, std::int64_t generation, bool compacted) {
  return {.topic = topic,
          .key = key,
          .type = "sluice.test.v1.Said",
          .source = kTestSource,
          .payload = key + "@" + std::to_string(generation),
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .generation = generation,
          .compacted = compacted};
}

std::vector<kafka_client::ConsumerRecord> ReadAll(const std::string& topic) {
  std::map<std::int32_t, bool> ended;
  kafka_client::ConsumerOptions options{.connection = BusServers::Get().Connection(), .group_id = "read-all"};
  options.on_end = [&](const kafka_client::TopicPartition& partition) { ended[partition.partition] = true; };
  auto consumer = Must(kafka_client::Consumer::Create(options));
  std::vector<kafka_client::Position> positions;
  for (const auto& partition : Must(consumer->PartitionsOf(topic, absl::Seconds(60)))) {
    positions.push_back({partition, kafka_client::Position::kBeginning});
  }
  Must(consumer->Assign(positions));
  std::vector<kafka_client::ConsumerRecord> records;
  Eventually([&] {
    auto record = consumer->Poll(absl::Milliseconds(100));
    while (record.ok() && record->has_value()) {
      records.push_back(**std::move(record));
      record = consumer->Poll(absl::ZeroDuration());
    }
    return ended.size() == positions.size();
  });
  EXPECT_EQ(ended.size(), positions.size());
  return records;
}

std::string HeaderOf(const kafka_client::ConsumerRecord& record, const std::string& name) {
  for (const kafka_client::Header& header : record.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

bool Eventually(const std::function<bool()>& done, absl::Duration timeout) {
  const absl::Duration deadline = clock::RealClock().MonotonicNow() + timeout;
  while (!done()) {
    if (clock::RealClock().MonotonicNow() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace sluice::bus
