#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/metrics/metrics.h"
#include "libs/sealed/sealed_box.h"
#include "services/satellite/app/tenancy/access_batch.h"
#include "services/satellite/app/tenancy/cell_view.h"
#include "services/satellite/app/tenancy/key_prober.h"
#include "services/satellite/app/tenancy/tenant_table.h"
#include "services/satellite/app/tenancy/worker_pool.h"
#include "services/satellite/core/tenancy/tenant_verdict.h"
#include "services/satellite/ports/cell_directory.h"
#include "services/satellite/ports/load_board.h"
#include "services/satellite/ports/status_sink.h"
#include "services/satellite/ports/tenant_record_store.h"

namespace sluice::satellite {

struct TenancyPorts {
  TenantRecordStore& records;
  StatusSink& statuses;
  const LoadBoard& loads;
  const clock::Clock& clock;
  clock::Random& random;
  metrics::Registry& metrics;
};

struct TenancyOptions {
  // Opens the credentials that were sealed to this data plane.
  sealed::SealingKeyPair sealing_keys;
  // See NoRoomOn.
  int max_replicas_per_broker = 4000;
  // Each call to a cell.
  absl::Duration call_timeout = absl::Seconds(10);
  // How long a new key's login is tried before it counts as refused.
  absl::Duration probe_patience = absl::Seconds(2);
  // How often topics that tenants made themselves are looked for, and all of a cell is compared with its documents.
  // Both stretch to 100 times what the look took, so that they never cost more than 1 % of a thread.
  absl::Duration topic_poll = absl::Seconds(2);
  absl::Duration resync = absl::Minutes(1);
};

// The cell that a drain acts on.
struct DrainTarget {
  Cell cell;
  std::shared_ptr<kafka_admin::AdminClient> admin;
};

// One pass over some tenants of a cell: look → plan → write the intent down → act, all tenants in the same few requests
// → judge → report. Level-triggered: what did not come to its end is marked again, at once after progress and with a
// growing wait after an error. Used by the cell's worker thread only.
class TenantDrain {
 public:
  struct Parts {
    TenantTable& table;
    CellView& view;
    WorkerPool& calls;
    KeyProber& prober;
  };

  TenantDrain(TenancyOptions options, TenancyPorts ports, Parts parts);

  void Run(const DrainTarget& target, std::vector<TenantDocument> documents);
  // They cannot be acted on now; says why.
  void Postpone(const std::vector<TenantDocument>& documents, const std::string& why);
  // Their physical cluster does not exist any more, nor does anything of theirs.
  void ReportGone(const std::vector<TenantDocument>& documents);
  // Takes the access of those that no document speaks of; their data stays and is told of in the log.
  void RemoveLeftovers(const DrainTarget& target, const std::set<std::string>& documented);
  void Forget(const std::string& physical_cluster, const std::string& logical_cluster);

 private:
  struct KeyTry {
    int failures = 0;
    absl::Duration not_before;
    // The credential cannot be opened: nothing will change before the document does.
    bool hopeless = false;
  };
  struct Tenant {
    bool loaded = false;
    TenantRecord record;
    TenantRecord saved;  // as it is on disk
    int64_t generation = 0;
    std::map<std::string, KeyReadiness> keys;
    std::map<std::string, KeyTry> tries;
    std::set<std::string> probing;
    int failures = 0;
  };
  struct Work {
    TenantDocument document;
    Tenant& tenant;
    TenantHindrance hindrance;
    TenantPlan plan;
    // Did not fit into this drain.
    bool deferred = false;
  };

  void TakeProbes();
  absl::Status Look(const DrainTarget& target, const std::vector<TenantDocument>& documents);
  absl::Status Remember(const TenantDocument& document, Tenant& tenant);
  void Plan(const DrainTarget& target, Work& work);
  // Why this cell does not take the tenant in, or "".
  std::string Admit(const DrainTarget& target, Work& work);
  absl::Status WriteIntent(Work& work);
  void Act(const DrainTarget& target, std::vector<Work>& works, TenantFaults& faults);
  std::vector<kafka_admin::ScramUpsert> OpenCredentials(Work& work);
  void Conclude(const DrainTarget& target, Work& work, const absl::Status& fault);
  void StartProbes(const DrainTarget& target, Work& work);
  void StartProbe(const DrainTarget& target, Work& work, const TenantKey& key);
  void FailKey(const std::string& logical_cluster, Tenant& tenant, const std::string& uid, const absl::Status& status);
  void Report(const Work& work, const TenantPlan& remaining);
  void Retry(const std::string& logical_cluster, int failures);
  void SaveOutcome(Work& work);

  const TenancyOptions options_;
  const TenancyPorts ports_;
  const Parts parts_;
  std::map<std::string, Tenant> tenants_;
  metrics::Histogram& drain_seconds_;
  metrics::Counter& faults_;
  metrics::Counter& leftovers_;
};

}  // namespace sluice::satellite
