#include "services/satellite/app/tenancy/access_batch.h"

#include <utility>

#include "libs/failpoint/failpoint.h"
#include "services/satellite/adapters/kafka/grant_binding.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_grants("satellite.tenancy.2_before_grants");
failpoint::FailPoint before_users("satellite.tenancy.3_before_users");
failpoint::FailPoint before_quotas("satellite.tenancy.4_before_quotas");

// One status for all items of a call that failed as a whole.
template <typename Items>
void SetAll(Items& items, const absl::Status& status) {
  for (auto& item : items) item.status = status;
}

}  // namespace

void AccessBatch::Add(const std::string& tenant, const TenantPlan& plan,
                      std::vector<kafka_admin::ScramUpsert> upserts) {
  for (const Grant& grant : plan.grants_to_add) grants_to_add_.push_back({tenant, grant, {}});
  for (const Grant& grant : plan.grants_to_remove) grants_to_remove_.push_back({tenant, grant, {}});
  for (const std::string& user : plan.users_to_remove) users_to_remove_.push_back({tenant, user, {}});
  for (kafka_admin::ScramUpsert& upsert : upserts) {
    users_to_make_.push_back({tenant, upsert.user, {}});
    upserts_.push_back(std::move(upsert));
  }
  if (!plan.quotas.empty()) quotas_.push_back({tenant, plan.quotas, {}});
}

void AccessBatch::RemoveStrays(const std::vector<kafka_admin::AclBinding>& strays) { strays_ = strays; }

size_t AccessBatch::size() const {
  return grants_to_add_.size() + grants_to_remove_.size() + users_to_remove_.size() + users_to_make_.size() +
         quotas_.size() + strays_.size();
}

void AccessBatch::RunGrants(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  AddGrants(admin, timeout);
  // Only then: a tenant whose rights are replaced is at no moment without the ones that stay.
  RemoveGrants(admin, timeout);
}

void AccessBatch::AddGrants(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  if (grants_to_add_.empty()) return;
  if (const absl::Status fail = before_grants.Hit(); !fail.ok()) return SetAll(grants_to_add_, fail);
  std::vector<kafka_admin::AclBinding> bindings;
  for (const GrantItem& item : grants_to_add_) bindings.push_back(BindingOf(item.tenant, item.grant));
  const auto results = admin.CreateAcls(bindings, timeout);
  if (!results.ok()) return SetAll(grants_to_add_, results.status());
  for (size_t i = 0; i < results->size(); ++i) grants_to_add_[i].status = (*results)[i].status;
}

void AccessBatch::RemoveGrants(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  if (grants_to_remove_.empty() && strays_.empty()) return;
  if (const absl::Status fail = before_grants.Hit(); !fail.ok()) return SetAll(grants_to_remove_, fail);
  std::vector<kafka_admin::AclFilter> filters;
  for (const GrantItem& item : grants_to_remove_) filters.push_back(FilterOf(BindingOf(item.tenant, item.grant)));
  for (const kafka_admin::AclBinding& stray : strays_) filters.push_back(FilterOf(stray));
  const auto results = admin.DeleteAcls(filters, timeout);
  if (!results.ok()) return SetAll(grants_to_remove_, results.status());
  for (size_t i = 0; i < grants_to_remove_.size(); ++i) {
    grants_to_remove_[i].status = (*results)[i].status;
    for (const auto& match : (*results)[i].matches) grants_to_remove_[i].status.Update(match.status);
  }
}

void AccessBatch::RunUsers(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  if (users_to_remove_.empty() && users_to_make_.empty()) return;
  const auto fail_all = [&](const absl::Status& status) {
    SetAll(users_to_remove_, status);
    SetAll(users_to_make_, status);
  };
  if (const absl::Status fail = before_users.Hit(); !fail.ok()) return fail_all(fail);
  std::vector<kafka_admin::ScramDeletion> deletions;
  for (const UserItem& item : users_to_remove_) deletions.push_back({.user = item.user});
  const auto results = admin.AlterScramUsers(deletions, upserts_, timeout);
  if (!results.ok()) return fail_all(results.status());
  for (size_t i = 0; i < results->size(); ++i) {
    const absl::Status& status = (*results)[i].status;
    if (i >= users_to_remove_.size()) {
      users_to_make_[i - users_to_remove_.size()].status = status;
    } else if (!absl::IsNotFound(status)) {
      users_to_remove_[i].status = status;
    }
  }
}

void AccessBatch::RunQuotas(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  if (quotas_.empty()) return;
  if (const absl::Status fail = before_quotas.Hit(); !fail.ok()) return SetAll(quotas_, fail);
  std::vector<kafka_admin::ClientQuotaAlteration> alterations;
  for (const QuotaItem& item : quotas_) alterations.push_back({{{"user", item.tenant}}, item.values});
  const auto results = admin.AlterClientQuotas(alterations, /*validate_only=*/false, timeout);
  if (!results.ok()) return SetAll(quotas_, results.status());
  for (size_t i = 0; i < results->size(); ++i) quotas_[i].status = (*results)[i].status;
}

void AccessBatch::Apply(CellView& view, TenantFaults& faults) const {
  const auto settle = [&](const auto& item, auto&& change) {
    if (item.status.ok()) {
      change(view.Change(item.tenant));
    } else {
      faults[item.tenant].Update(item.status);
    }
  };
  for (const GrantItem& item : grants_to_add_) settle(item, [&](TenantSeen& seen) { seen.grants.insert(item.grant); });
  for (const GrantItem& item : grants_to_remove_) {
    settle(item, [&](TenantSeen& seen) { seen.grants.erase(item.grant); });
  }
  for (const UserItem& item : users_to_remove_) settle(item, [&](TenantSeen& seen) { seen.users.erase(item.user); });
  for (const UserItem& item : users_to_make_) settle(item, [&](TenantSeen& seen) { seen.users.insert(item.user); });
  for (const QuotaItem& item : quotas_) {
    settle(item, [&](TenantSeen& seen) {
      for (const auto& [key, value] : item.values) {
        if (value) {
          seen.quotas[key] = *value;
        } else {
          seen.quotas.erase(key);
        }
      }
    });
  }
}

}  // namespace sluice::satellite
