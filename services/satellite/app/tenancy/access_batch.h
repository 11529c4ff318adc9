#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/admin_client.h"
#include "services/satellite/app/tenancy/cell_view.h"
#include "services/satellite/core/tenancy/tenant_planner.h"

namespace sluice::satellite {

// The first error of each tenant in a drain.
using TenantFaults = std::map<std::string, absl::Status>;

// Rights, keys and quotas of many tenants in as few requests as Kafka allows: one for each kind of change.
//
//   batch.Add(tenant, plan, upserts)…; then, on one thread each, RunGrants, RunUsers, RunQuotas; then Apply.
class AccessBatch {
 public:
  // `upserts`: the opened credentials of plan.users_to_make; one that does not open is left out.
  void Add(const std::string& tenant, const TenantPlan& plan, std::vector<kafka_admin::ScramUpsert> upserts);
  // What belongs to no grant of ours.
  void RemoveStrays(const std::vector<kafka_admin::AclBinding>& strays);

  void RunGrants(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void RunUsers(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void RunQuotas(kafka_admin::AdminClient& admin, absl::Duration timeout);

  // Writes into `view` what succeeded, and into `faults` what did not.
  void Apply(CellView& view, TenantFaults& faults) const;

  // How many changes it holds.
  size_t size() const;

 private:
  struct GrantItem {
    std::string tenant;
    Grant grant;
    absl::Status status;
  };
  struct UserItem {
    std::string tenant;
    std::string user;
    absl::Status status;
  };
  struct QuotaItem {
    std::string tenant;
    std::map<std::string, std::optional<double>> values;
    absl::Status status;
  };

  void AddGrants(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void RemoveGrants(kafka_admin::AdminClient& admin, absl::Duration timeout);

  std::vector<GrantItem> grants_to_add_;
  std::vector<GrantItem> grants_to_remove_;
  std::vector<kafka_admin::AclBinding> strays_;
  std::vector<UserItem> users_to_remove_;
  std::vector<UserItem> users_to_make_;
  std::vector<kafka_admin::ScramUpsert> upserts_;
  std::vector<QuotaItem> quotas_;
};

}  // namespace sluice::satellite
