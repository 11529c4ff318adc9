#include "cli/run/run.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/output/document.h"
#include "cli/testing/command_line.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using RunTest = testing::CommandLineTest;
using testing::Ended;

constexpr char kOrders[] = "organizations/acme/environments/prod/kafkaClusters/orders";

google::rpc::Status Error(int code, const std::string& message, const std::string& reason, const std::string& field) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("sluice");
  status.add_details()->PackFrom(info);
  if (!field.empty()) {
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field(field);
    status.add_details()->PackFrom(bad);
  }
  return status;
}

grpc::Status GrpcError(int code, const std::string& message, const std::string& reason, const std::string& field = "") {
  const google::rpc::Status status = Error(code, message, reason, field);
  return grpc::Status(static_cast<grpc::StatusCode>(code), message, status.SerializeAsString());
}

TEST_F(RunTest, CreateWaitsAndPrintsWhatAClientNeeds) {
  api_.SetWaitsBeforeDone(3);
  const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless", "--wait", "-o", "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const Document cluster = Document::parse(ended.out);
  EXPECT_EQ(cluster["name"], "orders");
  EXPECT_EQ(cluster["id"], "lkc-7f3k2p9q");
  EXPECT_EQ(cluster["state"], "READY");
  EXPECT_EQ(cluster["bootstrap_servers"], "localhost:9092,localhost:9093");
  EXPECT_EQ(cluster["security_protocol"], "SASL_SSL");
  EXPECT_EQ(cluster["sasl_mechanism"], "SCRAM-SHA-512");
  EXPECT_EQ(cluster["topic_prefix"], "lkc-7f3k2p9q.");
  EXPECT_EQ(cluster["group_prefix"], "lkc-7f3k2p9q.");
  EXPECT_EQ(cluster["transactional_id_prefix"], "lkc-7f3k2p9q.");
  EXPECT_EQ(cluster["replication_factor"], 3);
  const std::filesystem::path ca_file = cluster["ca_file"].get<std::string>();
  EXPECT_TRUE(ca_file.is_absolute());
  std::ifstream ca(ca_file);
  std::string first_line;
  std::getline(ca, first_line);
  EXPECT_EQ(first_line, "-----BEGIN CERTIFICATE-----");
  EXPECT_EQ(api_.calls("WaitOperation"), 3);
  EXPECT_EQ(api_.last_create().parent(), "organizations/acme/environments/prod");
}

