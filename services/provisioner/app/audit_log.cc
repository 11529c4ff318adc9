#include "services/provisioner/app/audit_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/log/log.h"

namespace sluice::provisioner {
namespace {
constexpr absl::Duration kPause = absl::Milliseconds(200);
constexpr size_t kBatch = 200;
}  // namespace

void AuditLog::Record(AuditEntry entry) {
  if (entry.time == absl::Time()) entry.time = clock_.Now();
  std::lock_guard lock(mutex_);
  if (waiting_.size() >= static_cast<size_t>(kQueue)) {
    dropped_ += entry.count;
    return;
  }
  waiting_.push_back(std::move(entry));
}

void AuditLog::WriteWaiting() {
  while (true) {
    std::vector<AuditEntry> batch;
    {
      std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;
      const size_t size = std::min(waiting_.size(), kBatch);
      batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + size));
      waiting_.erase(waiting_.begin(), waiting_.begin() + size);
      if (dropped_ > 0) {
        batch.push_back({.principal = "system",
                         .method = "Audit",
                         .allowed = false,
                         .reason = "AUDIT_QUEUE_FULL",
                         .time = clock_.Now(),
                         .count = dropped_});
        dropped_ = 0;
      }
    }
    if (const absl::Status status = store_.Audit(batch); !status.ok()) {
      log::Warn("audit entries could not be written; tried again", {{"error", status.ToString()}});
      std::lock_guard lock(mutex_);
      waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
      return;
    }
  }
}

void AuditLog::Run(clock::StopSignal& stop) {
  while (!stop.WaitFor(kPause)) WriteWaiting();
  WriteWaiting();
}

}  // namespace sluice::provisioner
