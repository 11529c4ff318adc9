#include <gtest/gtest.h>

#include <map>

#include "libs/base/error.h"
#include "libs/clock/clock.h"
#include "libs/kafka_client/consumer.h"
#include "libs/kafka_client/producer.h"
#include "libs/testing/kafka_fixture.h"

namespace sluice::kafka_client {
namespace {

class KafkaClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = testing::KafkaFixture::Start({.tls = true, .authorizer = true});
    ASSERT_TRUE(started.ok()) << started.status();
    kafka_ = started->release();
  }
  static void TearDownTestSuite() { delete kafka_; }

  static ConnectionOptions As(const std::string& cn) { return *kafka_->ConnectionFor(cn); }

  // Sends and waits for the report.
  static DeliveryReport SendOne(const ConnectionOptions& connection, const ProducerRecord& record,
                                absl::Duration message_timeout = absl::Seconds(30)) {
    std::map<std::uint64_t, DeliveryReport> reports;
    auto producer = Producer::Create({.connection = connection, .message_timeout = message_timeout},
                                     [&](const DeliveryReport& report) { reports[report.tag] = report; });
    EXPECT_TRUE(producer.ok()) << producer.status();
    EXPECT_TRUE((*producer)->Send(record, 7).ok());
    const absl::Duration deadline = clock::RealClock().MonotonicNow() + absl::Seconds(90);
    while (!reports.contains(7) && clock::RealClock().MonotonicNow() < deadline) {
      (*producer)->Poll(absl::Milliseconds(50));
    }
    EXPECT_TRUE(reports.contains(7));
    return reports[7];
  }

  static std::optional<ConsumerRecord> ReadOne(Consumer& consumer) {
    const absl::Duration deadline = clock::RealClock().MonotonicNow() + absl::Seconds(90);
    while (clock::RealClock().MonotonicNow() < deadline) {
      auto record = consumer.Poll(absl::Milliseconds(100));
      if (record.ok() && record->has_value()) return *std::move(record);
    }
    return std::nullopt;
  }

  static testing::KafkaFixture* kafka_;
};

testing::KafkaFixture* KafkaClientTest::kafka_ = nullptr;

TEST_F(KafkaClientTest, RecordGoesThereAndBackWithHeadersAndTombstones) {
  ASSERT_TRUE(kafka_->CreateTopic("there-and-back").ok());
  const std::vector<Header> headers = {{"a", "1"}, {"a", std::string("\0x", 2)}, {"empty", ""}};
  EXPECT_TRUE(
      SendOne(As("admin"), {.topic = "there-and-back", .key = "k", .value = "v", .headers = headers}).status.ok());
  const DeliveryReport report = SendOne(As("admin"), {.topic = "there-and-back", .key = "k", .value = std::nullopt});
  EXPECT_EQ(report.offset, 1);
  EXPECT_TRUE(SendOne(As("admin"), {.topic = "there-and-back", .key = "k", .value = ""}).status.ok());

  int ends = 0;
  ConsumerOptions options{.connection = As("admin"), .group_id = "there"};
  options.on_end = [&](const TopicPartition& partition) {
    EXPECT_EQ(partition.topic, "there-and-back");
    ++ends;
  };
  auto consumer = Consumer::Create(options);
  ASSERT_TRUE(consumer.ok()) << consumer.status();
  auto partitions = (*consumer)->PartitionsOf("there-and-back", absl::Seconds(30));
  ASSERT_TRUE(partitions.ok()) << partitions.status();
  ASSERT_EQ(partitions->size(), 1u);
  ASSERT_TRUE((*consumer)->Assign({{partitions->front(), Position::kBeginning}}).ok());
  auto first = ReadOne(**consumer);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "k");
  EXPECT_EQ(first->value, "v");
  EXPECT_EQ(first->headers, headers);
  EXPECT_FALSE(ReadOne(**consumer)->value.has_value());
  EXPECT_EQ(ReadOne(**consumer)->value, "");
  const absl::Duration deadline = clock::RealClock().MonotonicNow() + absl::Seconds(60);
  while (ends == 0 && clock::RealClock().MonotonicNow() < deadline) (void)(*consumer)->Poll(absl::Milliseconds(50));
  EXPECT_GT(ends, 0);
  auto marks = (*consumer)->WatermarksOf(partitions->front(), absl::Seconds(30));
  ASSERT_TRUE(marks.ok());
  EXPECT_EQ(marks->high, 3);
}

