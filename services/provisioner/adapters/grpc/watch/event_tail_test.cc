#include "services/provisioner/adapters/grpc/watch/event_tail.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "libs/testing/kafka_fixture.h"
#include "services/provisioner/adapters/grpc/testing/event_speaker.h"
#include "services/provisioner/adapters/records/state_records.h"

namespace sluice::provisioner {
namespace {

// On a real Kafka: what is said before and after the tail begins, through an outage, and by the next process.
class EventTailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto kafka = sluice::testing::KafkaFixture::Start();
    ASSERT_TRUE(kafka.ok()) << kafka.status();
    kafka_ = *std::move(kafka);
    for (const auto& [kind, topic] : EventTopics()) ASSERT_TRUE(kafka_->CreateTopic(topic, 2).ok());
    auto connection = kafka_->ConnectionFor();
    ASSERT_TRUE(connection.ok());
    connection_ = *std::move(connection);
  }

  void Say(const std::string& id) {
    Environment environment;
    environment.meta.uid = "env-" + id;
    environment.meta.name = "organizations/acme/environments/" + id;
    environment.organization = "acme";
    environment.id = id;
    const records::EncodedEvent event = records::EncodeEvent(environment, "created", false);
    const absl::Status said = testing::EventSpeaker(connection_)
                                  .Say({{std::string(KindName(Kind::kEnvironment)), environment.meta.uid, event}});
    ASSERT_TRUE(said.ok()) << said;
  }

  // Reads until `id` came; all that came, in order.
  static std::vector<std::string> ReadUntil(EventRing& ring, EventRing::Place& place, const std::string& id) {
    std::vector<std::string> read;
    const absl::Time give_up = absl::Now() + absl::Seconds(90);
    while (absl::Now() < give_up) {
      std::shared_ptr<const RingEvent> event;
      if (ring.Next(place, event) != EventRing::Reading::kEvent) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      read.push_back(event->news() == nullptr ? "?" : std::get<Environment>(std::get<Aggregate>(event->news()->of)).id);
      if (read.back() == id) return read;
    }
    ADD_FAILURE() << id << " did not come";
    return read;
  }

  // A process's tail on a thread of its own.
  struct Process {
    explicit Process(const kafka_client::ConnectionOptions& kafka)
        : tail({.kafka = kafka}, ring, clock::CryptoRandom(), metrics), thread([this] { result = tail.Run(stop); }) {}
    ~Process() {
      stop.Stop();
      thread.join();
      EXPECT_TRUE(result.ok()) << result;
    }
    EventRing::Place Begin() {
      const absl::Time give_up = absl::Now() + absl::Seconds(90);
      while (!ring.ready() && absl::Now() < give_up) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      auto place = ring.Resume(std::vector<int64_t>(EventTopics().size() * 2, 0));
      EXPECT_TRUE(place.ok()) << place.status();
      return place.value_or(EventRing::Place{});
    }
    metrics::Registry metrics;
    EventRing ring{EventRing::Bounds{}};
    clock::StopSignal stop;
    EventTail tail;
    absl::Status result;
    std::thread thread;
  };

  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  kafka_client::ConnectionOptions connection_;
};

TEST_F(EventTailTest, FollowsThroughAnOutageAndLetsTheNextProcessResume) {
  Say("before");
  EventRing::Place place;
  {
    Process first(connection_);
    place = first.Begin();
    EXPECT_EQ(ReadUntil(first.ring, place, "before"), (std::vector<std::string>{"before"}));
    Say("after");
    EXPECT_EQ(ReadUntil(first.ring, place, "after"), (std::vector<std::string>{"after"}));
    kafka_->Stop();
    ASSERT_TRUE(kafka_->StartAgain().ok());
    Say("outage");
    EXPECT_EQ(ReadUntil(first.ring, place, "outage"), (std::vector<std::string>{"outage"}));
  }
  Say("nobody-listens");
  Process second(connection_);
  second.Begin();
  auto resumed = second.ring.Resume(place.offsets);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(ReadUntil(second.ring, *resumed, "nobody-listens"), (std::vector<std::string>{"nobody-listens"}))
      << "nothing twice, nothing left out";
}

}  // namespace
}  // namespace sluice::provisioner
