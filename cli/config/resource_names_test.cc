#include "cli/config/resource_names.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "libs/base/error.h"

namespace sluice::cli {
namespace {

using Result = absl::StatusOr<std::string>;

const Scope kScope = {.organization = "acme", .environment = "prod"};

struct Case {
  const char* about;
  std::function<Result()> resolve;
  // The full name, or the error's reason and field.
  const char* expected;
  const char* field = "";
};

class ResourceNamesTest : public ::testing::TestWithParam<Case> {};

TEST_P(ResourceNamesTest, Resolves) {
  const Result result = GetParam().resolve();
  if (result.ok()) {
    EXPECT_EQ(*result, GetParam().expected) << GetParam().about;
    return;
  }
  const auto detail = GetErrorDetail(result.status());
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, GetParam().expected) << GetParam().about << ": " << result.status();
  EXPECT_EQ(detail->field, GetParam().field) << GetParam().about;
}

INSTANTIATE_TEST_SUITE_P(
    Names, ResourceNamesTest,
    ::testing::Values(
        Case{"short cluster", [] { return KafkaClusterName(kScope, "orders"); },
             "organizations/acme/environments/prod/kafkaClusters/orders"},
        Case{"full cluster of another organization",
             [] { return KafkaClusterName(kScope, "organizations/b/environments/c/kafkaClusters/d"); },
             "organizations/b/environments/c/kafkaClusters/d"},
        Case{"full cluster needs no scope",
             [] { return KafkaClusterName({}, "organizations/b/environments/c/kafkaClusters/d"); },
             "organizations/b/environments/c/kafkaClusters/d"},
        Case{"empty cluster", [] { return KafkaClusterName(kScope, ""); }, "NAME_INVALID", "cluster"},
        Case{"another kind's name", [] { return KafkaClusterName(kScope, "organizations/b/environments/c"); },
             "NAME_INVALID", "cluster"},
        Case{"a part is empty",
             [] { return KafkaClusterName(kScope, "organizations//environments/c/kafkaClusters/d"); }, "NAME_INVALID",
             "cluster"},
        Case{"half a name", [] { return KafkaClusterName(kScope, "prod/orders"); }, "NAME_INVALID", "cluster"},
        Case{"no environment", [] { return KafkaClusterName({.organization = "acme"}, "orders"); }, "SCOPE_INCOMPLETE",
             "environment"},
        Case{"no organization", [] { return KafkaClusterName({.environment = "prod"}, "orders"); }, "SCOPE_INCOMPLETE",
             "organization"},
        Case{"scope with full names",
             [] {
               return KafkaClusterName(
                   {.organization = "organizations/x", .environment = "organizations/x/environments/y"}, "orders");
             },
             "organizations/x/environments/y/kafkaClusters/orders"},
        Case{"topic with dots", [] { return TopicName(kScope, "orders", "a.b_c-d"); },
             "organizations/acme/environments/prod/kafkaClusters/orders/topics/a.b_c-d"},
        Case{"topic without its cluster", [] { return TopicName(kScope, "", "t"); }, "SCOPE_INCOMPLETE", "cluster"},
        Case{"topic by its full name",
             [] { return TopicName({}, "", "organizations/b/environments/c/kafkaClusters/d/topics/t"); },
             "organizations/b/environments/c/kafkaClusters/d/topics/t"},
        Case{"key of a cluster given in full",
             [] { return KafkaKeyName({}, "organizations/b/environments/c/kafkaClusters/d", "k"); },
             "organizations/b/environments/c/kafkaClusters/d/keys/k"},
        Case{"all environments", [] { return EnvironmentName(kScope, "-"); }, "organizations/acme/environments/-"},
        Case{"the scope's environment", [] { return EnvironmentName(kScope); }, "organizations/acme/environments/prod"},
        Case{"operation", [] { return OperationName(kScope, "op-1"); }, "organizations/acme/operations/op-1"},
        Case{"API key", [] { return ApiKeyName(kScope, "ci"); }, "organizations/acme/apiKeys/ci"},
        Case{"role binding", [] { return RoleBindingName(kScope, "rb"); }, "organizations/acme/roleBindings/rb"},
        Case{"data plane", [] { return DataPlaneName("local"); }, "dataPlanes/local"},
        Case{"full data plane", [] { return DataPlaneName("dataPlanes/eu-1"); }, "dataPlanes/eu-1"},
        Case{"empty data plane", [] { return DataPlaneName(""); }, "NAME_INVALID", "dataplane"}));

TEST(SegmentsTest, LastAndParent) {
  EXPECT_EQ(LastSegment("organizations/a/environments/b"), "b");
  EXPECT_EQ(LastSegment("b"), "b");
  EXPECT_EQ(ParentOf("organizations/a/environments/b"), "organizations/a");
  EXPECT_EQ(ParentOf("organizations/a"), "");
  EXPECT_EQ(ParentOf("a"), "");
}

}  // namespace
}  // namespace sluice::cli
