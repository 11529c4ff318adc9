#include <gtest/gtest.h>

#include <map>

#include "libs/base/error.h"
#include "libs/bus/reader/compacted_reader.h"
#include "libs/bus/reader/publisher.h"
#include "libs/bus/reader/replay.h"
#include "libs/bus/testing/bus_environment.h"
#include "libs/bus/topics.h"

namespace sluice::bus {
namespace {

class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() : ids_(clock::RealClock(), clock::CryptoRandom()) {}

  static BusServers& servers() { return BusServers::Get(); }
  // A data plane of its own, with a status and a load topic.
  std::string NewDataPlane() {
    static int made = 0;
    const std::string plane = "eu-" + std::to_string(++made);
    EXPECT_TRUE(servers().kafka().CreateTopic(StatusTopic(plane), 2, {{"cleanup.policy", "compact"}}).ok());
    EXPECT_TRUE(servers().kafka().CreateTopic(LoadTopic(plane)).ok());
    return plane;
  }
  std::unique_ptr<Publisher> NewPublisher(PublisherOptions options = {}) {
    options.kafka = servers().Connection();
    return *NewKafkaPublisher(options, {clock::RealClock(), ids_, registry_});
  }
  static OutboxMessage Status(const std::string& plane, const std::string& key, std::int64_t generation) {
    OutboxMessage message = TestMessage(StatusTopic(plane), key, generation, /*compacted=*/true);
    message.source = SatelliteSource(plane);
    return message;
  }
  std::unique_ptr<DocumentSource> NewReader(const std::string& plane) {
    return NewCompactedReader({.kafka = servers().Connection(), .group_id = "reader", .topic = StatusTopic(plane)},
                              registry_);
  }
  // Polls until `count` events have come.
  static std::vector<ReceivedEvent> Take(DocumentSource& reader, std::size_t count) {
    std::vector<ReceivedEvent> events;
    Eventually([&] {
      auto polled = reader.Poll(absl::Milliseconds(50));
      if (polled.ok()) events.insert(events.end(), polled->begin(), polled->end());
      return events.size() >= count;
    });
    return events;
  }

  clock::RandomIdSource ids_;
  metrics::Registry registry_;
};

TEST_F(ReaderTest, FromTheBeginningThenAsItComesAndNeverBack) {
  const std::string plane = NewDataPlane();
  auto publisher = NewPublisher();
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-" + std::to_string(i % 4), i)).ok());
    ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  }
  auto reader = NewReader(plane);
  EXPECT_FALSE(reader->caught_up());
  std::map<std::string, std::int64_t> last;
  for (const ReceivedEvent& event : Take(*reader, 4)) {
    EXPECT_FALSE(last.contains(event.key)) << "of what was there only the last of each key";
    last[event.key] = event.generation;
  }
  EXPECT_EQ(last, (std::map<std::string, std::int64_t>{{"pkc-0", 20}, {"pkc-1", 17}, {"pkc-2", 18}, {"pkc-3", 19}}));
  ASSERT_TRUE(Eventually([&] {
    (void)reader->Poll(absl::Milliseconds(10));
    return reader->caught_up();
  }));
  // An old document arrives late, from a paused relay say; then news.
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-0", 3)).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-0", 21)).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  const auto news = Take(*reader, 1);
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].generation, 21);
  EXPECT_NE(registry_.Render().find("reason=\"STALE_GENERATION\""), std::string::npos);
}

