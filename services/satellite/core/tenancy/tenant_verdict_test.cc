#include "services/satellite/core/tenancy/tenant_verdict.h"

#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

TenantWish Wish() { return {.logical_cluster = "lkc-a", .prefix = "lkc-a.", .limits = {.partitions = 10}}; }

std::string ConditionOf(const TenantVerdict& verdict, const std::string& type) {
  for (const VerdictCondition& condition : verdict.conditions) {
    if (condition.type == type) return condition.status + " " + condition.reason;
  }
  return "";
}

TEST(TenantVerdictTest, ReadyWhenNothingRemains) {
  const TenantVerdict verdict = JudgeTenant(Wish(), {}, {}, {});
  EXPECT_EQ(verdict.state, TenantState::kReady);
  EXPECT_EQ(ConditionOf(verdict, "Ready"), "TRUE READY");
  EXPECT_EQ(ConditionOf(verdict, "Accepted"), "TRUE ADMITTED");
  EXPECT_EQ(ConditionOf(verdict, "TopicCreation"), "TRUE BELOW_LIMIT");
}

TEST(TenantVerdictTest, ProvisioningWhileRightsAreMissing) {
  TenantPlan remaining;
  remaining.grants_to_add = WantedGrants("lkc-a.", false);
  EXPECT_EQ(JudgeTenant(Wish(), {}, remaining, {}).state, TenantState::kProvisioning);
  EXPECT_EQ(JudgeTenant(Wish(), {}, {}, {.waits_for = "the cell"}).message, "the cell");
}

TEST(TenantVerdictTest, AKeyUnderWayDoesNotTakeTheClusterBack) {
  TenantPlan remaining;
  remaining.users_to_make = {"lkc-a.key-2"};
  EXPECT_EQ(JudgeTenant(Wish(), {}, remaining, {}).state, TenantState::kReady);
}

TEST(TenantVerdictTest, CreationWithdrawnIsSaid) {
  TenantSeen seen;
  seen.topics["lkc-a.t"] = {10, 3, {}};
  TenantPlan remaining;
  remaining.creation_withdrawn = true;
  const TenantVerdict verdict = JudgeTenant(Wish(), seen, remaining, {});
  EXPECT_EQ(ConditionOf(verdict, "TopicCreation"), "FALSE PARTITION_LIMIT");
  EXPECT_EQ(verdict.state, TenantState::kReady);
}

TEST(TenantVerdictTest, SuspendedOnlyOnceAccessIsGone) {
  TenantWish wish = Wish();
  wish.suspended = true;
  EXPECT_EQ(JudgeTenant(wish, {}, {}, {}).state, TenantState::kSuspended);
  TenantPlan remaining;
  remaining.users_to_remove = {"lkc-a.key-1"};
  EXPECT_EQ(JudgeTenant(wish, {}, remaining, {}).state, TenantState::kProvisioning);
}

TEST(TenantVerdictTest, GoneOnlyWhenNothingIsLeft) {
  TenantWish wish = Wish();
  wish.deleted = true;
  EXPECT_EQ(JudgeTenant(wish, {}, {}, {}).state, TenantState::kGone);
  TenantSeen seen;
  seen.groups = {"lkc-a.g"};
  EXPECT_EQ(JudgeTenant(wish, seen, {}, {}).state, TenantState::kDeleting);
  seen = {};
  seen.quotas["producer_byte_rate"] = 1;
  EXPECT_EQ(JudgeTenant(wish, seen, {}, {}).state, TenantState::kDeleting);
  EXPECT_EQ(JudgeTenant(wish, {}, {}, {.waits_for = "groups cannot be listed"}).state, TenantState::kDeleting);
}

TEST(TenantVerdictTest, RefusedAndRejected) {
  EXPECT_EQ(JudgeTenant(Wish(), {}, {}, {.refusal = "bad"}).state, TenantState::kFailed);
  const TenantVerdict verdict = JudgeTenant(Wish(), {}, {}, {.no_capacity = "full"});
  EXPECT_EQ(verdict.state, TenantState::kRejected);
  EXPECT_EQ(ConditionOf(verdict, "Accepted"), "FALSE NO_CAPACITY");
}

TEST(NoRoomOnTest, Table) {
  EXPECT_EQ(NoRoomOn({.replicas = 0, .brokers = 3}, 100), "");
  EXPECT_EQ(NoRoomOn({.replicas = 299, .brokers = 3}, 100), "");
  EXPECT_NE(NoRoomOn({.replicas = 300, .brokers = 3}, 100), "");
  EXPECT_EQ(NoRoomOn({.brokers = 3, .used_bytes = 84, .total_bytes = 100}, 100), "");
  EXPECT_NE(NoRoomOn({.brokers = 3, .used_bytes = 85, .total_bytes = 100}, 100), "");
  EXPECT_EQ(NoRoomOn({.brokers = 3, .used_bytes = 85, .total_bytes = 0}, 100), "");
}

}  // namespace
}  // namespace sluice::satellite
