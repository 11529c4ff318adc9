#include "libs/kafka_admin/kafka_admin_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "libs/base/error.h"
#include "libs/kafka_admin/message/create_topics.h"
#include "libs/kafka_admin/message/describe_topic_partitions.h"
#include "libs/kafka_admin/message/list_groups.h"
#include "libs/kafka_admin/message/metadata.h"
#include "libs/kafka_admin/testing/scripted_broker.h"
#include "libs/kafka_admin/wire/error_code.h"

// How the client routes, retries and gives up, against brokers that misbehave on demand.
namespace sluice::kafka_admin {
namespace {

using testing::ScriptedAnswer;
using testing::ScriptedBroker;
using testing::ScriptedRequest;

constexpr absl::Duration kTimeout = absl::Seconds(60);
constexpr int16_t kMetadata = message::MetadataRequest::kApiKey;
constexpr int16_t kCreateTopics = message::CreateTopicsRequest::kApiKey;
constexpr int16_t kTopicPages = message::DescribeTopicPartitionsRequest::kApiKey;

// One broker, with id 1, that is the controller and answers Metadata by itself.
class OneBroker {
 public:
  explicit OneBroker(ScriptedBroker::Script script)
      : broker_([this, script = std::move(script)](const ScriptedRequest& request) -> ScriptedAnswer {
          if (request.api_key != kMetadata) return script(request);
          message::MetadataResponse response;
          response.controller_id = 1;
          response.brokers.push_back({.node_id = 1, .host = "127.0.0.1", .port = port_.load()});
          return ScriptedBroker::Answer(request, response);
        }) {
    port_ = broker_.address().port;
  }

  ScriptedBroker* operator->() { return &broker_; }

 private:
  std::atomic<int32_t> port_{0};
  ScriptedBroker broker_;
};

std::unique_ptr<AdminClient> ClientOf(std::vector<BrokerAddress> bootstrap, absl::Duration request = kTimeout) {
  auto client = NewKafkaAdminClient({.bootstrap = std::move(bootstrap),
                                     .connect_timeout = absl::Seconds(30),
                                     .request_timeout = request,
                                     .random_seed = 7});
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

message::CreateTopicsResponse AnswerTo(const ScriptedRequest& request, int16_t code_of_b) {
  message::CreateTopicsResponse response;
  for (const auto& topic : request.As<message::CreateTopicsRequest>().topics) {
    response.topics.push_back({.name = topic.name, .error_code = topic.name == "b" ? code_of_b : int16_t{0}});
  }
  return response;
}

TEST(KafkaAdminClientTest, RefusesOptionsThatCannotWork) {
  EXPECT_FALSE(NewKafkaAdminClient({}).ok());
  EXPECT_FALSE(NewKafkaAdminClient({.bootstrap = {{.host = "localhost"}}}).ok());
  AdminClientOptions no_time{.bootstrap = {{.host = "localhost", .port = 1}}, .request_timeout = absl::ZeroDuration()};
  EXPECT_FALSE(NewKafkaAdminClient(no_time).ok());
  AdminClientOptions no_file{.bootstrap = {{.host = "localhost", .port = 1}}, .tls = TlsOptions{.ca_file = "/none"}};
  EXPECT_EQ(ErrorReason(NewKafkaAdminClient(no_file).status()), "KAFKA_TLS_FAILED");
}

TEST(KafkaAdminClientTest, TriesOnlyTransientItemsAgain) {
  std::vector<size_t> sizes;
  OneBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    sizes.push_back(request.As<message::CreateTopicsRequest>().topics.size());
    return ScriptedBroker::Answer(request, AnswerTo(request, sizes.size() < 3 ? kNotController : int16_t{0}));
  });
  auto client = ClientOf({broker->address()});
  auto created = client->CreateTopics({{.name = "a"}, {.name = "b"}}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok());
  EXPECT_TRUE(created->at(1).status.ok()) << created->at(1).status;
  EXPECT_EQ(sizes, (std::vector<size_t>{2, 1, 1}));
  EXPECT_GE(broker->CountOf(kMetadata), 3) << "the cluster is looked at anew before each repeat";
  EXPECT_EQ(broker->connections(), 1);
}

TEST(KafkaAdminClientTest, ReportsWhatStaysTransientWhenTimeIsUp) {
  OneBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    return ScriptedBroker::Answer(request, AnswerTo(request, kNotController));
  });
  auto client = ClientOf({broker->address()});
  auto created = client->CreateTopics({{.name = "a"}, {.name = "b"}}, false, absl::Milliseconds(700));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok());
  EXPECT_EQ(ErrorReason(created->at(1).status), "KAFKA_NOT_CONTROLLER");
  EXPECT_GT(broker->CountOf(kCreateTopics), 1);
}

