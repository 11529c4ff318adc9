#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "cli/output/document.h"
#include "cli/testing/command_line.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using PlatformTest = testing::CommandLineTest;
using provisioner::v1::RoleBinding;
using testing::Ended;

TEST_F(PlatformTest, ASecretIsShownOnceOrWrittenForItsOwnerAlone) {
  const Ended shown = Run({"org", "create", "acme", "-o", "json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(Document::parse(shown.out)["secret"], "sk_ak-1_topsecret");

  const std::string file = folder_ / "keys" / "acme.key";
  const Ended written = Run({"org", "create", "acme", "--secret-file", file, "-o", "json"});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  EXPECT_THAT(written.out, Not(HasSubstr("topsecret")));
  EXPECT_EQ(Document::parse(written.out)["secret_file"], file);
  std::string secret;
  std::ifstream(file) >> secret;
  EXPECT_EQ(secret, "sk_ak-1_topsecret");
  struct stat info;
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(PlatformTest, ASecretThatCannotBeWrittenIsNotLost) {
  const Ended ended = Run({"apikey", "create", "ci", "--secret-file", (folder_ / "config.yaml" / "x").string()});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.out, HasSubstr("sk_ak-2_topsecret"));
  EXPECT_THAT(ended.err, HasSubstr("FILE_UNWRITABLE"));
}

TEST_F(PlatformTest, AnApiKeyMayExpire) {
  ASSERT_EQ(Run({"apikey", "create", "ci", "--expires-in", "90d"}).exit_code, 0);
  const auto request = api_.organizations().create_api_key;
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_NEAR(request.api_key().expire_time().seconds(), absl::ToUnixSeconds(absl::Now()) + 90 * 86400, 60);
  EXPECT_EQ(Run({"apikey", "create", "ci", "--expires-in", "never"}).exit_code, 2);
}

TEST_F(PlatformTest, RolesAreBoundToWhatTheyAreAbout) {
  struct Case {
    std::vector<std::string> line;
    RoleBinding::Role role;
    const char* scope;
    const char* principal;
  };
  for (const Case& one : {
           Case{
               {"ci", "--role", "viewer"}, RoleBinding::VIEWER, "organizations/acme/environments/prod", "apiKeys/ak-2"},
           Case{{"ak-9", "--role", "viewer", "--organization"},
                RoleBinding::VIEWER,
                "organizations/acme",
                "apiKeys/ak-9"},
           Case{{"apiKeys/ak-9", "--role", "environment-admin", "--env", "test"},
                RoleBinding::ENVIRONMENT_ADMIN,
                "organizations/acme/environments/test",
                "apiKeys/ak-9"},
           Case{{"ak-9", "--role", "organization-admin"},
                RoleBinding::ORGANIZATION_ADMIN,
                "organizations/acme",
                "apiKeys/ak-9"},
           Case{{"ak-9", "--role", "platform-admin"}, RoleBinding::PLATFORM_ADMIN, "platform", "apiKeys/ak-9"},
       }) {
    std::vector<std::string> line = {"role", "bind"};
    line.insert(line.end(), one.line.begin(), one.line.end());
    const Ended ended = Run(line);
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    const RoleBinding sent = api_.organizations().create_role_binding.role_binding();
    EXPECT_EQ(sent.role(), one.role);
    EXPECT_EQ(sent.scope(), one.scope);
    EXPECT_EQ(sent.principal(), one.principal);
  }
}

TEST_F(PlatformTest, RegisterPrintsTheToken) {
  const Ended ended = Run({"dataplane", "register", "local", "--region", "here", "-o", "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const Document made = Document::parse(ended.out);
  EXPECT_EQ(made["name"], "local");
  EXPECT_EQ(made["region"], "here");
  EXPECT_EQ(made["substrate"], "LOCAL");
  EXPECT_EQ(made["enrolment_token"], "once");
}

TEST_F(PlatformTest, DescribeOfADataPlaneSaysWhatItsClustersWaitFor) {
  const Ended ended = Run({"dataplane", "describe", "local"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("local  CONNECTED"), HasSubstr("pkc-1    shared cell  DEGRADED  2 of 3"),
                               HasSubstr("broker 2 is backing off  BrokerDown")));
}

TEST_F(PlatformTest, EnvironmentsBelongToTheContextsOrganization) {
  const Ended ended = Run({"env", "create", "staging", "-o", "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(Document::parse(ended.out)["resource_name"], "organizations/acme/environments/staging");
}

TEST_F(PlatformTest, ContextsAreAddedUsedAndShown) {
  std::ofstream(folder_ / "ca.pem") << "ca";
  std::ofstream(folder_ / "key") << "secret";
  const std::string ca = folder_ / "ca.pem";
  ASSERT_EQ(
      Run({"context", "add", "eu", "--endpoint", "eu:443", "--ca-file", ca, "--key-file", folder_ / "key"}).exit_code,
      0);
  EXPECT_EQ(Run({"context", "add", "x", "--endpoint", "x:1", "--ca-file", ca, "--key-file", folder_ / "no"}).exit_code,
            4);
  EXPECT_EQ(Run({"context", "use", "eu"}).exit_code, 0);
  EXPECT_EQ(Run({"context", "use", "nowhere"}).exit_code, 3);
  const Document list = Document::parse(Run({"context", "list", "-o", "json"}).out);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1]["name"], "eu");
  EXPECT_EQ(list[1]["current"], true);
  EXPECT_EQ(list[1]["ca_file"], ca);
  const Ended show = Run({"context", "show", "--context", "test", "-o", "json"});
  ASSERT_EQ(show.exit_code, 0) << show.err;
  EXPECT_EQ(Document::parse(show.out)["principal"], "apiKeys/ak-1");
  EXPECT_EQ(Document::parse(show.out)["organization"], "acme");
}

}  // namespace
}  // namespace sluice::cli
