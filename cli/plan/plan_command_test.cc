#include "cli/plan/plan_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "libs/base/error.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"

namespace sluice::cli {
namespace {

using kafka_admin::AdminClient;
using kafka_admin::testing::FakeAdminClient;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// `sluice plan` before a Kafka in memory: brokers 1 to 4, all of the 24 partitions of 1 GB on 1, 2 and 3.
class PlanCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "plan_command" /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    kafka_ =
        std::make_unique<FakeAdminClient>(std::vector<kafka_admin::Broker>{{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}});
    std::vector<std::vector<int32_t>> assignments;
    for (int p = 0; p < 24; ++p) assignments.push_back({1 + p % 3, 1 + (p + 1) % 3});
    ASSERT_TRUE(kafka_->CreateTopics({{.name = "orders", .assignments = assignments}}, false, kTimeout).ok());
    for (int32_t p = 0; p < 24; ++p) {
      for (int32_t broker : {1, 2, 3}) kafka_->SetReplicaSize({"orders", p}, broker, 1'000'000'000);
      kafka_->SetEndOffset({"orders", p}, 1'000'000);
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  absl::Status Run(std::vector<std::string> arguments) {
    std::istringstream in;
    World world{.out = out_,
                .err = err_,
                .in = in,
                .environment_variable = [](const std::string&) { return std::string(); },
                .clock = clock::RealClock(),
                .random = clock::CryptoRandom(),
                .stop = stop_};
    CommandTree tree;
    AddPlanCommand(tree,
                   [this](kafka_admin::AdminClientOptions options) -> absl::StatusOr<std::unique_ptr<AdminClient>> {
                     dialled_ = std::move(options);
                     return std::move(kafka_);
                   });
    arguments.insert(arguments.begin(), "plan");
    tree.root().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(world, tree.global_options());
    EXPECT_TRUE(session.ok()) << session.status();
    return tree.chosen()(**session);
  }
  absl::Status RunLive(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--bootstrap", "localhost:9092", "--sample", "1s"});
    return Run(std::move(arguments));
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  Json Read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return Json::parse(file);
  }

  std::filesystem::path folder_;
  std::unique_ptr<FakeAdminClient> kafka_;
  kafka_admin::AdminClientOptions dialled_;
  clock::StopSignal stop_;
  std::ostringstream out_, err_;
};

TEST_F(PlanCommand, FillsTheEmptyBrokerOfARunningCluster) {
  const absl::Status status = RunLive({"--out", Path("plan.json"), "--stats", Path("stats.json")});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(dialled_.bootstrap[0].port, 9092);
  int on_the_new_one = 0;
  const Json plan = Read("plan.json"), stats = Read("stats.json");
  for (const Json& entry : plan["partitions"]) {
    for (const Json& broker : entry["replicas"]) on_the_new_one += broker == 4;
  }
  EXPECT_NEAR(on_the_new_one, 12, 1);  // of 48 replicas on 4 brokers
  EXPECT_EQ(stats["bytes_mb"], 1000 * stats["replica_moves"].get<int>());
  EXPECT_EQ(stats["throttle_kbps"], 10'000);
  EXPECT_THAT(out_.str(), HasSubstr("Note: Links have no limit"));
}

TEST_F(PlanCommand, WritesBatchesForKafkasTools) {
  ASSERT_TRUE(RunLive({"--batches", Path("moves"), "--out", Path("plan.json")}).ok());
  const Json plan = Read("plan.json");
  ASSERT_GT(plan["batches"].size(), 0u);
  for (size_t i = 0; i < plan["batches"].size(); ++i) {
    const Json batch = Read("moves/00" + std::to_string(i + 1) + ".json");
    EXPECT_EQ(batch["version"], 1);
    EXPECT_EQ(batch["partitions"], plan["batches"][i]);
  }
  for (const char* words : {"kafka-reassign-partitions.sh --bootstrap-server localhost:9092", "--throttle 10000000",
                            "kafka-leader-election.sh"}) {
    EXPECT_THAT(out_.str(), HasSubstr(words));
  }
}

TEST_F(PlanCommand, TheSavedModelGivesTheSamePlan) {
  ASSERT_TRUE(
      RunLive({"--save-model", Path("now.json.gz"), "--out", Path("live.json"), "--throttle-kbps", "5000"}).ok());
  ASSERT_TRUE(Run({Path("now.json.gz"), "--out", Path("again.json"), "--throttle-kbps", "5000"}).ok());
  EXPECT_EQ(Read("live.json"), Read("again.json"));
  EXPECT_GT(Read("live.json")["partitions"].size(), 0u);
}

TEST_F(PlanCommand, EmptiesABrokerAndLeavesAnExcludedTopicAlone) {
  ASSERT_TRUE(kafka_->CreateTopics({{.name = "still", .assignments = {{2}, {2}}}}, false, kTimeout).ok());
  ASSERT_TRUE(RunLive({"--remove", "1", "--exclude-topic", "still", "--out", Path("plan.json")}).ok());
  int changed = 0;
  const Json plan = Read("plan.json");
  for (const Json& entry : plan["partitions"]) {
    EXPECT_EQ(entry["topic"], "orders");
    EXPECT_THAT(entry["replicas"].get<std::vector<int>>(), Not(::testing::Contains(1)));
    ++changed;
  }
  EXPECT_GE(changed, 16);
}

TEST_F(PlanCommand, GoesAroundADeadBroker) {
  kafka_->SetBrokerAlive(3, false);
  ASSERT_TRUE(RunLive({"--mode", "repair", "--out", Path("plan.json")}).ok());
  const Json plan = Read("plan.json");
  for (const Json& entry : plan["partitions"]) {
    EXPECT_THAT(entry["replicas"].get<std::vector<int>>(), Not(::testing::Contains(3)));
  }
  EXPECT_EQ(plan["partitions"].size(), 16u);
  EXPECT_THAT(out_.str(), HasSubstr("Broker 3 is not alive"));
}

TEST_F(PlanCommand, TellsWhatWasWrong) {
  kafka_->FailNext("DescribeLogDirs", MakeError(absl::StatusCode::kPermissionDenied, "not allowed",
                                                {.reason = "KAFKA_CLUSTER_AUTHORIZATION_FAILED"}));
  const absl::Status status = RunLive({});
  EXPECT_EQ(ErrorReason(status), "KAFKA_CLUSTER_AUTHORIZATION_FAILED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("asked broker 1 for its log dirs"));
}

struct BadUse {
  const char* sentence;
  std::vector<std::string> arguments;
  const char* reason;
  const char* field;
};

class BadPlanCommand : public PlanCommand, public ::testing::WithParamInterface<BadUse> {};

TEST_P(BadPlanCommand, IsRefusedByName) {
  const absl::Status status = Run(GetParam().arguments);
  EXPECT_EQ(ErrorReason(status), GetParam().reason) << status;
  EXPECT_EQ(GetErrorDetail(status)->field, GetParam().field);
  EXPECT_THAT(out_.str(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPlanCommand,
    ::testing::Values(
        BadUse{"neither a file nor a cluster", {}, "INVALID_OPTION", "model"},
        BadUse{"both", {"m.json", "--bootstrap", "x:1"}, "INVALID_OPTION", "model"},
        BadUse{"a disk of no size", {"--bootstrap", "x:1", "--disk-gib", "big"}, "FIGURE_INVALID", "--disk-gib"},
        BadUse{"a link of size 0", {"--bootstrap", "x:1", "--network-mb", "3=0"}, "FIGURE_INVALID", "--network-mb"},
        BadUse{"a sample of no length", {"--bootstrap", "x:1", "--sample", "soon"}, "FIGURE_INVALID", "--sample"},
        BadUse{"a broker that is not there",
               {"--bootstrap", "x:1", "--sample", "0", "--remove", "9"},
               "INVALID_OPTION",
               "--remove"}));

}  // namespace
}  // namespace sluice::cli
