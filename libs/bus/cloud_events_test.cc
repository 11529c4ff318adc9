#include "libs/bus/cloud_events.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "libs/base/error.h"

namespace sluice::bus {
namespace {

constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

OutboxMessage Message() {
  return {.topic = "sluice.dp.eu-1.desired.v1",
          .key = "pkc-1/lkc-2",
          .type = "sluice.provisioner.v1.DesiredDocument",
          .source = "/sluice/provisioner",
          .payload = std::string("\x08\x01\0x", 4),
          .traceparent = kTrace,
          .generation = 7,
          .compacted = true};
}

kafka_client::ConsumerRecord RecordOf(const OutboxMessage& message) {
  kafka_client::ConsumerRecord record;
  record.topic = message.topic;
  record.partition = 3;
  record.offset = 42;
  record.key = message.key;
  record.value = message.payload;
  record.headers = EncodeHeaders(message, "0197-id", absl::FromUnixMicros(1'750'000'000'123'456));
  return record;
}

void Set(kafka_client::ConsumerRecord& record, const std::string& name, const std::string& value) {
  for (auto& header : record.headers) {
    if (header.name == name) header.value = value;
  }
}
void Remove(kafka_client::ConsumerRecord& record, const std::string& name) {
  std::erase_if(record.headers, [&](const auto& header) { return header.name == name; });
}

TEST(CloudEventsTest, GoldenHeaders) {
  const auto headers = EncodeHeaders(Message(), "0197-id", absl::FromUnixMicros(1'750'000'000'123'456));
  const std::vector<kafka_client::Header> expected = {
      {"ce_specversion", "1.0"},
      {"ce_id", "0197-id"},
      {"ce_source", "/sluice/provisioner"},
      {"ce_type", "sluice.provisioner.v1.DesiredDocument"},
      {"ce_time", "2025-06-15T15:06:40.123456Z"},
      {"ce_generation", "7"},
      {"content-type", "application/protobuf"},
      {"traceparent", kTrace},
  };
  EXPECT_EQ(headers, expected);
}

TEST(CloudEventsTest, RoundTrip) {
  auto event = DecodeCloudEvent(RecordOf(Message()));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id, "0197-id");
  EXPECT_EQ(event->source, "/sluice/provisioner");
  EXPECT_EQ(event->type, "sluice.provisioner.v1.DesiredDocument");
  EXPECT_EQ(event->generation, 7);
  EXPECT_EQ(event->key, "pkc-1/lkc-2");
  EXPECT_EQ(event->payload, Message().payload);
  EXPECT_EQ(event->traceparent, kTrace);
  EXPECT_EQ(event->time, absl::FromUnixMicros(1'750'000'000'123'456));
  EXPECT_EQ(event->partition, 3);
  EXPECT_EQ(event->offset, 42);
}

TEST(CloudEventsTest, TombstoneNeedsNoContentType) {
  OutboxMessage message = Message();
  message.payload.reset();
  auto event = DecodeCloudEvent(RecordOf(message));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_FALSE(event->payload.has_value());
}

TEST(CloudEventsTest, EmptyPayloadIsNoTombstone) {
  OutboxMessage message = Message();
  message.payload = "";
  auto event = DecodeCloudEvent(RecordOf(message));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_TRUE(event->payload.has_value());
}

TEST(CloudEventsTest, ForeignHeadersAndBadTraceparentAreNoHarm) {
  auto record = RecordOf(Message());
  record.headers.push_back({"x-other", std::string(100'000, 'x')});
  Set(record, "traceparent", "00-zz");
  auto event = DecodeCloudEvent(std::move(record));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->traceparent, "");
}

TEST(CloudEventsTest, EachFaultNamesItsHeader) {
  struct Case {
    std::string field;
    std::function<void(kafka_client::ConsumerRecord&)> break_it;
  };
  using Record = kafka_client::ConsumerRecord;
  const Case cases[] = {
      {"ce_specversion", [](Record& r) { Set(r, "ce_specversion", "0.3"); }},
      {"ce_specversion", [](Record& r) { Remove(r, "ce_specversion"); }},
      {"ce_id", [](Record& r) { Remove(r, "ce_id"); }},
      {"ce_id", [](Record& r) { Set(r, "ce_id", ""); }},
      {"ce_id", [](Record& r) { Set(r, "ce_id", std::string(513, 'a')); }},
      {"ce_id",
       [](Record& r) {
         r.headers.push_back({"ce_id", "second"});
       }},
      {"ce_source", [](Record& r) { Set(r, "ce_source", "a\nb"); }},
      {"ce_source", [](Record& r) { Set(r, "ce_source", "\xff\xfe"); }},
      {"ce_type", [](Record& r) { Remove(r, "ce_type"); }},
      {"ce_time", [](Record& r) { Set(r, "ce_time", "yesterday"); }},
      {"ce_time", [](Record& r) { Set(r, "ce_time", "infinite-future"); }},
      {"ce_time", [](Record& r) { Set(r, "ce_time", "2025-02-30T00:00:00.000000Z"); }},
      {"ce_generation", [](Record& r) { Set(r, "ce_generation", "-1"); }},
      {"ce_generation", [](Record& r) { Set(r, "ce_generation", "7x"); }},
      {"ce_generation", [](Record& r) { Set(r, "ce_generation", "99999999999999999999"); }},
      {"content-type", [](Record& r) { Set(r, "content-type", "application/json"); }},
      {"content-type", [](Record& r) { Remove(r, "content-type"); }},
      {"key", [](Record& r) { r.key.reset(); }},
      {"key", [](Record& r) { r.key = ""; }},
      {"key", [](Record& r) { r.key = std::string(513, 'k'); }},
  };
  for (const Case& c : cases) {
    auto record = RecordOf(Message());
    c.break_it(record);
    const auto event = DecodeCloudEvent(std::move(record));
    ASSERT_FALSE(event.ok()) << c.field;
    EXPECT_EQ(ErrorReason(event.status()), "UNDECODABLE_RECORD");
    EXPECT_EQ(GetErrorDetail(event.status())->field, c.field);
  }
}

TEST(CloudEventsTest, TraceparentByTheStandard) {
  EXPECT_TRUE(IsValidTraceparent(kTrace));
  EXPECT_FALSE(IsValidTraceparent(""));
  EXPECT_FALSE(IsValidTraceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  EXPECT_FALSE(IsValidTraceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
  EXPECT_FALSE(IsValidTraceparent("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_FALSE(IsValidTraceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
}

// What arrives may be anything. Whatever is let through must satisfy what readers rely on, and encode to itself again.
TEST(CloudEventsTest, AnyBytesEitherRefusedOrSound) {
  std::mt19937_64 random(20'251);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::string alphabet("a0-:.TZ/\xff\n\0 \x7f", 13);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto record = RecordOf(Message());
    const std::size_t faults = below(4);
    for (std::size_t i = 0; i < faults; ++i) {
      const std::size_t which = below(record.headers.size() + 1);
      if (which == record.headers.size()) {
        if (below(2) == 0) record.key = std::string(below(600), 'k');
        continue;
      }
      auto& header = record.headers[which];
      switch (below(6)) {
        case 0:
          if (!header.value.empty()) header.value[below(header.value.size())] = static_cast<char>(random());
          break;
        case 1:
          header.value.resize(below(header.value.size() + 1));
          break;
        case 2:
          header.value.insert(below(header.value.size() + 1), 1, alphabet[below(alphabet.size())]);
          break;
        case 3:
          header.value = std::string(below(700), alphabet[below(alphabet.size())]);
          break;
        case 4:
          record.headers.push_back(record.headers[below(record.headers.size())]);
          break;
        default:
          header.name.insert(below(header.name.size() + 1), 1, alphabet[below(alphabet.size())]);
      }
    }
    const auto event = DecodeCloudEvent(record);
    if (!event.ok()) {
      ASSERT_EQ(ErrorReason(event.status()), "UNDECODABLE_RECORD");
      continue;
    }
    ++accepted;
    ASSERT_FALSE(event->id.empty() || event->source.empty() || event->type.empty() || event->key.empty());
    ASSERT_LE(std::max({event->id.size(), event->source.size(), event->type.size(), event->key.size()}), 512u);
    ASSERT_GE(event->generation, 0);
    ASSERT_TRUE(event->traceparent.empty() || IsValidTraceparent(event->traceparent));
    OutboxMessage again{.topic = event->topic,
                        .key = event->key,
                        .type = event->type,
                        .source = event->source,
                        .payload = event->payload,
                        .traceparent = event->traceparent,
                        .generation = event->generation};
    auto record_again = RecordOf(again);
    record_again.headers = EncodeHeaders(again, event->id, event->time);
    ASSERT_TRUE(DecodeCloudEvent(record_again).ok());
  }
  EXPECT_GT(accepted, 4'000);
  EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace sluice::bus
