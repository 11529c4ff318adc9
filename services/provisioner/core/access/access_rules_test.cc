#include "services/provisioner/core/access/access_rules.h"

#include <gtest/gtest.h>

#include <set>

#include "libs/base/error.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {
namespace {

RoleBinding Binding(Role role, const std::string& scope, const std::string& organization = "acme") {
  RoleBinding binding;
  binding.organization = organization;
  binding.role = role;
  binding.scope = scope;
  return binding;
}

std::vector<Grant> Grants(Role role, const std::string& scope) {
  const RoleBinding binding = Binding(role, scope);
  return GrantsOf({&binding, 1});
}

const Scope kAcme{"acme", ""};
const Scope kProd{"acme", "prod"};
const Scope kStaging{"acme", "staging"};
const Scope kForeign{"evil", "prod"};

TEST(AccessRules, DecideByRoleAndScope) {
  const auto admin = Grants(Role::kOrganizationAdmin, "organizations/acme");
  const auto prod_admin = Grants(Role::kEnvironmentAdmin, "organizations/acme/environments/prod");
  const auto all_environments_admin = Grants(Role::kEnvironmentAdmin, "organizations/acme");
  const auto prod_viewer = Grants(Role::kViewer, "organizations/acme/environments/prod");
  const auto viewer = Grants(Role::kViewer, "organizations/acme");
  const auto platform = Grants(Role::kPlatformAdmin, "platform");
  const std::vector<Grant> nothing;
  const auto allowed = Verdict::kAllowed, weak = Verdict::kTooWeak, hidden = Verdict::kHidden;

  const struct {
    const char* sentence;
    const std::vector<Grant>& grants;
    Right right;
    const Scope& scope;
    Verdict verdict;
  } rows[] = {
      {"an organization's admin does all in it", admin, Right::kAdminister, kAcme, allowed},
      {"an organization's admin edits every environment", admin, Right::kEdit, kProd, allowed},
      {"an organization's admin is not the platform", admin, Right::kPlatform, {}, weak},
      {"an organization's admin sees nothing of another", admin, Right::kView, kForeign, hidden},
      {"an organization's admin cannot administer another", admin, Right::kAdminister, kForeign, hidden},
      {"an environment's admin edits it", prod_admin, Right::kEdit, kProd, allowed},
      {"an environment's admin does not see its neighbour", prod_admin, Right::kView, kStaging, weak},
      {"an environment's admin has no say over the organization", prod_admin, Right::kAdminister, kAcme, weak},
      {"an environment's admin does not read the organization's keys", prod_admin, Right::kView, kAcme, weak},
      {"an environment's admin is a member", prod_admin, Right::kMember, kAcme, allowed},
      {"over the whole organization it edits each environment", all_environments_admin, Right::kEdit, kStaging,
       allowed},
      {"over the whole organization it still makes no keys", all_environments_admin, Right::kAdminister, kAcme, weak},
      {"a viewer reads", viewer, Right::kView, kProd, allowed},
      {"a viewer does not write", viewer, Right::kEdit, kProd, weak},
      {"a viewer of prod reads prod", prod_viewer, Right::kView, kProd, allowed},
      {"a viewer of prod does not read staging", prod_viewer, Right::kView, kStaging, weak},
      {"the platform has data planes", platform, Right::kPlatform, {}, allowed},
      {"the platform does not look into its own organization without a role", platform, Right::kView, kProd, weak},
      {"the platform does not look into a tenant", platform, Right::kView, kForeign, hidden},
      {"a key without roles is no member", nothing, Right::kMember, kAcme, weak},
      {"a key without roles is known", nothing, Right::kKnown, {}, allowed},
      {"a key without roles sees no foreign thing", nothing, Right::kMember, kForeign, hidden},
  };
  for (const auto& row : rows) EXPECT_EQ(Decide(row.right, row.scope, row.grants, "acme"), row.verdict) << row.sentence;
}

TEST(AccessRules, OddBindingsGiveNothing) {
  RoleBinding deleted = Binding(Role::kViewer, "organizations/acme");
  deleted.meta.delete_time = absl::UnixEpoch();
  const RoleBinding odd[] = {
      Binding(Role::kOrganizationAdmin, "organizations/evil"),
      Binding(Role::kOrganizationAdmin, "organizations/acme/environments/prod"),
      Binding(Role::kOrganizationAdmin, "platform"),
      Binding(Role::kPlatformAdmin, "organizations/acme"),
      Binding(Role::kViewer, "organizations"),
      Binding(Role::kViewer, ""),
      deleted,
  };
  EXPECT_TRUE(GrantsOf(odd).empty());
}

TEST(AccessRules, OnlyThePlatformMakesPlatformAdmins) {
  EXPECT_EQ(DecideBinding(Role::kPlatformAdmin, Grants(Role::kOrganizationAdmin, "organizations/acme")),
            Verdict::kTooWeak);
  EXPECT_EQ(DecideBinding(Role::kPlatformAdmin, Grants(Role::kPlatformAdmin, "platform")), Verdict::kAllowed);
  EXPECT_EQ(DecideBinding(Role::kOrganizationAdmin, Grants(Role::kOrganizationAdmin, "organizations/acme")),
            Verdict::kAllowed);
}

TEST(AccessRules, HaveNoRowTwice) {
  std::set<std::string_view> rpcs;
  for (const AccessRule& rule : AccessRules()) EXPECT_TRUE(rpcs.insert(rule.rpc).second) << rule.rpc;
  EXPECT_EQ(RuleOf("/sluice.provisioner.v1.OrganizationService/Unheard"), nullptr);
  EXPECT_EQ(RuleOf("/sluice.provisioner.v1.DataPlaneService/EnrolSatellite")->right, Right::kOpen);
}

TEST(ResourcePath, TakesNamesApart) {
  const auto path = ResourcePath::Parse("organizations/acme/environments/prod/kafkaClusters/orders",
                                        {"organizations", "environments", "kafkaClusters"}, "name");
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path->organization(), "acme");
  EXPECT_EQ(path->environment(), "prod");
  EXPECT_EQ(path->Id("kafkaClusters"), "orders");
  EXPECT_EQ(path->Id("topics"), "");
  for (const std::string& bad :
       {std::string(""), std::string("organizations"), std::string("organizations/"), std::string("organizations/a/b"),
        std::string("organizations/a/environments/"), std::string("environments/a/organizations/b"),
        std::string("/organizations/a/environments/b"), "organizations/a/environments/" + std::string(256, 'x')}) {
    const auto status = ResourcePath::Parse(bad, {"organizations", "environments"}, "parent").status();
    EXPECT_EQ(ErrorReason(status), "RESOURCE_NAME_INVALID") << bad;
    EXPECT_EQ(GetErrorDetail(status)->field, "parent");
  }
}

}  // namespace
}  // namespace sluice::provisioner