TEST(KafkaAdminClientTest, DoesNotRepeatWhatWasAnswered) {
  OneBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    return ScriptedBroker::Answer(request, AnswerTo(request, kTopicAlreadyExists));
  });
  auto client = ClientOf({broker->address()});
  auto created = client->CreateTopics({{.name = "a"}, {.name = "b"}}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(ErrorReason(created->at(1).status), "KAFKA_TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(broker->CountOf(kCreateTopics), 1);
}

TEST(KafkaAdminClientTest, WaitsAsLongAsTheBrokersQuotaSays) {
  int calls = 0;
  OneBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    auto response = AnswerTo(request, calls++ == 0 ? kThrottlingQuotaExceeded : int16_t{0});
    response.throttle_time_ms = calls == 1 ? 400 : 0;
    return ScriptedBroker::Answer(request, response);
  });
  auto client = ClientOf({broker->address()});
  auto begun = std::chrono::steady_clock::now();
  auto created = client->CreateTopics({{.name = "b"}}, false, kTimeout);
  ASSERT_TRUE(created.ok() && created->at(0).status.ok());
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(400));
}

TEST(KafkaAdminClientTest, ReconnectsWhenAConnectionBreaks) {
  std::atomic<int> calls{0};
  OneBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    if (calls++ == 0) return {.close = true};
    return ScriptedBroker::Answer(request, AnswerTo(request, 0));
  });
  auto client = ClientOf({broker->address()});
  auto created = client->CreateTopics({{.name = "a"}}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok());
  EXPECT_EQ(broker->connections(), 2);
}

TEST(KafkaAdminClientTest, FindsALiveBrokerAmongDeadOnes) {
  BrokerAddress dead;
  {
    ScriptedBroker gone([](const ScriptedRequest&) { return ScriptedAnswer(); });
    dead = gone.address();
  }
  OneBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    return ScriptedBroker::Answer(request, AnswerTo(request, 0));
  });
  auto client = ClientOf({dead, broker->address(), dead});
  EXPECT_TRUE(client->CreateTopics({{.name = "a"}}, false, kTimeout).ok());
  auto lost = ClientOf({dead})->CreateTopics({{.name = "a"}}, false, absl::Milliseconds(300));
  EXPECT_EQ(ErrorReason(lost.status()), "KAFKA_CONNECTION_FAILED") << lost.status();
}

TEST(KafkaAdminClientTest, HonoursTheDeadlineOfASilentBroker) {
  OneBroker broker([](const ScriptedRequest&) { return ScriptedAnswer(); });
  auto client = ClientOf({broker->address()}, absl::Milliseconds(150));
  auto begun = std::chrono::steady_clock::now();
  auto created = client->CreateTopics({{.name = "a"}}, false, absl::Milliseconds(800));
  EXPECT_EQ(ErrorReason(created.status()), "KAFKA_TIMEOUT") << created.status();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  EXPECT_GT(broker->CountOf(kCreateTopics), 1) << "it was tried again on a new connection";
}

