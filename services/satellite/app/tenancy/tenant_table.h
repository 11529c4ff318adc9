#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/satellite/adapters/bus/tenant_document.h"

namespace sluice::satellite {

// The outcome of trying a key's login on every live broker.
struct ProbeOutcome {
  std::string logical_cluster;
  std::string key_uid;
  absl::Status status;
};

// One cell's logical clusters: the newest document of each, and who is to be looked at next. A tenant waits in the
// queue once however often it is marked, so a busy one cannot starve another. Thread-safe.
class TenantTable {
 public:
  // Keeps the document with the higher generation, and marks it.
  void Put(TenantDocument document);
  // Its document is gone for good; the worker learns of it by TakeForgotten.
  void Forget(const std::string& logical_cluster);
  void Mark(const std::string& logical_cluster);
  void MarkAll();
  // Marks it once `now` has passed `due` (both monotonic).
  void MarkAt(const std::string& logical_cluster, absl::Duration due);
  void AddProbe(ProbeOutcome outcome);
  // The cell itself changed: wakes the worker.
  void Wake();
  void Stop();

  // Waits until somebody is marked, Wake or Stop was called, a mark became due, or `timeout` has passed. `now` is the
  // monotonic time at the call.
  void Wait(absl::Duration now, absl::Duration timeout);
  // At most `most` of those marked, in the order that they were marked in.
  std::vector<TenantDocument> Take(absl::Duration now, int most);
  std::vector<ProbeOutcome> TakeProbes();
  std::vector<std::string> TakeForgotten();
  // True once per Wake.
  bool TakeWake();

  bool stopped() const;
  std::set<std::string> Ids() const;
  // No document is left, and nothing that the worker has still to take.
  bool empty() const;
  int size() const;

 private:
  void MarkLocked(const std::string& logical_cluster);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, TenantDocument> documents_;
  std::deque<std::string> queue_;
  std::set<std::string> queued_;
  std::map<std::string, absl::Duration> due_;
  std::vector<ProbeOutcome> probes_;
  std::vector<std::string> forgotten_;
  bool woken_ = false;
  bool stopped_ = false;
};

}  // namespace sluice::satellite
