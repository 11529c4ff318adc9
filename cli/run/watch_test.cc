#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/output/document.h"
#include "cli/testing/command_line.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using WatchTest = testing::CommandLineTest;
using provisioner::v1::WatchResponse;
using testing::Ended;

WatchResponse Change(const std::string& token, const std::string& cluster,
                     provisioner::v1::KafkaCluster::State state = provisioner::v1::KafkaCluster::READY) {
  WatchResponse response;
  response.set_kind(WatchResponse::CHANGE);
  response.set_resume_token(token);
  response.mutable_kafka_cluster()->set_name("organizations/acme/environments/prod/kafkaClusters/" + cluster);
  response.mutable_kafka_cluster()->set_state(state);
  return response;
}

WatchResponse Heartbeat(const std::string& token) {
  WatchResponse response;
  response.set_kind(WatchResponse::HEARTBEAT);
  response.set_resume_token(token);
  return response;
}

grpc::Status WithReason(grpc::StatusCode code, const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("sluice");
  google::rpc::Status status;
  status.set_code(code);
  status.add_details()->PackFrom(info);
  return grpc::Status(code, reason, status.SerializeAsString());
}

TEST_F(WatchTest, ResumesFromTheLastTokenAfterADisconnect) {
  api_.AddWatch({{Change("t1", "a"), Heartbeat("t2")}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone")});
  api_.AddWatch({{Change("t3", "b")}, WithReason(grpc::StatusCode::UNAVAILABLE, "STREAM_AGE_LIMIT")});
  // The third opening finds no script and is refused, which ends the watch.
  const Ended ended = Run({"watch"});
  EXPECT_THAT(api_.resume_tokens(), ElementsAre("", "t2", "t3"));
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.out, HasSubstr("kafka      a "));
  EXPECT_THAT(ended.out, HasSubstr("kafka      b "));
  EXPECT_THAT(ended.err, HasSubstr("resuming where it was"));
  // The age limit is the API's own way: nobody needs to hear of it.
  EXPECT_THAT(ended.err, Not(HasSubstr("STREAM_AGE_LIMIT);")));
}

TEST_F(WatchTest, AnExpiredTokenBeginsAnew) {
  api_.FailNext("Watch", WithReason(grpc::StatusCode::OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED"));
  api_.AddWatch({{Change("t9", "a")}, WithReason(grpc::StatusCode::UNAVAILABLE, "STREAM_AGE_LIMIT")});
  const Ended ended = Run({"watch", "--resume-token", "old"});
  EXPECT_THAT(api_.resume_tokens(), ElementsAre("old", "", "t9"));
  EXPECT_THAT(ended.err, HasSubstr("starting anew"));
}

TEST_F(WatchTest, ProgramsGetALineEachWithItsToken) {
  api_.AddWatch({{Change("t1", "a", provisioner::v1::KafkaCluster::PROVISIONING), Heartbeat("t2")},
                 grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no more")});
  const Ended ended = Run({"watch", "-o", "json"});
  std::istringstream lines(ended.out);
  std::string line;
  std::vector<Document> documents;
  while (std::getline(lines, line)) documents.push_back(Document::parse(line));
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0]["kind"], "CHANGE");
  EXPECT_EQ(documents[0]["resource"], "kafka");
  EXPECT_EQ(documents[0]["resume_token"], "t1");
  EXPECT_EQ(documents[0]["object"]["state"], "PROVISIONING");
  EXPECT_EQ(documents[1]["kind"], "HEARTBEAT");
}

TEST_F(WatchTest, ShowsTopicsAndThatTheyAreGone) {
  WatchResponse made;
  made.set_kind(WatchResponse::CHANGE);
  made.set_resume_token("t1");
  made.mutable_topic()->set_name("organizations/acme/environments/prod/kafkaClusters/orders/topics/clicks");
  made.mutable_topic()->set_state(provisioner::v1::Topic::READY);
  WatchResponse gone = made;
  gone.set_resume_token("t2");
  gone.set_erased(true);
  const auto script = [&] {
    api_.AddWatch({{made, gone}, grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no more")});
  };
  script();
  const Ended for_people = Run({"watch"});
  EXPECT_THAT(for_people.out, ::testing::ContainsRegex("topic +clicks +READY"));
  EXPECT_THAT(for_people.out, ::testing::ContainsRegex("topic +clicks +GONE"));
  script();
  std::istringstream lines(Run({"watch", "-o", "json"}).out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(Document::parse(line)["resource"], "topic");
  EXPECT_EQ(Document::parse(line)["erased"], false);
  std::getline(lines, line);
  EXPECT_EQ(Document::parse(line)["erased"], true);
}

TEST_F(WatchTest, AStopEndsItWell) {
  api_.AddWatch({{Change("t1", "a")}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone")});
  stop_.Stop();
  const Ended ended = Run({"watch"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
}

}  // namespace
}  // namespace sluice::cli