TEST(KafkaAdminClientTest, ReadsTopicsPageByPage) {
  OneBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kTopicPages) return {};
    auto cursor = request.As<message::DescribeTopicPartitionsRequest>().cursor;
    message::DescribeTopicPartitionsResponse response;
    auto& topic = response.topics.emplace_back();
    topic.name = "big";
    topic.partitions.push_back({.partition_index = cursor ? cursor->partition_index : 0, .leader_id = 1});
    if (topic.partitions[0].partition_index < 4) {
      response.next_cursor = {{.topic_name = "big", .partition_index = topic.partitions[0].partition_index + 1}};
    }
    return ScriptedBroker::Answer(request, response);
  });
  auto client = ClientOf({broker->address()});
  auto topics = client->DescribeTopics({{"big"}}, kTimeout);
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(topics->size(), 1u);
  ASSERT_EQ(topics->at(0).partitions.size(), 5u);
  for (int32_t i = 0; i < 5; ++i) EXPECT_EQ(topics->at(0).partitions[static_cast<size_t>(i)].id, i);
}

TEST(KafkaAdminClientTest, RefusesPagesThatGoNowhere) {
  OneBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kTopicPages) return {};
    message::DescribeTopicPartitionsResponse response;
    response.next_cursor = {{.topic_name = "big", .partition_index = 3}};
    return ScriptedBroker::Answer(request, response);
  });
  auto topics = ClientOf({broker->address()})->DescribeTopics(std::nullopt, kTimeout);
  EXPECT_EQ(ErrorReason(topics.status()), "KAFKA_MALFORMED_RESPONSE") << topics.status();
}

TEST(KafkaAdminClientTest, FallsBackToMetadataForTopics) {
  ScriptedBroker* self = nullptr;
  ScriptedBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key == message::ApiVersionsRequest::kApiKey) {
      auto versions = ScriptedBroker::AllVersions();
      std::erase_if(versions.api_keys, [](const auto& api) { return api.api_key == kTopicPages; });
      return ScriptedBroker::Answer(request, versions);
    }
    message::MetadataResponse response;
    response.brokers.push_back({.node_id = 1, .host = "127.0.0.1", .port = self->address().port});
    auto& topic = response.topics.emplace_back();
    topic.name = "old";
    topic.partitions.push_back({.partition_index = 1});
    topic.partitions.push_back({.partition_index = 0});
    return ScriptedBroker::Answer(request, response);
  });
  self = &broker;
  auto topics = ClientOf({broker.address()})->DescribeTopics(std::nullopt, kTimeout);
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(topics->size(), 1u);
  ASSERT_EQ(topics->at(0).partitions.size(), 2u);
  EXPECT_EQ(topics->at(0).partitions[0].id, 0);
}

TEST(KafkaAdminClientTest, NamesBrokersThatDidNotAnswer) {
  OneBroker* self = nullptr;
  OneBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != message::ListGroupsRequest::kApiKey) return {};
    message::ListGroupsResponse response;
    response.error_code = 30;  // GROUP_AUTHORIZATION_FAILED
    return ScriptedBroker::Answer(request, response);
  });
  self = &broker;
  auto groups = ClientOf({(*self)->address()})->ListGroups(kTimeout);
  ASSERT_TRUE(groups.ok()) << groups.status();
  EXPECT_TRUE(groups->groups.empty());
  ASSERT_EQ(groups->unanswered.size(), 1u);
  EXPECT_EQ(ErrorReason(groups->unanswered[1]), "KAFKA_GROUP_AUTHORIZATION_FAILED");
}

TEST(KafkaAdminClientTest, SaysWhichItemTheAnswerLeftOut) {
  OneBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key != kCreateTopics) return {};
    message::CreateTopicsResponse response;
    response.topics.push_back({.name = "a"});
    return ScriptedBroker::Answer(request, response);
  });
  auto created = ClientOf({broker->address()})->CreateTopics({{.name = "a"}, {.name = "b"}}, false, kTimeout);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok());
  EXPECT_EQ(ErrorReason(created->at(1).status), "KAFKA_MALFORMED_RESPONSE");
}

}  // namespace
}  // namespace sluice::kafka_admin
