#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "services/provisioner/app/fleet.h"
#include "services/provisioner/app/operation_waiters.h"
#include "services/provisioner/core/model/seen_status.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

struct StatusHandlerPorts {
  Fleet& fleet;
  OperationWaiters& waiters;
  const clock::Clock& clock;
  clock::Random& random;
  clock::IdSource& ids;
  metrics::Registry& metrics;
};

// What came from one data plane, in the order of its topic.
struct StatusBatch {
  std::string data_plane;
  std::vector<SeenStatus> statuses;
  // Records that were dropped, to be audited: a forged data plane, a key that is not its document's.
  std::vector<AuditEntry> dropped;
  std::string traceparent;
};

// Moves clusters, keys, topics, operations, physical clusters and the data plane itself on by what its satellite says.
// Only the newest status of a key counts, so a batch costs one read and one write of what it touches. May see the same
// statuses again. One per data plane, so that a sick one costs the others nothing; called from one thread.
class StatusHandler {
 public:
  explicit StatusHandler(StatusHandlerPorts ports);

  // Within the caller's transaction. An error means that it must be rolled back.
  absl::Status Handle(StoreSession& session, const StatusBatch& batch);
  // After the commit of the last Handle: tells the fleet and those who wait for operations.
  void Committed();

 private:
  struct Work;
  absl::Status Load(StoreSession& session, Work& work);
  absl::Status ApplyToClusters(Work& work);
  void ApplyToCells(Work& work);
  void ApplyToDataPlane(Work& work);
  void Collect(Work& work, Mutation& mutation);

  StatusHandlerPorts ports_;
  Mutation last_;
  metrics::Counter& stale_;
  metrics::Counter& ignored_;
  metrics::Counter& applied_;
};

}  // namespace sluice::provisioner
