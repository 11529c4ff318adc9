#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/testing/command_line.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using CompleteTest = testing::CommandLineTest;

TEST_F(CompleteTest, VerbsOptionsAndValues) {
  EXPECT_EQ(Run({"__complete", "kafka", "un"}).out, "undelete\n");
  EXPECT_EQ(Run({"__complete", "to"}).out, "topic\n");
  EXPECT_EQ(Run({"__complete", "kafka", "create", "orders", "--type", ""}).out, "dedicated\nserverless\n");
  EXPECT_EQ(Run({"__complete", "kafka", "create", "--broke"}).out, "--brokers\n");
  EXPECT_THAT(Run({"__complete", "kafka", "create", "--"}).out, AllOf(HasSubstr("--type\n"), HasSubstr("--timeout\n")));
  EXPECT_EQ(Run({"__complete", "-o", "j"}).out, "java\njson\n");
}

TEST_F(CompleteTest, NamesFromTheApi) {
  Run({"kafka", "create", "orders", "--type", "serverless"});
  Run({"kafka", "create", "other", "--type", "serverless"});
  api_.FailNext("ListKafkaClusters", grpc::Status(grpc::StatusCode::PERMISSION_DENIED, ""));
  // No name is an answer too, and an error is none.
  EXPECT_EQ(Run({"__complete", "kafka", "describe", ""}).out, "");
  EXPECT_EQ(Run({"__complete", "kafka", "describe", "orders"}).err, "");
  EXPECT_EQ(Run({"__complete", "key", "list", "--cluster", "or"}).out, "orders\n");
  EXPECT_EQ(Run({"__complete", "context", "use", ""}).out, "test\n");
  EXPECT_THAT(Run({"__complete", "kafka", "create", ""}).out, Not(HasSubstr("orders")));
}

TEST_F(CompleteTest, ScriptsAskThisCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(Run({"completion", shell}).out, HasSubstr("__complete"));
  }
}

}  // namespace
}  // namespace sluice::cli
