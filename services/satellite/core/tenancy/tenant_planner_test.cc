#include "services/satellite/core/tenancy/tenant_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/satellite/core/tenancy/quota.h"

namespace sluice::satellite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kCluster[] = "lkc-a";
constexpr char kPrefix[] = "lkc-a.";

TenantWish Wish() {
  return {.logical_cluster = kCluster,
          .prefix = kPrefix,
          .limits = {.ingress_bytes_per_second = 3'000'000, .egress_bytes_per_second = 9'000'000, .partitions = 10},
          .keys = {{"key-1", "lkc-a.key-1"}}};
}

// What is seen once all of `wish` but its topics is in place.
TenantSeen Settled(const TenantWish& wish, int brokers = 3) {
  TenantSeen seen;
  seen.grants = WantedGrants(wish.prefix, false);
  for (const TenantKey& key : wish.keys) seen.users.insert(key.username);
  seen.quotas = WantedQuotas(wish.limits, brokers);
  return seen;
}

TenantTopicWish Ensure(std::string id, std::string topic, int32_t partitions, bool must_create = true) {
  return {.id = std::move(id),
          .verb = TenantTopicWish::Verb::kEnsure,
          .topic = std::move(topic),
          .partitions = partitions,
          .must_create = must_create};
}

TEST(TenantPlannerTest, NewClusterGetsRightsKeysAndQuotas) {
  const TenantPlan plan = PlanTenant(Wish(), {}, {}, 3);
  EXPECT_EQ(plan.grants_to_add, WantedGrants(kPrefix, false));
  EXPECT_THAT(plan.users_to_make, ElementsAre("lkc-a.key-1"));
  EXPECT_EQ(plan.quotas.at("producer_byte_rate"), 1'000'000);
  EXPECT_EQ(plan.quotas.at("consumer_byte_rate"), 3'000'000);
  EXPECT_THAT(plan.grants_to_remove, IsEmpty());
  EXPECT_FALSE(plan.reasons.empty());
}

TEST(TenantPlannerTest, SettledClusterNeedsNothing) {
  const TenantPlan plan = PlanTenant(Wish(), Settled(Wish()), {}, 3);
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(plan.reasons, IsEmpty());
}