TEST_F(ReaderTest, ADocumentThatLiesBeforeItsTombstoneIsNotGivenOut) {
  const std::string plane = NewDataPlane();
  auto publisher = NewPublisher();
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-gone", 1)).ok());
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-here", 1)).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  OutboxMessage tombstone = Status(plane, "pkc-gone", 2);
  tombstone.payload.reset();
  ASSERT_TRUE(publisher->Publish(tombstone).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  auto reader = NewReader(plane);
  std::map<std::string, bool> lives;
  for (const ReceivedEvent& event : Take(*reader, 2)) {
    EXPECT_TRUE(lives.emplace(event.key, event.payload.has_value()).second) << event.key << " twice";
  }
  EXPECT_EQ(lives, (std::map<std::string, bool>{{"pkc-gone", false}, {"pkc-here", true}}));
}

TEST_F(ReaderTest, ForgedAndUndecodableRecordsAreDroppedAndCounted) {
  const std::string plane = NewDataPlane();
  auto publisher = NewPublisher();
  OutboxMessage forged = Status(plane, "pkc-1", 9);
  forged.source = SatelliteSource("eu-999");
  ASSERT_TRUE(publisher->Publish(forged).ok());
  OutboxMessage odd = Status(plane, "pkc-2", 9);
  odd.type = "no spaces allowed";
  ASSERT_TRUE(publisher->Publish(odd).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-1", 1)).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  auto reader = NewReader(plane);
  const auto events = Take(*reader, 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].generation, 1);
  ASSERT_TRUE(Eventually([&] {
    (void)reader->Poll(absl::Milliseconds(10));
    return reader->caught_up();
  }));
  EXPECT_NE(registry_.Render().find("reason=\"FORGED_SOURCE\""), std::string::npos);
  EXPECT_NE(registry_.Render().find("reason=\"UNDECODABLE_RECORD\""), std::string::npos);
}

TEST_F(ReaderTest, AnEmptyTopicIsCaughtUpAndAMissingOneIsNamed) {
  auto reader = NewReader(NewDataPlane());
  ASSERT_TRUE(Eventually([&] {
    (void)reader->Poll(absl::Milliseconds(10));
    return reader->caught_up();
  }));
  auto missing = NewReader("nowhere");
  absl::Status status;
  ASSERT_TRUE(Eventually([&] {
    status = missing->Poll(absl::Milliseconds(10)).status();
    return !status.ok();
  }));
  EXPECT_EQ(ErrorReason(status), "KAFKA_UNKNOWN_TOPIC") << status;
  EXPECT_FALSE(missing->caught_up());
}

TEST_F(ReaderTest, WithoutKafkaThePublisherKeepsTheNewestOfEachKeyAndDropsSamples) {
  const std::string plane = NewDataPlane();
  auto publisher = NewPublisher({.max_queued_messages = 20, .message_timeout = absl::Seconds(2)});
  ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-1", 1)).ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(60)).ok());
  servers().kafka().Stop();
  for (int i = 2; i <= 500; ++i) {
    ASSERT_TRUE(publisher->Publish(Status(plane, "pkc-" + std::to_string(i % 3), i)).ok());
    OutboxMessage sample = TestMessage(LoadTopic(plane), "pkc-1", 0);
    sample.source = SatelliteSource(plane);
    ASSERT_TRUE(publisher->Publish(sample).ok());
  }
  EXPECT_EQ(ErrorReason(publisher->Flush(absl::Milliseconds(10))), "KAFKA_MESSAGE_TIMED_OUT");
  ASSERT_TRUE(servers().kafka().StartAgain().ok());
  ASSERT_TRUE(publisher->Flush(absl::Seconds(120)).ok());
  auto reader = NewReader(plane);
  std::map<std::string, std::int64_t> last;
  ASSERT_TRUE(Eventually([&] {
    auto events = reader->Poll(absl::Milliseconds(50));
    if (events.ok()) {
      for (const ReceivedEvent& event : *events) last[event.key] = event.generation;
    }
    return last == std::map<std::string, std::int64_t>{{"pkc-0", 498}, {"pkc-1", 499}, {"pkc-2", 500}};
  }));
}

TEST_F(ReaderTest, ReplayGivesTheSameStateAsHavingListened) {
  Speaker speaker(servers().NewDatabase(), servers().Connection());
  const std::string topic = servers().NewTopic(3);
  speaker.StartRelay();
  std::map<std::string, std::string> said;
  for (int i = 1; i <= 300; ++i) {
    const OutboxMessage message = TestMessage(topic, "k" + std::to_string(i % 13), i);
    said[message.key] = *message.payload;
    ASSERT_TRUE(speaker.Say({message}).ok());
  }
  ASSERT_TRUE(Eventually([&] { return speaker.OutboxRows() == 0; }));
  for (int round = 0; round < 2; ++round) {
    std::map<std::string, std::string> rebuilt;
    const auto result =
        Replay(servers().Connection(), "replay", {topic}, absl::Seconds(60), [&](const ReceivedEvent& event) {
          rebuilt[event.key] = *event.payload;
          return absl::OkStatus();
        });
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->events, 300);
    EXPECT_EQ(result->rejected, 0);
    EXPECT_EQ(rebuilt, said);
  }
  EXPECT_EQ(speaker.OutboxRows(), 0) << "a replay says nothing";
  const auto stopped = Replay(servers().Connection(), "replay", {topic}, absl::Seconds(60),
                              [](const ReceivedEvent&) { return absl::AbortedError("enough"); });
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace sluice::bus
