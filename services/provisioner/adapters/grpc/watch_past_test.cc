// A client that was away, on a real Kafka: its token is older than anything that the provisioner remembers, and it
// misses nothing.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/testing/kafka_fixture.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "services/provisioner/adapters/grpc/testing/event_speaker.h"
#include "services/provisioner/adapters/grpc/testing/watch_stream.h"
#include "services/provisioner/adapters/grpc/watch/event_slots.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;
using testing::EventSpeaker;
using testing::WatchStream;
using v1::WatchResponse;

constexpr char kAcme[] = "organizations/acme";
constexpr absl::Duration kPatienceOfStream = absl::Minutes(3);

class WatchPastTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto kafka = sluice::testing::KafkaFixture::Start();
    ASSERT_TRUE(kafka.ok()) << kafka.status();
    kafka_ = *std::move(kafka);
    for (const auto& [kind, topic] : EventTopics()) ASSERT_TRUE(kafka_->CreateTopic(topic, 2).ok());
    speaker_ = std::make_unique<EventSpeaker>(*kafka_->ConnectionFor());
    // Of the past nothing is taken into the ring, and it holds few events.
    auto api = ApiFixture::Start(
        {.events = *kafka_->ConnectionFor(), .watch_backlog_events = 0, .ring = {.events = 60, .bytes = 1 << 20}});
    ASSERT_TRUE(api.ok()) << api.status();
    api_ = *std::move(api);
    acme_ = *api_->AddOrganization("acme");
  }

  // Topics t<first> … t<last> of one cluster, of acme and, between them, of another organization.
  void TopicsHappen(int first, int last) {
    std::vector<EventSpeaker::Event> events;
    for (int i = first; i <= last; ++i) {
      for (const char* organization : {"acme", "evil"}) {
        const std::string id = absl::StrCat("t", i);
        TopicNews news{.organization = organization,
                       .environment = "prod",
                       .cluster_uid = absl::StrCat("lkc-", organization),
                       .version = i,
                       .topic = {.name = absl::StrCat("organizations/", organization,
                                                      "/environments/prod/kafkaClusters/orders/topics/", id),
                                 .id = id}};
        // One key, so one order.
        events.push_back({"topic", news.cluster_uid, records::EncodeTopicNews(news, "StatusSeen"), i});
      }
    }
    const absl::Status said = speaker_->Say(events);
    ASSERT_TRUE(said.ok()) << said;
  }

  // Reads t<first> … t<last>, each once and in order; the token of the last.
  std::string Expect(WatchStream& stream, int first, int last) {
    std::string token;
    for (int i = first; i <= last; ++i) {
      const WatchResponse response = stream.Next();
      EXPECT_EQ(response.kind(), WatchResponse::CHANGE) << "t" << i;
      EXPECT_EQ(response.topic().name(),
                absl::StrCat("organizations/acme/environments/prod/kafkaClusters/orders/topics/t", i));
      token = response.resume_token();
      if (::testing::Test::HasFailure()) break;
    }
    return token;
  }

  // A stream at its beginning, once the server has reached its event topics.
  std::string TokenOfTheStart() {
    const absl::Time give_up = absl::Now() + absl::Seconds(120);
    while (absl::Now() < give_up) {
      WatchStream stream(*api_, acme_, kAcme, "", kPatienceOfStream);
      WatchResponse response = stream.Next();
      while (response.kind() == WatchResponse::SNAPSHOT) response = stream.Next();
      if (response.kind() == WatchResponse::SNAPSHOT_END) return response.resume_token();
      EXPECT_EQ(ErrorReason(stream.End()), "WATCH_NOT_READY");
      absl::SleepFor(absl::Milliseconds(200));
    }
    ADD_FAILURE() << "the server does not reach its event topics";
    return "";
  }
  // Opens until the server has reached its event topics: the stream's first change is `first`.
  std::unique_ptr<WatchStream> Resume(const std::string& token, int first,
                                      const std::string& passing = "WATCH_NOT_READY") {
    const absl::Time give_up = absl::Now() + absl::Seconds(120);
    while (absl::Now() < give_up) {
      auto stream = std::make_unique<WatchStream>(*api_, acme_, kAcme, token, kPatienceOfStream);
      const WatchResponse response = stream->Next();
      if (response.kind() == WatchResponse::CHANGE) {
        EXPECT_EQ(response.topic().name(),
                  absl::StrCat("organizations/acme/environments/prod/kafkaClusters/orders/topics/t", first));
        return stream;
      }
      EXPECT_EQ(ErrorReason(stream->End()), passing);
      absl::SleepFor(absl::Milliseconds(200));
    }
    ADD_FAILURE() << "the stream is not resumed";
    return nullptr;
  }

  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  std::unique_ptr<EventSpeaker> speaker_;
  std::unique_ptr<ApiFixture> api_;
  std::string acme_;
};

TEST_F(WatchPastTest, ATokenFromBeforeARestartMissesNothing) {
  const std::string start = TokenOfTheStart();
  // Few enough for the ring: nothing goes before the stream has read it.
  TopicsHappen(1, 20);
  std::string token;
  {
    WatchStream stream(*api_, acme_, kAcme, start, kPatienceOfStream);
    token = Expect(stream, 1, 10);
  }
  TopicsHappen(21, 400);
  ASSERT_TRUE(api_->RestartServer().ok());
  // Its ring begins here: all between lies in Kafka alone.
  const std::unique_ptr<WatchStream> resumed = Resume(token, 11);
  ASSERT_NE(resumed, nullptr);
  token = Expect(*resumed, 12, 400);
  // It has come up to the present, and goes on with it.
  TopicsHappen(401, 410);
  Expect(*resumed, 401, 410);
  // A token given on the way through the past is as good as any.
  WatchStream once_more(*api_, acme_, kAcme, token, kPatienceOfStream);
  Expect(once_more, 401, 410);
}

TEST_F(WatchPastTest, ManyThatWereAwayTakeTurns) {
  const std::string start = TokenOfTheStart();
  TopicsHappen(1, 300);
  // Its ring begins here: all of them are the past.
  ASSERT_TRUE(api_->RestartServer().ok());
  std::vector<std::unique_ptr<WatchStream>> streams;
  streams.push_back(Resume(start, 1));
  ASSERT_NE(streams.back(), nullptr);
  int read = 1;
  int busy = 0;
  for (int i = 1; i < 12; ++i) {
    streams.push_back(std::make_unique<WatchStream>(*api_, acme_, kAcme, start, kPatienceOfStream));
    const WatchResponse first = streams.back()->Next();
    if (first.kind() == WatchResponse::CHANGE) {
      ++read;
      continue;
    }
    EXPECT_EQ(ErrorReason(streams.back()->End()), "WATCH_BUSY");
    streams.pop_back();
    ++busy;
  }
  EXPECT_GE(read, 8) << "eight may read at once";
  for (auto& stream : streams) Expect(*stream, 2, 300);
  // Those that are through make room, once the server has seen that they are gone.
  streams.clear();
  const std::unique_ptr<WatchStream> late = Resume(start, 1, "WATCH_BUSY");
  ASSERT_NE(late, nullptr);
  Expect(*late, 2, 300);
}

}  // namespace
}  // namespace sluice::provisioner
