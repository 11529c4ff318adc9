// A client that was away, on a real Kafka: its token is older than anything that the provisioner remembers, and it
// misses nothing.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/grpc/error_status.h"
#include "libs/testing/kafka_fixture.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "services/provisioner/adapters/grpc/testing/event_speaker.h"
#include "services/provisioner/adapters/grpc/watch/event_slots.h"
#include "sluice/provisioner/v1/watch_service.grpc.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;
using testing::EventSpeaker;
using v1::WatchResponse;

class Stream {
 public:
  Stream(ApiFixture& api, const std::string& key, const std::string& token)
      : stub_(v1::WatchService::NewStub(api.NewChannel(key))) {
    v1::WatchRequest request;
    request.set_parent("organizations/acme");
    request.set_resume_token(token);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(180));
    reader_ = stub_->Watch(&context_, request);
  }
  ~Stream() {
    context_.TryCancel();
    WatchResponse rest;
    while (reader_->Read(&rest)) {
    }
    if (!finished_) reader_->Finish();
  }
  // The next message, heartbeats skipped; a default one when the stream has ended.
  WatchResponse Next() {
    WatchResponse response;
    do {
      if (!reader_->Read(&response)) return WatchResponse();
    } while (response.kind() == WatchResponse::HEARTBEAT);
    return response;
  }
  absl::Status End() {
    WatchResponse rest;
    while (reader_->Read(&rest)) {
    }
    finished_ = true;
    return rpc::FromGrpcStatus(reader_->Finish());
  }

 private:
  ::grpc::ClientContext context_;
  std::unique_ptr<v1::WatchService::Stub> stub_;
  std::unique_ptr<::grpc::ClientReader<WatchResponse>> reader_;
  bool finished_ = false;
};

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
  std::string Expect(Stream& stream, int first, int last) {
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
      Stream stream(*api_, acme_, "");
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
  std::unique_ptr<Stream> Resume(const std::string& token, int first) {
    const absl::Time give_up = absl::Now() + absl::Seconds(120);
    while (absl::Now() < give_up) {
      auto stream = std::make_unique<Stream>(*api_, acme_, token);
      const WatchResponse response = stream->Next();
      if (response.kind() == WatchResponse::CHANGE) {
        EXPECT_EQ(response.topic().name(),
                  absl::StrCat("organizations/acme/environments/prod/kafkaClusters/orders/topics/t", first));
        return stream;
      }
      EXPECT_EQ(ErrorReason(stream->End()), "WATCH_NOT_READY");
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
  TopicsHappen(1, 40);
  std::string token;
  {
    Stream stream(*api_, acme_, start);
    token = Expect(stream, 1, 10);
  }
  TopicsHappen(41, 400);
  ASSERT_TRUE(api_->RestartServer().ok());
  // Its ring begins here: all between lies in Kafka alone.
  const std::unique_ptr<Stream> resumed = Resume(token, 11);
  ASSERT_NE(resumed, nullptr);
  token = Expect(*resumed, 12, 400);
  // It has come up to the present, and goes on with it.
  TopicsHappen(401, 410);
  Expect(*resumed, 401, 410);
  // A token given on the way through the past is as good as any.
  Stream once_more(*api_, acme_, token);
  Expect(once_more, 401, 410);
}

TEST_F(WatchPastTest, ManyThatWereAwayTakeTurns) {
  const std::string start = TokenOfTheStart();
  TopicsHappen(1, 300);
  std::vector<std::unique_ptr<Stream>> streams;
  int read = 0;
  int busy = 0;
  for (int i = 0; i < 12; ++i) {
    streams.push_back(std::make_unique<Stream>(*api_, acme_, start));
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
  // Those that are through make room.
  streams.clear();
  const std::unique_ptr<Stream> late = Resume(start, 1);
  ASSERT_NE(late, nullptr);
  Expect(*late, 2, 300);
}

}  // namespace
}  // namespace sluice::provisioner
