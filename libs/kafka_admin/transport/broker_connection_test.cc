#include "libs/kafka_admin/transport/broker_connection.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "libs/base/error.h"
#include "libs/kafka_admin/message/describe_cluster.h"
#include "libs/kafka_admin/message/list_groups.h"
#include "libs/kafka_admin/message/metadata.h"
#include "libs/kafka_admin/message/unregister_broker.h"
#include "libs/kafka_admin/testing/scripted_broker.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin {
namespace {

using testing::ScriptedAnswer;
using testing::ScriptedBroker;
using testing::ScriptedRequest;

constexpr int16_t kApiVersions = message::ApiVersionsRequest::kApiKey;

Deadline Soon() { return Deadline::After(absl::Seconds(60)); }

absl::StatusOr<std::shared_ptr<BrokerConnection>> Open(ScriptedBroker& broker, ConnectionOptions options = {}) {
  options.client_id = "test";
  options.connect_timeout = absl::Seconds(60);
  return BrokerConnection::Open(broker.address(), options, Soon());
}

// Opens a connection to a broker that answers ListGroups by `bytes_for`, and asks it.
absl::Status AskForGroups(const std::function<ScriptedAnswer(const ScriptedRequest&)>& answer) {
  ScriptedBroker broker([&](const ScriptedRequest& request) {
    return request.api_key == kApiVersions ? ScriptedAnswer() : answer(request);
  });
  auto connection = Open(broker);
  if (!connection.ok()) return connection.status();
  return (*connection)->Call<message::ListGroupsResponse>(message::ListGroupsRequest(), Soon()).status();
}

TEST(BrokerConnectionTest, NegotiatesWithABrokerThatKnowsOldVersionsOnly) {
  std::vector<int16_t> asked;
  std::mutex mutex;
  ScriptedBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    message::ApiVersionsResponse response;
    response.api_keys = {{kApiVersions, 0, 2},
                         {message::MetadataRequest::kApiKey, 0, 5},
                         {message::UnregisterBrokerRequest::kApiKey, 7, 9}};
    std::lock_guard lock(mutex);
    asked.push_back(request.version);
    if (request.version <= 2) return ScriptedBroker::Answer(request, response);
    // As KIP-511 has it: version 0, whatever was asked.
    response.error_code = kUnsupportedVersion;
    ScriptedRequest as_old = request;
    as_old.version = 0;
    return ScriptedBroker::Answer(as_old, response);
  });
  auto connection = Open(broker);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ(asked, (std::vector<int16_t>{message::ApiVersionsRequest::kMaxVersion, 2}));
  EXPECT_EQ(*(*connection)->VersionOf<message::MetadataRequest>(), 5);
  EXPECT_EQ(*(*connection)->VersionOf<message::MetadataRequest>(3), 3);
  EXPECT_EQ(ErrorReason((*connection)->VersionOf<message::DescribeClusterRequest>().status()),
            "KAFKA_UNSUPPORTED_VERSION");
  EXPECT_EQ(ErrorReason((*connection)->VersionOf<message::UnregisterBrokerRequest>().status()),
            "KAFKA_UNSUPPORTED_VERSION");
}

TEST(BrokerConnectionTest, GivesUpOnABrokerThatRefusesEveryVersion) {
  ScriptedBroker broker([](ScriptedRequest request) {
    message::ApiVersionsResponse response;
    response.error_code = kUnsupportedVersion;
    request.version = 0;
    return ScriptedBroker::Answer(request, response);
  });
  EXPECT_EQ(ErrorReason(Open(broker).status()), "KAFKA_UNSUPPORTED_VERSION");
  EXPECT_EQ(broker.CountOf(kApiVersions), 2);
}