TEST_F(KafkaClientTest, AGroupCommitsByHandAndGoesOnThere) {
  ASSERT_TRUE(kafka_->CreateTopic("by-hand").ok());
  for (const char* value : {"1", "2"}) {
    ASSERT_TRUE(SendOne(As("admin"), {.topic = "by-hand", .key = "k", .value = value}).status.ok());
  }
  int assigned = 0, revoked = 0;
  {
    auto consumer =
        Consumer::Create({.connection = As("admin"), .group_id = "by-hand"},
                         {.on_assigned = [&](const auto& p) { assigned += static_cast<int>(p.size()); },
                          .on_revoked = [&](const auto& p, bool) { revoked += static_cast<int>(p.size()); }});
    ASSERT_TRUE(consumer.ok());
    ASSERT_TRUE((*consumer)->Subscribe({"by-hand"}).ok());
    auto record = ReadOne(**consumer);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->value, "1");
    EXPECT_TRUE((*consumer)->CommitSync({{{"by-hand", 0}, 1}}).ok());
    auto committed = (*consumer)->CommittedOf({"by-hand", 0}, absl::Seconds(30));
    ASSERT_TRUE(committed.ok());
    EXPECT_EQ(*committed, 1);
  }
  EXPECT_EQ(assigned, 1);
  EXPECT_EQ(revoked, 1);
  auto next = Consumer::Create({.connection = As("admin"), .group_id = "by-hand"});
  ASSERT_TRUE((*next)->Subscribe({"by-hand"}).ok());
  EXPECT_EQ(ReadOne(**next)->value, "2");
}

TEST_F(KafkaClientTest, AcledByTheCertificatesNameWithADotAtTheEnd) {
  ASSERT_TRUE(kafka_->CreateTopic("sluice.dp.eu-1.status.v1").ok());
  ASSERT_TRUE(kafka_->CreateTopic("sluice.dp.eu-10.status.v1").ok());
  ASSERT_TRUE(kafka_->AllowTopic("satellite-eu-1", "sluice.dp.eu-1.", /*prefixed=*/true, "Write").ok());
  EXPECT_TRUE(
      SendOne(As("satellite-eu-1"), {.topic = "sluice.dp.eu-1.status.v1", .key = "k", .value = "v"}).status.ok());
  const DeliveryReport denied = SendOne(
      As("satellite-eu-1"), {.topic = "sluice.dp.eu-10.status.v1", .key = "k", .value = "v"}, absl::Seconds(10));
  EXPECT_EQ(ErrorReason(denied.status), "KAFKA_ACCESS_DENIED") << denied.status;
}

TEST_F(KafkaClientTest, UnknownTopicAndNoCertificateFail) {
  const DeliveryReport unknown =
      SendOne(As("admin"), {.topic = "not-there", .key = "k", .value = "v"}, absl::Seconds(5));
  EXPECT_FALSE(unknown.status.ok());
  EXPECT_TRUE(ErrorReason(unknown.status) == "KAFKA_UNKNOWN_TOPIC" ||
              ErrorReason(unknown.status) == "KAFKA_MESSAGE_TIMED_OUT")
      << unknown.status;
  ConnectionOptions bare = As("admin");
  bare.tls->certificate_file.clear();
  bare.tls->key_file.clear();
  bare.settings["ssl.certificate.location"] = "";
  const DeliveryReport refused = SendOne(bare, {.topic = "by-hand", .key = "k", .value = "v"}, absl::Seconds(3));
  EXPECT_EQ(ErrorReason(refused.status), "KAFKA_MESSAGE_TIMED_OUT") << refused.status;
}

TEST_F(KafkaClientTest, BadSettingIsNamed) {
  ConnectionOptions connection = As("admin");
  connection.settings["no.such.setting"] = "1";
  auto producer = Producer::Create({.connection = connection}, nullptr);
  EXPECT_EQ(ErrorReason(producer.status()), "KAFKA_CONFIG");
  EXPECT_EQ(GetErrorDetail(producer.status())->field, "no.such.setting");
}

TEST_F(KafkaClientTest, ATimeThatIsOverIsNotForEver) {
  ASSERT_TRUE(kafka_->CreateTopic("quiet").ok());
  auto consumer = Consumer::Create({.connection = As("admin"), .group_id = "quiet"}).value();
  ASSERT_TRUE(consumer->Assign({{{"quiet", 0}, Position::kBeginning}}).ok());
  ASSERT_TRUE(consumer->Pause({{"quiet", 0}}).ok());
  const auto record = consumer->Poll(absl::Milliseconds(-5));
  EXPECT_TRUE(record.ok() && !record->has_value());
  auto producer = Producer::Create({.connection = As("admin")}, nullptr).value();
  EXPECT_EQ(producer->Poll(absl::Milliseconds(-5)), 0);
  EXPECT_TRUE(producer->Flush(absl::Milliseconds(-5)).ok());
}

TEST_F(KafkaClientTest, TheQueueIsBounded) {
  ConnectionOptions nowhere;
  nowhere.bootstrap_servers = "127.0.0.1:1";
  auto producer = Producer::Create(
      {.connection = nowhere, .message_timeout = absl::Seconds(60), .max_queued_records = 100}, nullptr);
  ASSERT_TRUE(producer.ok());
  absl::Status status;
  int accepted = 0;
  while (accepted < 1000 && (status = (*producer)->Send({.topic = "t", .key = "k", .value = "v"}, 1)).ok()) ++accepted;
  EXPECT_EQ(ErrorReason(status), "KAFKA_QUEUE_FULL");
  EXPECT_LE(accepted, 101);
  (*producer)->Purge();
  EXPECT_TRUE((*producer)->Flush(absl::Seconds(30)).ok());
}

}  // namespace
}  // namespace sluice::kafka_client
