#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/stop_signal.h"
#include "services/satellite/app/tenancy/tenant_drain.h"

namespace sluice::satellite {

// How a cell's worker reaches the rest of the satellite.
struct CellAccess {
  const CellDirectory& cells;
  // A client of the satellite's own identity to a cell; dials nobody yet.
  std::function<absl::StatusOr<std::shared_ptr<kafka_admin::AdminClient>>(const Cell&)> connect;
  // The physical cluster does not exist any more, and never will again.
  std::function<bool(const std::string& physical_cluster)> is_gone;
  // All desired documents are known: only then does the absence of one mean anything.
  std::function<bool()> documents_complete;
};

// Everything about the tenants of one physical cluster: a worker of its own with its own connections, so that a sick
// cell holds up no other.
//
//   wish, probe result, changed cell, due retry ──► TenantTable ──► worker: drain
//                                        timers ──►                 worker: topics that tenants made, full comparison
class CellTenancy {
 public:
  CellTenancy(std::string physical_cluster, TenancyOptions options, TenancyPorts ports, CellAccess access);
  // Ends the worker; a call under way is waited for, at most call_timeout.
  ~CellTenancy();

  void OnWish(TenantDocument document) { table_.Put(std::move(document)); }
  void OnForgotten(const std::string& logical_cluster) { table_.Forget(logical_cluster); }
  void OnCellChanged() { table_.Wake(); }
  // Nothing is left to do, now or later.
  bool idle() const { return table_.empty(); }

 private:
  void Loop();
  void Step();
  // Takes up where the cell is now; "" or why it cannot be used.
  std::string Connect();
  // "" or why what the cell holds is not known.
  std::string Look();
  absl::Status Resync();
  void Poll();
  void Postpone(const std::vector<TenantDocument>& documents, const std::string& why);

  const std::string physical_cluster_;
  const TenancyOptions options_;
  const TenancyPorts ports_;
  const CellAccess access_;

  TenantTable table_;
  clock::StopSignal stop_;
  CellView view_;
  WorkerPool calls_;
  // Its tasks use the table and the prober: the destructor ends it before those.
  std::unique_ptr<WorkerPool> probes_;
  KeyProber prober_;
  TenantDrain drain_;
  DrainTarget target_;
  bool known_ = false;  // what the cell holds
  size_t brokers_ = 0;
  absl::Duration next_resync_;
  absl::Duration next_poll_;
  std::thread worker_;
};

}  // namespace sluice::satellite
