#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/metrics.h"
#include "services/provisioner/core/model/audit_entry.h"

namespace sluice::provisioner {

// Refusals on their way to the audit: those that are alike within a second become one entry with a count, and at most
// kEntriesPerFlush leave each second, whatever a flood brings; what does not fit is told together by method and reason.
// Thread-safe.
class RefusalLog {
 public:
  static constexpr std::size_t kEntriesPerFlush = 100;
  static constexpr absl::Duration kFlush = absl::Seconds(1);
  // In entries that stand for many callers.
  static constexpr char kManyPeers[] = "(many)";

  // `write` takes an entry on and does not block (AuditLog::Record).
  RefusalLog(std::function<void(AuditEntry)> write, const clock::Clock& clock, metrics::Registry& metrics);

  // `entry.time` is set here. Never blocks for long.
  void Note(AuditEntry entry);
  // Hands on each kFlush until `stop`, and once more.
  void Run(clock::StopSignal& stop);
  void Flush();

 private:
  using Likeness = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>;

  const std::function<void(AuditEntry)> write_;
  const clock::Clock& clock_;
  metrics::Counter& refusals_;
  std::mutex mutex_;
  std::map<Likeness, AuditEntry> waiting_;
};

}  // namespace sluice::provisioner
