#include "cli/plan/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cli/plan/model_document.h"
#include "cli/plan/plan_document.h"
#include "cli/plan/text_file.h"
#include "libs/base/error.h"
#include "libs/planner/planner.h"
#include "nlohmann/json.hpp"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kBrokers[] = R"("topics":["orders"],"brokers":[
  {"id":1,"rack":"a","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100},"state":"ALIVE"},
  {"id":2,"rack":"b","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100},"state":"DEAD"},
  {"id":3,"rack":"c","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100},"state":"NEW"}])";
constexpr char kPartitions[] = R"("partitions":[[0,0,[1,2],[10,1,2,0.5],[10,1,0,0.1]]])";

std::string WriteModel(const std::string& text, const std::string& name = "model.json") {
  const std::string path = ::testing::TempDir() + name;
  EXPECT_TRUE(WriteTextFile(path, text).ok());
  return path;
}

std::string Whole() {
  return std::string("{\"schema\":\"kbal-model/1\",\"name\":\"m\",") + kBrokers + "," + kPartitions + "}";
}

TEST(ModelFile, ReadsBrokersAndPartitions) {
  const absl::StatusOr<Model> model = ReadModelFile(WriteModel(Whole()));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->name, "m");
  ASSERT_EQ(model->snapshot.brokers.size(), 3u);
  EXPECT_EQ(model->snapshot.brokers[1].state, planner::BrokerState::kDead);
  ASSERT_EQ(model->snapshot.partitions(), 1u);
  EXPECT_EQ(model->snapshot.ReplicasOf(0)[1], 1);
  EXPECT_FLOAT_EQ(model->snapshot.leader_load[0][planner::kNetworkOut], 2);
}

TEST(ModelFile, ReadsItGzippedAsWell) {
  const absl::StatusOr<Model> model = ReadModelFile(WriteModel(Whole(), "model.json.gz"));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->snapshot.partitions(), 1u);
}

TEST(ModelFile, ThePlanIsKafkasOwnReassignmentJson) {
  const absl::StatusOr<Model> model = ReadModelFile(WriteModel(Whole()));
  ASSERT_TRUE(model.ok());
  const absl::StatusOr<planner::Plan> plan = planner::MakePlan(model->snapshot, {.mode = planner::Mode::kRepair});
  ASSERT_TRUE(plan.ok());
  const auto json = nlohmann::json::parse(PlanJson(model->snapshot, *plan));
  EXPECT_EQ(json["partitions"], nlohmann::json::parse(R"([{"topic":"orders","partition":0,"replicas":[1,3]}])"));
  EXPECT_EQ(json["batches"][0], json["partitions"]);
  EXPECT_GT(json["throttle_kbps"], 0);
}

TEST(ModelFile, ReadsLogDirsTopicsAndTheStateOfReplicas) {
  const absl::StatusOr<Model> model = ReadModelFile(WriteModel(
      R"({"schema":"kbal-model/1","topics":["a",{"name":"orders","min_in_sync":2,"excluded":true}],"brokers":[
  {"id":1,"rack":"a","capacity":{"nwIn":100,"nwOut":100,"cpu":100},
   "log_dirs":[{"path":"/x","capacity":400},{"path":"/y","capacity":600,"reserved":50}]},
  {"id":2,"rack":"b","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100},"reserved":{"nwIn":5}}],
  "partitions":[[1,0,[1,2],[10,1,2,0],[10,1,0,0],[1,0],[1,0],[10,9]]]})"));
  ASSERT_TRUE(model.ok()) << model.status();
  const planner::Snapshot& snapshot = model->snapshot;
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].capacity[planner::kDisk], 1000);
  EXPECT_DOUBLE_EQ(snapshot.brokers[0].reserved[planner::kDisk], 50);
  EXPECT_DOUBLE_EQ(snapshot.brokers[1].reserved[planner::kNetworkIn], 5);
  EXPECT_EQ(snapshot.LogDirOf(0), 1);
  EXPECT_FALSE(snapshot.InSync(1));
  EXPECT_EQ(snapshot.min_in_sync[0], 2);
  EXPECT_TRUE(snapshot.pinned[0]);

  // What is written is read as the same.
  const absl::StatusOr<Model> again = ReadModelFile(WriteModel(ModelJson("again", snapshot), "again.json"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ModelJson("again", again->snapshot), ModelJson("again", snapshot));
  EXPECT_EQ(again->snapshot.LogDirOf(0), 1);
  EXPECT_FALSE(again->snapshot.InSync(1));
}

TEST(ModelFile, APlanNamesLogDirsAsKafkaDoes) {
  const absl::StatusOr<Model> model = ReadModelFile(WriteModel(
      R"({"schema":"kbal-model/1","topics":["orders"],"brokers":[
  {"id":1,"rack":"a","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100},"state":"DEAD"},
  {"id":2,"rack":"b","capacity":{"nwIn":100,"nwOut":100,"cpu":100},
   "log_dirs":[{"path":"/x","capacity":5},{"path":"/y","capacity":600}]},
  {"id":3,"rack":"c","capacity":{"disk":1000,"nwIn":100,"nwOut":100,"cpu":100}}],
  "partitions":[[0,0,[3,1],[10,1,2,0],[10,1,0,0]]]})"));
  ASSERT_TRUE(model.ok()) << model.status();
  const absl::StatusOr<planner::Plan> plan = planner::MakePlan(model->snapshot, {.mode = planner::Mode::kRepair});
  ASSERT_TRUE(plan.ok());
  const auto json = nlohmann::json::parse(PlanJson(model->snapshot, *plan));
  ASSERT_EQ(json["partitions"].size(), 1u);
  EXPECT_EQ(json["partitions"][0]["replicas"], nlohmann::json::parse("[3,2]"));
  EXPECT_EQ(json["partitions"][0]["log_dirs"], nlohmann::json::parse(R"(["any","/y"])"));
}

struct BadModel {
  const char* sentence;
  std::string text;
  const char* names;
};

class BadModelFile : public ::testing::TestWithParam<BadModel> {};

TEST_P(BadModelFile, IsRefusedByName) {
  const absl::Status status = ReadModelFile(WriteModel(GetParam().text)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().names));
}