TEST(TenantPlannerTest, QuotasFollowTheNumberOfBrokers) {
  const TenantPlan plan = PlanTenant(Wish(), Settled(Wish(), 3), {}, 6);
  EXPECT_EQ(plan.quotas.at("producer_byte_rate"), 500'000);
}

TEST(TenantPlannerTest, QuotaThatIsNoLongerWishedGoes) {
  TenantWish wish = Wish();
  const TenantSeen seen = Settled(wish);
  wish.limits.egress_bytes_per_second = 0;
  const TenantPlan plan = PlanTenant(wish, seen, {}, 3);
  ASSERT_EQ(plan.quotas.size(), 1);
  EXPECT_EQ(plan.quotas.at("consumer_byte_rate"), std::nullopt);
}

TEST(TenantPlannerTest, DeletedKeyLosesItsUser) {
  TenantWish wish = Wish();
  const TenantSeen seen = Settled(wish);
  wish.keys[0].deleted = true;
  EXPECT_THAT(PlanTenant(wish, seen, {}, 3).users_to_remove, ElementsAre("lkc-a.key-1"));
}

TEST(TenantPlannerTest, UnknownUserAndRightAreRemoved) {
  TenantSeen seen = Settled(Wish());
  seen.users.insert("lkc-a.key-left");
  const Grant foreign{Grant::Resource::kTopic, "lkc-b.", true, Grant::Operation::kRead};
  seen.grants.insert(foreign);
  const TenantPlan plan = PlanTenant(Wish(), seen, {}, 3);
  EXPECT_THAT(plan.users_to_remove, ElementsAre("lkc-a.key-left"));
  EXPECT_THAT(plan.grants_to_remove, ElementsAre(foreign));
}

TEST(TenantPlannerTest, SuspensionTakesAllAccessAndKeepsData) {
  TenantWish wish = Wish();
  TenantSeen seen = Settled(wish);
  seen.topics["lkc-a.t"] = {1, 3, {}};
  wish.suspended = true;
  const TenantPlan plan = PlanTenant(wish, seen, {}, 3);
  EXPECT_EQ(plan.grants_to_remove, seen.grants);
  EXPECT_EQ(plan.users_to_remove, seen.users);
  EXPECT_THAT(plan.topics_to_remove, IsEmpty());
  EXPECT_THAT(plan.quotas, IsEmpty());
}

TEST(TenantPlannerTest, ResumedClusterGetsItsKeysBack) {
  TenantSeen seen;
  seen.quotas = WantedQuotas(Wish().limits, 3);
  const TenantPlan plan = PlanTenant(Wish(), seen, {}, 3);
  EXPECT_EQ(plan.grants_to_add, WantedGrants(kPrefix, false));
  EXPECT_THAT(plan.users_to_make, ElementsAre("lkc-a.key-1"));
}

TEST(TenantPlannerTest, DeletionTakesAccessFirstAndThenData) {
  TenantWish wish = Wish();
  wish.deleted = true;
  TenantSeen seen = Settled(wish);
  seen.topics["lkc-a.t"] = {1, 3, {}};
  seen.groups = {"lkc-a.g"};
  TenantPlan plan = PlanTenant(wish, seen, {}, 3);
  EXPECT_EQ(plan.users_to_remove, seen.users);
  EXPECT_THAT(plan.topics_to_remove, IsEmpty());

  seen.grants.clear();
  seen.users.clear();
  seen.quotas.clear();
  plan = PlanTenant(wish, seen, {}, 3);
  EXPECT_THAT(plan.topics_to_remove, ElementsAre("lkc-a.t"));
  EXPECT_THAT(plan.groups_to_remove, ElementsAre("lkc-a.g"));
}

TEST(TenantPlannerTest, CreationIsWithdrawnAtTheLimitAndGivenBackBelow) {
  const TenantWish wish = Wish();
  TenantSeen seen = Settled(wish);
  seen.topics["lkc-a.own"] = {10, 3, {}};
  TenantPlan plan = PlanTenant(wish, seen, {}, 3);
  EXPECT_TRUE(plan.creation_withdrawn);
  for (const Grant& grant : WantedGrants(kPrefix, true)) {
    EXPECT_NE(grant.operation, Grant::Operation::kCreate);
    const bool all_of_topics = grant.resource == Grant::Resource::kTopic && grant.operation == Grant::Operation::kAll;
    EXPECT_FALSE(all_of_topics);
  }
  ASSERT_EQ(plan.grants_to_remove.size(), 1);
  EXPECT_EQ(plan.grants_to_remove.begin()->operation, Grant::Operation::kAll);

  seen.grants = WantedGrants(kPrefix, true);
  seen.topics["lkc-a.own"].partitions = 9;
  plan = PlanTenant(wish, seen, {}, 3);
  EXPECT_FALSE(plan.creation_withdrawn);
  ASSERT_EQ(plan.grants_to_add.size(), 1);
  EXPECT_EQ(plan.grants_to_add.begin()->operation, Grant::Operation::kAll);
  EXPECT_EQ(plan.grants_to_remove.size(), 4);
}

struct WishCase {
  std::string name;
  TenantTopicWish wish;
  std::map<std::string, SeenTopic> topics;
  WishJournal journal;
  std::vector<TopicStep::Kind> steps;
  // "open", "done" or the reason of the failure
  std::string outcome;
};

class TopicWishTest : public testing::TestWithParam<WishCase> {};

TEST_P(TopicWishTest, Judged) {
  TenantWish wish = Wish();
  wish.topic_wishes = {GetParam().wish};
  TenantSeen seen = Settled(wish);
  seen.topics = GetParam().topics;
  const TenantPlan plan = PlanTenant(wish, seen, GetParam().journal, 3);
  std::vector<TopicStep::Kind> kinds;
  for (const TopicStep& step : plan.topic_steps) kinds.push_back(step.kind);
  EXPECT_EQ(kinds, GetParam().steps);
  const auto decided = plan.decided.find("w1");
  const std::string outcome = decided == plan.decided.end() ? "open"
                              : decided->second.done        ? "done"
                                                            : decided->second.error_reason;
  EXPECT_EQ(outcome, GetParam().outcome);
}

TenantTopicWish WithConfigs(TenantTopicWish wish, std::map<std::string, std::string> configs) {
  wish.configs = std::move(configs);
  return wish;
}

const TenantTopicWish kRemoveT = {.id = "w1", .verb = TenantTopicWish::Verb::kRemove, .topic = "t"};

INSTANTIATE_TEST_SUITE_P(
    Table, TopicWishTest,
    testing::Values(
        WishCase{"create", Ensure("w1", "t", 3), {}, {}, {TopicStep::Kind::kCreate}, "open"},
        WishCase{"exists", Ensure("w1", "t", 3), {{"lkc-a.t", {3, 3, {}}}}, {}, {}, "TOPIC_EXISTS"},
        WishCase{"made_for_this_wish_before_a_crash",
                 Ensure("w1", "t", 3),
                 {{"lkc-a.t", {3, 3, {}}}},
                 {{"w1", {.attempted = true}}},
                 {},
                 "done"},
        WishCase{"attempted_and_not_there",
                 Ensure("w1", "t", 3),
                 {},
                 {{"w1", {.attempted = true}}},
                 {TopicStep::Kind::kCreate},
                 "open"},
        WishCase{"done_before", Ensure("w1", "t", 3), {}, {{"w1", {.done = true}}}, {}, "open"},
        WishCase{"failed_before", Ensure("w1", "t", 3), {}, {{"w1", {.error_reason = "TOPIC_EXISTS"}}}, {}, "open"},
        WishCase{"limit", Ensure("w1", "t", 11), {}, {}, {}, "PARTITION_LIMIT"},
        WishCase{"limit_with_others", Ensure("w1", "t", 2), {{"lkc-a.u", {9, 3, {}}}}, {}, {}, "PARTITION_LIMIT"},
        WishCase{"just_fits", Ensure("w1", "t", 1), {{"lkc-a.u", {9, 3, {}}}}, {}, {TopicStep::Kind::kCreate}, "open"},
        WishCase{"grow", Ensure("w1", "t", 4, false), {{"lkc-a.t", {3, 3, {}}}}, {}, {TopicStep::Kind::kGrow}, "open"},
        WishCase{"grow_over_limit", Ensure("w1", "t", 11, false), {{"lkc-a.t", {3, 3, {}}}}, {}, {}, "PARTITION_LIMIT"},
        WishCase{"never_shrinks", Ensure("w1", "t", 2, false), {{"lkc-a.t", {3, 3, {}}}}, {}, {}, "done"},
        WishCase{"configure",
                 WithConfigs(Ensure("w1", "t", 0, false), {{"retention.ms", "1"}}),
                 {{"lkc-a.t", {3, 3, {{"retention.ms", "2"}}}}},
                 {},
                 {TopicStep::Kind::kConfigure},
                 "open"},
        WishCase{"configured",
                 WithConfigs(Ensure("w1", "t", 0, false), {{"retention.ms", "1"}}),
                 {{"lkc-a.t", {3, 3, {{"retention.ms", "1"}}}}},
                 {},
                 {},
                 "done"},
        WishCase{"remove", kRemoveT, {{"lkc-a.t", {3, 3, {}}}}, {}, {TopicStep::Kind::kRemove}, "open"},
        WishCase{"removed", kRemoveT, {}, {}, {}, "done"},
        WishCase{"bad_name", Ensure("w1", "a b", 1), {}, {}, {}, "TOPIC_NAME_INVALID"},
        WishCase{"no_name", Ensure("w1", "", 1), {}, {}, {}, "TOPIC_NAME_INVALID"},
        WishCase{"long_name", Ensure("w1", std::string(244, 'x'), 1), {}, {}, {}, "TOPIC_NAME_INVALID"}),
    [](const auto& info) { return info.param.name; });

TEST(TenantPlannerTest, WishesShareTheLimitInTheirOrder) {
  TenantWish wish = Wish();
  wish.topic_wishes = {Ensure("w1", "a", 6), Ensure("w2", "b", 6), Ensure("w3", "c", 4)};
  const TenantPlan plan = PlanTenant(wish, Settled(wish), {}, 3);
  ASSERT_EQ(plan.topic_steps.size(), 2);
  EXPECT_EQ(plan.decided.at("w2").error_reason, "PARTITION_LIMIT");
  EXPECT_EQ(plan.topic_steps[1].name, "lkc-a.c");
  EXPECT_TRUE(plan.creation_withdrawn);
}

TEST(TenantPlannerTest, TwoWishesForOneTopicAreJudgedOneAfterTheOther) {
  TenantWish wish = Wish();
  wish.topic_wishes = {kRemoveT, Ensure("w2", "t", 1)};
  TenantSeen seen = Settled(wish);
  seen.topics["lkc-a.t"] = {3, 3, {}};
  const TenantPlan plan = PlanTenant(wish, seen, {}, 3);
  ASSERT_EQ(plan.topic_steps.size(), 1);
  EXPECT_EQ(plan.topic_steps[0].kind, TopicStep::Kind::kRemove);
  EXPECT_THAT(plan.decided, IsEmpty());
}

TEST(TenantPlannerTest, SuspendedClusterMakesNoTopics) {
  TenantWish wish = Wish();
  wish.suspended = true;
  wish.topic_wishes = {Ensure("w1", "a", 1)};
  EXPECT_THAT(PlanTenant(wish, Settled(wish), {}, 3).topic_steps, IsEmpty());
}

TEST(GrantTest, WithoutPrefixEverythingButTheClusterAndInternalTopics) {
  const std::set<Grant> grants = WantedGrants("", false);
  EXPECT_TRUE(grants.contains({Grant::Resource::kTopic, "*", false, Grant::Operation::kAll}));
  EXPECT_TRUE(grants.contains({Grant::Resource::kTopic, "__consumer_offsets", false, Grant::Operation::kDelete, true}));
  for (const Grant& grant : grants) {
    if (grant.resource != Grant::Resource::kCluster) continue;
    EXPECT_TRUE(grant.operation == Grant::Operation::kDescribe ||
                grant.operation == Grant::Operation::kDescribeConfigs);
  }
}

TEST(QuotaTest, Table) {
  EXPECT_THAT(WantedQuotas({}, 3), IsEmpty());
  EXPECT_EQ(WantedQuotas({.ingress_bytes_per_second = 100}, 3).at("producer_byte_rate"), 33);
  EXPECT_EQ(WantedQuotas({.ingress_bytes_per_second = 2}, 3).at("producer_byte_rate"), 1);
  EXPECT_EQ(WantedQuotas({.ingress_bytes_per_second = 100}, 0).at("producer_byte_rate"), 100);
  EXPECT_EQ(WantedQuotas({.request_percent = 50}, 3).at("request_percentage"), 50);
  EXPECT_EQ(WantedQuotas({.controller_mutations_per_second = 5}, 3).at("controller_mutation_rate"), 5);
}

TEST(RefusalTest, Table) {
  EXPECT_EQ(RefusalOf(Wish(), true), "");
  TenantWish wish = Wish();
  wish.prefix = "";
  EXPECT_EQ(RefusalOf(wish, false), "");
  EXPECT_NE(RefusalOf(wish, true), "");
  wish.prefix = "lkc-b.";
  EXPECT_NE(RefusalOf(wish, true), "");
  wish.prefix = "lkc-a";
  EXPECT_NE(RefusalOf(wish, true), "");
  wish = Wish();
  wish.keys[0].username = "lkc-b.key-1";
  EXPECT_NE(RefusalOf(wish, true), "");
  wish = Wish();
  wish.logical_cluster = "sluice-satellite";
  EXPECT_NE(RefusalOf(wish, true), "");
}

}  // namespace
}  // namespace sluice::satellite