TEST(BrokerConnectionTest, PipelinesRequests) {
  // The broker says nothing before three requests are there, so only pipelining gets an answer.
  std::vector<ScriptedRequest> held;
  ScriptedBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key == kApiVersions) return {};
    held.push_back(request);
    ScriptedAnswer all;
    for (size_t i = 0; held.size() == 3 && i < held.size(); ++i) {
      message::ListGroupsResponse response;
      response.groups.push_back({.group_id = "group-" + std::to_string(i)});
      all.bytes += ScriptedBroker::Answer(held[i], response).bytes;
    }
    return all;
  });
  auto connection = Open(broker);
  ASSERT_TRUE(connection.ok()) << connection.status();
  std::vector<SentRequest> sent;
  for (int i = 0; i < 3; ++i) {
    auto request = (*connection)->Send(message::ListGroupsRequest(), Soon());
    ASSERT_TRUE(request.ok()) << request.status();
    sent.push_back(*request);
  }
  for (size_t i : {2u, 0u, 1u}) {
    auto response = (*connection)->Await<message::ListGroupsResponse>(sent[i], Soon());
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->groups.at(0).group_id, "group-" + std::to_string(i));
  }
}

TEST(BrokerConnectionTest, GivesEachThreadItsOwnAnswer) {
  ScriptedBroker broker([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key == kApiVersions) return {};
    message::UnregisterBrokerResponse response;
    response.error_message = std::to_string(request.As<message::UnregisterBrokerRequest>().broker_id);
    return ScriptedBroker::Answer(request, response);
  });
  auto connection = Open(broker);
  ASSERT_TRUE(connection.ok()) << connection.status();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        message::UnregisterBrokerRequest request;
        request.broker_id = t * 1000 + i;
        auto response = (*connection)->Call<message::UnregisterBrokerResponse>(request, Soon());
        ASSERT_TRUE(response.ok()) << response.status();
        EXPECT_EQ(response->error_message, std::to_string(request.broker_id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broker.connections(), 1);
}