std::string With(const std::string& brokers, const std::string& partitions) {
  return "{\"schema\":\"kbal-model/1\"," + brokers + "," + partitions + "}";
}

INSTANTIATE_TEST_SUITE_P(
    All, BadModelFile,
    ::testing::Values(
        BadModel{"no JSON", "{\"schema\":", "not JSON"}, BadModel{"a list", "[]", "not an object"},
        BadModel{"another schema", std::string("{\"schema\":\"x\",") + kBrokers + "," + kPartitions + "}", "schema"},
        BadModel{"no partitions", std::string("{\"schema\":\"kbal-model/1\",") + kBrokers + "}", "no partitions"},
        BadModel{"partitions before brokers", std::string("{") + kPartitions + "}", "brokers must come before"},
        BadModel{"an unknown broker", With(kBrokers, R"("partitions":[[0,0,[9],[1,1,1,1],[1,1,1,1]]])"), "broker 9"},
        BadModel{"an unknown topic", With(kBrokers, R"("partitions":[[5,0,[1],[1,1,1,1],[1,1,1,1]]])"), "topic 5"},
        BadModel{"a load short", With(kBrokers, R"("partitions":[[0,0,[1],[1,1,1],[1,1,1,1]]])"),
                 "missing load for cpu"},
        BadModel{"a load that is null", With(kBrokers, R"("partitions":[[0,0,[1],[null,1,1,1],[1,1,1,1]]])"), "disk"},
        BadModel{"a partition cut short", With(kBrokers, R"("partitions":[[0,0,[1]]])"), "a partition is not"},
        BadModel{"a state of no meaning", R"({"topics":[],"brokers":[{"id":1,"state":"ASLEEP"}],"partitions":[]})",
                 "ASLEEP"},
        BadModel{"a state that is a number", R"({"topics":[],"brokers":[{"id":1,"state":5}],"partitions":[]})",
                 "not of its type"},
        BadModel{"no capacity", R"({"topics":[],"brokers":[{"id":1}],"partitions":[]})", "broker 1 has no capacity"}));

TEST(ModelFile, SaysThatThereIsNone) {
  const absl::Status status = ReadModelFile(::testing::TempDir() + "none.json").status();
  EXPECT_EQ(ErrorReason(status), "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace sluice::cli
