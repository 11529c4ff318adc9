#include "libs/bus/outbox/outbox_sql.h"

#include <gtest/gtest.h>

#include <functional>

#include "libs/base/error.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/clock/random.h"

namespace sluice::bus {
namespace {

OutboxMessage Message() {
  return {.topic = "t", .key = "k", .type = "T", .source = "/sluice/s", .payload = "p", .generation = 1};
}

class OutboxSqlTest : public ::testing::Test {
 protected:
  clock::FakeClock clock_;
  clock::SeededRandom random_{1};
  clock::RandomIdSource ids_{clock_, random_};
};

TEST_F(OutboxSqlTest, ArraysCarryQuotesBytesAndNull) {
  OutboxMessage quoted = Message();
  quoted.key = "a\"b\\c{,}";
  quoted.payload = std::string("\0\xff", 2);
  OutboxMessage tombstone = Message();
  tombstone.payload.reset();
  tombstone.compacted = true;
  const std::vector<OutboxMessage> messages = {quoted, tombstone};
  auto arrays = OutboxParameters(messages, ids_);
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  ASSERT_EQ(arrays->size(), static_cast<std::size_t>(kOutboxParameters));
  EXPECT_EQ((*arrays)[2], R"({"a\"b\\c{,}","k"})");
  EXPECT_EQ((*arrays)[7], "{f,t}");
  EXPECT_EQ((*arrays)[8], R"({"\\x00ff",NULL})");
  EXPECT_NE((*arrays)[0].substr(0, 38), (*arrays)[0].substr(39, 38));
}

TEST_F(OutboxSqlTest, ParametersAreNumberedFromTheFirst) {
  const std::string sql = OutboxInsertSql(4, "EXISTS (SELECT 1 FROM saved)");
  EXPECT_NE(sql.find("$4::text[]"), std::string::npos);
  EXPECT_NE(sql.find("$12::bytea[]"), std::string::npos);
  EXPECT_EQ(sql.find("$13"), std::string::npos);
  EXPECT_NE(sql.find("WHERE EXISTS (SELECT 1 FROM saved)"), std::string::npos);
}

TEST_F(OutboxSqlTest, WhatNoReaderWouldTakeIsRefusedByField) {
  struct Case {
    std::string field;
    std::function<void(OutboxMessage&)> break_it;
  };
  const Case cases[] = {
      {"topic", [](OutboxMessage& m) { m.topic.clear(); }},
      {"topic", [](OutboxMessage& m) { m.topic = std::string(250, 't'); }},
      {"key", [](OutboxMessage& m) { m.key.clear(); }},
      {"key", [](OutboxMessage& m) { m.key = "a b"; }},
      {"type", [](OutboxMessage& m) { m.type = "ü"; }},
      {"source", [](OutboxMessage& m) { m.source = std::string("a\0b", 3); }},
      {"payload", [](OutboxMessage& m) { m.payload = std::string(kMaxPayloadBytes + 1, 'x'); }},
      {"payload", [](OutboxMessage& m) { m.payload.reset(); }},
      {"generation", [](OutboxMessage& m) { m.generation = -1; }},
      {"generation",
       [](OutboxMessage& m) {
         m.generation = 0;
         m.compacted = true;
       }},
      {"traceparent", [](OutboxMessage& m) { m.traceparent = "a\nb"; }},
  };
  for (const Case& c : cases) {
    std::vector<OutboxMessage> messages = {Message()};
    c.break_it(messages[0]);
    const auto arrays = OutboxParameters(messages, ids_);
    ASSERT_FALSE(arrays.ok()) << c.field;
    EXPECT_EQ(ErrorReason(arrays.status()), "BUS_MESSAGE_INVALID");
    EXPECT_EQ(GetErrorDetail(arrays.status())->field, c.field);
  }
}

TEST(BacklogTest, OneTopicFillsItsOwnShareOnly) {
  Backlog backlog({.rows_per_topic = 2, .rows = 5});
  std::vector<OutboxMessage> sick = {Message()}, well = {Message()};
  sick[0].topic = "sick";
  well[0].topic = "well";
  EXPECT_TRUE(backlog.Admit(sick).ok());
  EXPECT_TRUE(backlog.Admit(sick).ok());
  EXPECT_EQ(ErrorReason(backlog.Admit(sick)), "BUS_BACKLOG");
  EXPECT_TRUE(backlog.Admit(well).ok());
  EXPECT_EQ(backlog.rows(), 3);
}

TEST(BacklogTest, AllTogetherAreBoundedAndCountsReset) {
  Backlog backlog({.rows_per_topic = 100, .rows = 3});
  const std::vector<OutboxMessage> messages = {Message()};
  backlog.Counted({{"a", 2}, {"b", 1}});
  const absl::Status refused = backlog.Admit(messages);
  EXPECT_EQ(ErrorReason(refused), "BUS_BACKLOG");
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(GetErrorDetail(refused)->retry_after.has_value());
  backlog.Counted({});
  EXPECT_TRUE(backlog.Admit(messages).ok());
}

}  // namespace
}  // namespace sluice::bus
