#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/clock/stop_signal.h"
#include "services/provisioner/core/model/audit_entry.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// What was refused, and reads of note. Mutations that were done are audited by their own transaction. Thread-safe.
class AuditLog {
 public:
  AuditLog(Store& store, const clock::Clock& clock) : store_(store), clock_(clock) {}

  // Never blocks: at most kQueue entries wait; what is beyond is counted, and the count goes with the next entry, so
  // that a storm of bad keys cannot fill the outbox.
  void Record(AuditEntry entry);
  // Writes what waits, in batches, until `stop`, and then the rest.
  void Run(clock::StopSignal& stop);

  static constexpr int kQueue = 1000;

 private:
  void WriteWaiting();

  Store& store_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  std::vector<AuditEntry> waiting_;
  int64_t dropped_ = 0;
};

}  // namespace sluice::provisioner
