#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/admin_client.h"
#include "services/satellite/app/tenancy/access_batch.h"
#include "services/satellite/app/tenancy/cell_view.h"
#include "services/satellite/core/tenancy/tenant_planner.h"

namespace sluice::satellite {

// Topics and groups of many tenants, one request for each kind of change. Add…, Run on one thread, Apply.
class TopicBatch {
 public:
  void Add(const std::string& tenant, const TenantPlan& plan);
  // `replication_factor`: of the topics it makes.
  void Run(kafka_admin::AdminClient& admin, int32_t replication_factor, absl::Duration timeout);
  // Into `view` what succeeded; into `journals`, by tenant, the wishes that are done or never will be; into `faults`
  // what is worth another try.
  void Apply(CellView& view, std::map<std::string, WishJournal>& journals, TenantFaults& faults) const;

  size_t size() const { return steps_.size() + removals_.size() + groups_.size(); }

 private:
  struct StepItem {
    std::string tenant;
    TopicStep step;
    absl::Status status;
    int32_t replication_factor = 0;
  };
  struct NameItem {
    std::string tenant;
    std::string name;
    absl::Status status;
  };

  void Create(kafka_admin::AdminClient& admin, int32_t replication_factor, absl::Duration timeout);
  void Grow(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void Configure(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void RemoveTopics(kafka_admin::AdminClient& admin, absl::Duration timeout);
  void RemoveGroups(kafka_admin::AdminClient& admin, absl::Duration timeout);
  std::vector<StepItem*> StepsOf(TopicStep::Kind kind);
  static void ApplyStep(const StepItem& item, CellView& view);

  std::vector<StepItem> steps_;
  std::vector<NameItem> removals_;
  std::vector<NameItem> groups_;
};

// Whether the same wish can never succeed as it stands: what Kafka says of its configs, partitions or policy.
bool IsFinal(const absl::Status& status);

}  // namespace sluice::satellite
