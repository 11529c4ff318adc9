// An organization that calls too often is told so, with when to come back; nobody else notices.

#include <gtest/gtest.h>

#include <string>

#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;

constexpr char kOrganizations[] = "/sluice.provisioner.v1.OrganizationService/";
constexpr int kBurst = 30;

TEST(RateLimit, IsTheOrganizationsOwn) {
  // One call in a thousand seconds: nothing is given back while the test runs.
  auto started = ApiFixture::Start({.limits = {.tenant = {.per_second = 0.001, .burst = kBurst}}});
  ASSERT_TRUE(started.ok()) << started.status();
  ApiFixture& api = **started;
  const std::string acme = *api.AddOrganization("acme");
  const std::string evil = *api.AddOrganization("evil");
  ASSERT_TRUE(api.AddEnvironment(acme, "acme", "prod").ok());
  ASSERT_TRUE(api.AddEnvironment(evil, "evil", "lair").ok());
  v1::GetEnvironmentRequest of_acme, of_evil;
  of_acme.set_name("organizations/acme/environments/prod");
  of_evil.set_name("organizations/evil/environments/lair");
  const std::string get = std::string(kOrganizations) + "GetEnvironment";

  int done = 1;  // its environment
  int limited = 0;
  absl::Status last;
  for (int i = 0; i < 100; ++i) {
    const absl::Status status = api.Call(get, of_evil, evil);
    status.ok() ? ++done : ++limited;
    if (!status.ok()) last = status;
  }
  EXPECT_EQ(done, kBurst);
  EXPECT_EQ(limited, 101 - kBurst);
  EXPECT_EQ(last.code(), absl::StatusCode::kResourceExhausted);
  const auto detail = GetErrorDetail(last);
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, "RATE_LIMITED");
  EXPECT_EQ(detail->metadata.at("limit_of"), "organization");
  ASSERT_TRUE(detail->retry_after.has_value());
  EXPECT_GT(*detail->retry_after, absl::Seconds(100));
  EXPECT_LE(*detail->retry_after, absl::Seconds(1001));

  // What evil used up is none of acme's.
  for (int i = 1; i < kBurst; ++i) {
    const absl::Status status = api.Call(get, of_acme, acme);
    EXPECT_TRUE(status.ok()) << i << ": " << status;
  }
  EXPECT_EQ(ErrorReason(api.Call(get, of_acme, acme)), "RATE_LIMITED");
}

TEST(RateLimit, AMessageOfFiveMebibytesIsRefusedAndCostsNobodyElse) {
  auto started = ApiFixture::Start();
  ASSERT_TRUE(started.ok()) << started.status();
  ApiFixture& api = **started;
  const std::string acme = *api.AddOrganization("acme");
  const std::string evil = *api.AddOrganization("evil");
  ASSERT_TRUE(api.AddEnvironment(acme, "acme", "prod").ok());
  v1::CreateEnvironmentRequest large;
  large.set_parent("organizations/evil");
  large.set_environment_id("lair");
  large.mutable_environment()->set_display_name(std::string(5 * 1024 * 1024, 'x'));
  v1::GetEnvironmentRequest get;
  get.set_name("organizations/acme/environments/prod");
  for (int i = 0; i < 20; ++i) {
    const absl::Status refused = api.Call(std::string(kOrganizations) + "CreateEnvironment", large, evil);
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ErrorReason(refused), "MESSAGE_TOO_LARGE");
    const absl::Status served = api.Call(std::string(kOrganizations) + "GetEnvironment", get, acme);
    EXPECT_TRUE(served.ok()) << served;
  }
}

}  // namespace
}  // namespace sluice::provisioner
