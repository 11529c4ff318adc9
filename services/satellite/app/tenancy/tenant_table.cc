#include "services/satellite/app/tenancy/tenant_table.h"

#include <algorithm>
#include <utility>

namespace sluice::satellite {

void TenantTable::Put(TenantDocument document) {
  std::lock_guard lock(mutex_);
  const std::string id = document.wish.logical_cluster;
  TenantDocument& kept = documents_[id];
  if (kept.generation > document.generation) return;
  kept = std::move(document);
  MarkLocked(id);
}

void TenantTable::Forget(const std::string& logical_cluster) {
  std::lock_guard lock(mutex_);
  documents_.erase(logical_cluster);
  due_.erase(logical_cluster);
  forgotten_.push_back(logical_cluster);
  changed_.notify_one();
}

void TenantTable::Mark(const std::string& logical_cluster) {
  std::lock_guard lock(mutex_);
  MarkLocked(logical_cluster);
}

void TenantTable::MarkAll() {
  std::lock_guard lock(mutex_);
  for (const auto& [id, document] : documents_) MarkLocked(id);
}

void TenantTable::MarkAt(const std::string& logical_cluster, absl::Duration due) {
  std::lock_guard lock(mutex_);
  const auto [at, added] = due_.try_emplace(logical_cluster, due);
  at->second = std::min(at->second, due);
  changed_.notify_one();
}

void TenantTable::AddProbe(ProbeOutcome outcome) {
  std::lock_guard lock(mutex_);
  const std::string id = outcome.logical_cluster;
  probes_.push_back(std::move(outcome));
  MarkLocked(id);
}

void TenantTable::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void TenantTable::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_one();
}

void TenantTable::Wait(absl::Duration now, absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  for (const auto& [id, due] : due_) timeout = std::min(timeout, due - now);
  if (timeout <= absl::ZeroDuration()) return;
  changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                    [this] { return stopped_ || woken_ || !queue_.empty() || !forgotten_.empty(); });
}

std::vector<TenantDocument> TenantTable::Take(absl::Duration now, int most) {
  std::lock_guard lock(mutex_);
  for (auto due = due_.begin(); due != due_.end();) {
    if (due->second > now) {
      ++due;
      continue;
    }
    MarkLocked(due->first);
    due = due_.erase(due);
  }
  std::vector<TenantDocument> taken;
  while (!queue_.empty() && static_cast<int>(taken.size()) < most) {
    const std::string id = std::move(queue_.front());
    queue_.pop_front();
    queued_.erase(id);
    const auto found = documents_.find(id);
    if (found != documents_.end()) taken.push_back(found->second);
  }
  return taken;
}

std::vector<ProbeOutcome> TenantTable::TakeProbes() {
  std::lock_guard lock(mutex_);
  return std::exchange(probes_, {});
}

std::vector<std::string> TenantTable::TakeForgotten() {
  std::lock_guard lock(mutex_);
  return std::exchange(forgotten_, {});
}

bool TenantTable::empty() const {
  std::lock_guard lock(mutex_);
  return documents_.empty() && forgotten_.empty() && probes_.empty();
}

bool TenantTable::TakeWake() {
  std::lock_guard lock(mutex_);
  return std::exchange(woken_, false);
}

bool TenantTable::stopped() const {
  std::lock_guard lock(mutex_);
  return stopped_;
}

std::set<std::string> TenantTable::Ids() const {
  std::lock_guard lock(mutex_);
  std::set<std::string> ids;
  for (const auto& [id, document] : documents_) ids.insert(id);
  return ids;
}

int TenantTable::size() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(documents_.size());
}

void TenantTable::MarkLocked(const std::string& logical_cluster) {
  if (!documents_.contains(logical_cluster) || !queued_.insert(logical_cluster).second) return;
  queue_.push_back(logical_cluster);
  changed_.notify_one();
}

}  // namespace sluice::satellite