TEST(BrokerConnectionTest, RefusesMalformedResponses) {
  struct Case {
    const char* what;
    std::function<ScriptedAnswer(const ScriptedRequest&)> answer;
  };
  auto good = [](const ScriptedRequest& request) {
    return ScriptedBroker::Answer(request, message::ListGroupsResponse()).bytes;
  };
  auto frame = [](const ScriptedRequest& request, const std::string& content) {
    return ScriptedAnswer{.bytes = ScriptedBroker::Frame(request.correlation_id, content)};
  };
  for (const Case& c : std::vector<Case>{
           {"garbage", [](const auto&) { return ScriptedAnswer{.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n"}; }},
           {"a length beyond the limit",
            [](const auto&) {
              return ScriptedAnswer{.bytes = {"\x7f\xff\xff\xff", 4}};
            }},
           {"a negative length",
            [](const auto&) {
              return ScriptedAnswer{.bytes = {"\xff\xff\xff\xff", 4}};
            }},
           {"a length without room for an id",
            [](const auto&) {
              return ScriptedAnswer{.bytes = {"\0\0\0\2ab", 6}};
            }},
           {"an id that nobody asked with",
            [](const auto& request) {
              return ScriptedAnswer{.bytes = ScriptedBroker::Frame(request.correlation_id + 1, "")};
            }},
           {"nothing inside", [&](const auto& request) { return frame(request, ""); }},
           {"half a message",
            [&](const auto& request) { return frame(request, good(request).substr(8, good(request).size() / 2 - 4)); }},
           {"a byte too many", [&](const auto& request) { return frame(request, good(request).substr(8) + "x"); }},
       }) {
    EXPECT_EQ(ErrorReason(AskForGroups(c.answer)), "KAFKA_MALFORMED_RESPONSE") << c.what;
  }
}

TEST(BrokerConnectionTest, ReportsAConnectionThatBreaks) {
  for (const std::string& before : {std::string(), std::string("\0\0\0\x10\0\0", 6)}) {
    absl::Status status = AskForGroups([&](const auto&) { return ScriptedAnswer{.bytes = before, .close = true}; });
    EXPECT_EQ(ErrorReason(status), "KAFKA_CONNECTION_FAILED") << status;
    EXPECT_TRUE(absl::IsUnavailable(status));
  }
}

TEST(BrokerConnectionTest, HonoursTheDeadlineAndDropsALateAnswer) {
  std::mutex mutex;
  std::string late;
  ScriptedBroker broker([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.api_key == kApiVersions) return {};
    std::lock_guard lock(mutex);
    std::string answer = ScriptedBroker::Answer(request, message::ListGroupsResponse()).bytes;
    if (late.empty()) {
      late = answer;
      return {};
    }
    return {.bytes = late + answer};
  });
  auto connection = Open(broker);
  ASSERT_TRUE(connection.ok()) << connection.status();
  auto begun = std::chrono::steady_clock::now();
  auto call = [&](Deadline deadline) {
    return (*connection)->Call<message::ListGroupsResponse>(message::ListGroupsRequest(), deadline).status();
  };
  absl::Status status = call(Deadline::After(absl::Milliseconds(200)));
  auto taken = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(ErrorReason(status), "KAFKA_TIMEOUT") << status;
  EXPECT_GE(taken, std::chrono::milliseconds(200));
  EXPECT_LT(taken, std::chrono::seconds(20));
  // The connection is still good, and the late answer is not taken for the next one.
  EXPECT_TRUE((*connection)->Usable());
  status = call(Soon());
  EXPECT_TRUE(status.ok()) << status;
}

TEST(BrokerConnectionTest, GivesUpAConnectionThatStaysSilent) {
  ScriptedBroker broker([](const ScriptedRequest&) { return ScriptedAnswer(); });
  auto connection = Open(broker, {.limits = {.silence = absl::Milliseconds(100)}});
  ASSERT_TRUE(connection.ok()) << connection.status();
  Deadline deadline = Deadline::After(absl::Milliseconds(300));
  EXPECT_EQ(
      ErrorReason((*connection)->Call<message::ListGroupsResponse>(message::ListGroupsRequest(), deadline).status()),
      "KAFKA_TIMEOUT");
  EXPECT_FALSE((*connection)->Usable());
}

TEST(BrokerConnectionTest, HonoursTheDeadlineOfABlackHole) {
  // The kernel takes the connection; nobody ever reads from it or writes to it.
  ScriptedBroker broker([](const ScriptedRequest&) {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    return ScriptedAnswer{.close = true};
  });
  auto begun = std::chrono::steady_clock::now();
  auto connection = BrokerConnection::Open(broker.address(), {.connect_timeout = absl::Milliseconds(300)}, Soon());
  EXPECT_EQ(ErrorReason(connection.status()), "KAFKA_TIMEOUT") << connection.status();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(BrokerConnectionTest, SeesThatAnIdleConnectionWasClosed) {
  ScriptedBroker broker([](const ScriptedRequest&) { return ScriptedAnswer(); });
  auto connection = Open(broker);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Usable());
  broker.CloseConnections();
  auto deadline = Soon();
  while ((*connection)->Usable() && !deadline.Expired()) std::this_thread::yield();
  EXPECT_FALSE((*connection)->Usable());
}

TEST(BrokerConnectionTest, ReportsWhatCannotBeDialled) {
  BrokerAddress closed;
  {
    ScriptedBroker broker([](const ScriptedRequest&) { return ScriptedAnswer(); });
    closed = broker.address();
  }
  EXPECT_EQ(ErrorReason(BrokerConnection::Open(closed, {}, Soon()).status()), "KAFKA_CONNECTION_FAILED");
  auto unknown = BrokerConnection::Open({.host = "no-such-host.invalid", .port = 9092}, {}, Soon());
  EXPECT_FALSE(unknown.ok());
}

}  // namespace
}  // namespace sluice::kafka_admin