TEST_F(RunTest, CreateSendsWhatItWasGiven) {
  const Ended ended =
      Run({"kafka",    "create",  "big",       "--type",  "dedicated", "--brokers", "5",    "--disk-mib",
           "2048",     "--label", "team=blue", "--label", "note=a=b",  "--ingress", "5MiB", "--deletion-protection",
           "--region", "eu",      "--no-wait", "-o",      "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto request = api_.last_create();
  EXPECT_EQ(request.kafka_cluster().type(), provisioner::v1::KafkaCluster::DEDICATED);
  EXPECT_EQ(request.kafka_cluster().brokers(), 5);
  EXPECT_EQ(request.kafka_cluster().broker_disk_mib(), 2048);
  EXPECT_EQ(request.kafka_cluster().labels().at("note"), "a=b");
  EXPECT_EQ(request.kafka_cluster().limits().ingress_bytes_per_second(), 5 * 1024 * 1024);
  EXPECT_TRUE(request.kafka_cluster().deletion_protection());
  EXPECT_EQ(request.kafka_cluster().region(), "eu");
  const Document operation = Document::parse(ended.out);
  EXPECT_EQ(operation["name"], "op-1");
  EXPECT_EQ(operation["done"], false);
  EXPECT_EQ(api_.calls("WaitOperation"), 0);
}

TEST_F(RunTest, ARepeatAfterAnOutageCarriesTheSameRequestId) {
  api_.FailNext("CreateKafkaCluster", grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"));
  api_.FailNext("CreateKafkaCluster", grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"));
  api_.FailNext("WaitOperation", grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting"));
  const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  ASSERT_THAT(api_.request_ids(), SizeIs(3));
  EXPECT_THAT(api_.request_ids(), Each(api_.request_ids()[0]));
  EXPECT_THAT(api_.request_ids()[0], SizeIs(36));
  EXPECT_EQ(api_.calls("WaitOperation"), 2);
}

TEST_F(RunTest, AGivenRequestIdIsUsed) {
  Run({"kafka", "create", "orders", "--type", "serverless", "--request-id", "11111111-2222-4333-8444-555555555555"});
  EXPECT_THAT(api_.request_ids(), ElementsAre("11111111-2222-4333-8444-555555555555"));
}

TEST_F(RunTest, AllCallsOfACommandShareATrace) {
  api_.FailNext("GetKafkaCluster", GrpcError(5, "there is no such cluster", "CLUSTER_NOT_FOUND"));
  Run({"kafka", "create", "orders", "--type", "serverless"});
  ASSERT_THAT(api_.traceparents(), SizeIs(2));
  EXPECT_EQ(api_.traceparents()[0].substr(0, 36), api_.traceparents()[1].substr(0, 36));
  const Ended ended = Run({"kafka", "describe", "orders"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.err, HasSubstr(api_.traceparents().back().substr(3, 32)));
}

TEST_F(RunTest, ErrorsOfTheApiSayReasonAndFieldAndGiveTheirExitCode) {
  struct Case {
    int code;
    int exit_code;
  };
  for (const Case& one : {Case{3, 2}, Case{5, 3}, Case{6, 4}, Case{9, 4}, Case{10, 4}, Case{7, 5}, Case{16, 5},
                          Case{13, 1}, Case{12, 1}}) {
    api_.FailNext("CreateKafkaCluster", GrpcError(one.code, "it is so", "BECAUSE", "kafka_cluster_id"));
    const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless", "-o", "json"});
    EXPECT_EQ(ended.exit_code, one.exit_code) << one.code;
    EXPECT_THAT(ended.out, IsEmpty());
    const Document error = Document::parse(ended.err)["error"];
    EXPECT_EQ(error["reason"], "BECAUSE");
    EXPECT_EQ(error["field"], "kafka_cluster_id");
    EXPECT_THAT(error["trace_id"].get<std::string>(), SizeIs(32));
  }
}

TEST_F(RunTest, AnOperationThatFailsIsExitCode7) {
  api_.SetOperationError(Error(8, "no cell has room", "NO_CAPACITY", ""));
  const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless"});
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("no cell has room"), HasSubstr("NO_CAPACITY")));
}

TEST_F(RunTest, AWaitThatIsTooLongNamesTheOperation) {
  api_.SetWaitsBeforeDone(1'000'000'000);
  const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless", "--timeout", "1s", "-o", "json"});
  EXPECT_EQ(ended.exit_code, 6);
  // Progress may stand before it.
  const Document error = Document::parse(ended.err.substr(ended.err.find("{\"error\"")))["error"];
  EXPECT_EQ(error["reason"], "WAIT_TIMED_OUT");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("waits for the data plane"));
  EXPECT_THAT(error["remedy"].get<std::string>(),
              HasSubstr("sluice operation wait organizations/acme/operations/op-1"));
}

TEST_F(RunTest, ValidateOnlyShowsThePlan) {
  const Ended ended = Run({"kafka", "create", "orders", "--type", "serverless", "--validate-only", "-o", "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const Document plan = Document::parse(ended.out);
  EXPECT_EQ(plan["data_plane"], "local");
  EXPECT_EQ(plan["physical_cluster"], "pkc-1");
  EXPECT_EQ(plan["steps"][0]["description"], "make its users");
  EXPECT_EQ(api_.calls("WaitOperation"), 0);
}

TEST_F(RunTest, KeyCreateShowsThePasswordInEveryForm) {
  Run({"kafka", "create", "orders", "--type", "serverless"});
  const Ended json = Run({"key", "create", "--cluster", "orders", "-o", "json"});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const Document key = Document::parse(json.out);
  EXPECT_EQ(key["username"], "lkc-7f3k2p9q.key-1");
  EXPECT_EQ(key["password"], "s3cret\"\\'");
  EXPECT_EQ(key["state"], "READY");
  EXPECT_EQ(key["bootstrap_servers"], "localhost:9092,localhost:9093");

  const Ended java = Run({"key", "create", "--cluster", "orders", "-o", "java"});
  EXPECT_THAT(java.out, HasSubstr("required username=\"lkc-7f3k2p9q.key-1\" password=\"s3cret\\\\\"\\\\\\\\'\";\n"));
  EXPECT_THAT(java.out, HasSubstr("ssl.truststore.type=PEM\n"));
  const Ended librdkafka = Run({"key", "create", "--cluster", "orders", "-o", "librdkafka"});
  EXPECT_THAT(librdkafka.out,
              HasSubstr("sasl.username=lkc-7f3k2p9q.key-1\nsasl.password=s3cret\"\\'\nssl.ca.location=/"));
  const Ended shell = Run({"key", "create", "--cluster", "orders", "-o", "env"});
  EXPECT_THAT(shell.out, HasSubstr("export KAFKA_SASL_PASSWORD='s3cret\"\\'\\'''\n"));
  const Ended people = Run({"key", "create", "ingest", "--cluster", "orders"});
  EXPECT_THAT(people.out, AllOf(StartsWith("ingest  READY\n"), HasSubstr("shown this once")));
}

TEST_F(RunTest, APasswordIsShownEvenWhenItsOperationFails) {
  Run({"kafka", "create", "orders", "--type", "serverless"});
  api_.SetOperationError(Error(14, "the data plane is out of reach", "DATA_PLANE_UNREACHABLE", ""));
  const Ended ended = Run({"key", "create", "--cluster", "orders", "-o", "json"});
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(Document::parse(ended.out)["password"], "s3cret\"\\'");
}

TEST_F(RunTest, SettingsFormatsAreForKeysAlone) {
  const Ended ended = Run({"kafka", "list", "-o", "java"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("sluice key create"));
}

TEST_F(RunTest, ListsReadAllPages) {
  for (const char* name : {"a", "b", "c"}) Run({"kafka", "create", name, "--type", "serverless"});
  const Ended json = Run({"kafka", "list", "-o", "json"});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  EXPECT_EQ(Document::parse(json.out).size(), 3u);
  EXPECT_EQ(api_.calls("ListKafkaClusters"), 3);
  const Ended table = Run({"kafka", "list"});
  EXPECT_THAT(table.out, AllOf(StartsWith("NAME  ID"), HasSubstr("\nb     lkc-7f3k2p9q  SERVERLESS  READY")));
  const Ended yaml = Run({"kafka", "list", "-o", "yaml"});
  EXPECT_THAT(yaml.out, StartsWith("- name: a\n"));
}

TEST_F(RunTest, DescribeSaysWhatAClusterWaitsForAndWhy) {
  provisioner::v1::KafkaCluster cluster;
  cluster.set_name(kOrders);
  cluster.set_uid("lkc-2");
  cluster.set_state(provisioner::v1::KafkaCluster::PROVISIONING);
  auto& condition = *cluster.add_conditions();
  condition.set_type("Ready");
  condition.set_status(provisioner::v1::Condition::FALSE);
  condition.set_reason("BrokersStarting");
  condition.set_message("broker 2 of 3 is starting");
  auto& well = *cluster.add_conditions();
  well.set_type("Rebalancing");
  well.set_status(provisioner::v1::Condition::FALSE);
  api_.AddCluster(cluster);
  const Ended ended = Run({"kafka", "describe", "orders"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("WAITS FOR                  WHY\nbroker 2 of 3 is starting  BrokersStarting\n\n"));
  EXPECT_THAT(ended.out, HasSubstr("CONDITION    STATUS"));
}

TEST_F(RunTest, UpdateSendsAMaskOfWhatWasGiven) {
  Run({"kafka", "create", "orders", "--type", "serverless"});
  const Ended ended = Run({"kafka", "update", "orders", "--egress", "1MiB", "--label", "a=1", "--display-name", "",
                           "--no-deletion-protection"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto request = api_.last_update();
  EXPECT_THAT(request.update_mask().paths(),
              ElementsAre("display_name", "deletion_protection", "limits.egress_bytes_per_second", "labels"));
  EXPECT_EQ(Run({"kafka", "update", "orders"}).exit_code, 2);
}

TEST_F(RunTest, DeleteAsksWhereSomeoneCanAnswer) {
  Run({"kafka", "create", "orders", "--type", "serverless"});
  EXPECT_EQ(Run({"kafka", "delete", "orders"}, "n\n", /*is_terminal=*/true).exit_code, 2);
  EXPECT_EQ(Run({"kafka", "delete", "orders"}, "", /*is_terminal=*/true).exit_code, 2);
  EXPECT_EQ(Run({"kafka", "delete", "orders", "--purge-now"}).exit_code, 2);
  EXPECT_EQ(api_.calls("DeleteKafkaCluster"), 0);
  EXPECT_EQ(Run({"kafka", "delete", "orders"}, "yes\n", /*is_terminal=*/true).exit_code, 0);
  EXPECT_EQ(Run({"kafka", "delete", "orders", "--yes"}).exit_code, 3);
}

TEST_F(RunTest, ArgumentErrorsAreUsageErrors) {
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {},
           {"kafka"},
           {"kafka", "frobnicate"},
           {"kafka", "create", "orders"},
           {"kafka", "create", "orders", "--type", "huge"},
           {"kafka", "create", "--type", "serverless"},
           {"kafka", "create", "orders", "--type", "serverless", "--ingress", "fast"},
           {"kafka", "create", "orders", "--type", "serverless", "--label", "blue"},
           {"kafka", "create", "orders", "--type", "serverless", "--wait", "--no-wait"},
           {"kafka", "list", "-o", "xml"},
           {"kafka", "list", "--timeout", "soon"},
           {"kafka", "describe", "a/b"},
           {"topic", "describe", "clicks"}}) {
    const Ended ended = Run(line);
    EXPECT_EQ(ended.exit_code, 2) << (line.empty() ? "" : line.back()) << ended.err;
    EXPECT_THAT(ended.err, StartsWith("sluice: "));
    EXPECT_THAT(ended.out, IsEmpty());
  }
  EXPECT_EQ(api_.calls("CreateKafkaCluster"), 0);
}

TEST_F(RunTest, EveryVerbHasHelpWithExamples) {
  EXPECT_EQ(Run({"--help"}).exit_code, 0);
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {"kafka", "create", "--help"}, {"watch", "--help"}, {"role", "bind", "--help"}}) {
    const Ended ended = Run(line);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_THAT(ended.out, HasSubstr("Examples:\n  sluice "));
  }
}

TEST_F(RunTest, WithoutAContextItSaysHowToMakeOne) {
  std::filesystem::remove(folder_ / "config.yaml");
  const Ended ended = Run({"kafka", "list"});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("NO_CONTEXT"), HasSubstr("sluice context add")));
}

}  // namespace
}  // namespace sluice::cli
