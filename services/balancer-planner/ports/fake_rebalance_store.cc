#include "services/balancer-planner/ports/fake_rebalance_store.h"

#include <algorithm>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/balancer-planner/ports/rebalance_order.h"

namespace sluice::balancer_planner {
namespace {

bool Newer(const Rebalance& a, const Rebalance& b) {
  return std::pair(a.create_time, a.uid) > std::pair(b.create_time, b.uid);
}

}  // namespace

absl::Status FakeRebalanceStore::CheckNew(const Rebalance& rebalance) const {
  if (rows_.contains(rebalance.uid)) {
    return MakeError(absl::StatusCode::kAborted, "it is there", {.reason = "VERSION_CONFLICT"});
  }
  for (const auto& [uid, row] : rows_) {
    if (KeyOf(row) == KeyOf(rebalance) && IsOpen(row.stage)) {
      return MakeError(absl::StatusCode::kAlreadyExists, "another one is open",
                       {.reason = "REBALANCE_OPEN", .metadata = {{"rebalance", uid}}});
    }
  }
  return absl::OkStatus();
}

absl::Status FakeRebalanceStore::Commit(const RebalanceChange& change) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  const Rebalance& after = change.transition.after;
  if (change.call) {
    const auto answered = calls_.find({change.call->principal, change.call->request_id});
    if (answered != calls_.end()) {
      return MakeError(absl::StatusCode::kAborted, "answered before", {.reason = "VERSION_CONFLICT"});
    }
  }
  if (after.version == 1) {
    RETURN_IF_ERROR(CheckNew(after));
    batches_[after.uid] = change.batches;
  } else {
    const auto found = rows_.find(after.uid);
    if (found == rows_.end() || found->second.version != after.version - 1) {
      return MakeError(absl::StatusCode::kAborted, "it has changed", {.reason = "VERSION_CONFLICT"});
    }
  }
  rows_[after.uid] = after;
  if (change.call) {
    calls_[{change.call->principal, change.call->request_id}] = {change.call->payload_hash, after.uid,
                                                                 after.update_time};
  }
  changes_.push_back(change);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Rebalance>> FakeRebalanceStore::Find(const std::string& uid) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  const auto found = rows_.find(uid);
  return found == rows_.end() ? std::nullopt : std::optional(found->second);
}

absl::StatusOr<std::vector<PlannedBatch>> FakeRebalanceStore::BatchesOf(const std::string& uid) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  const auto found = batches_.find(uid);
  return found == batches_.end() ? std::vector<PlannedBatch>() : found->second;
}

absl::StatusOr<std::vector<Rebalance>> FakeRebalanceStore::Open() {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  std::vector<Rebalance> open;
  for (const auto& [uid, row] : rows_) {
    if (IsOpen(row.stage)) open.push_back(row);
  }
  return open;
}

absl::StatusOr<std::vector<Rebalance>> FakeRebalanceStore::List(const RebalanceQuery& query) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  std::vector<Rebalance> found;
  for (const auto& [uid, row] : rows_) {
    if (KeyOf(row) == query.cluster) found.push_back(row);
  }
  std::sort(found.begin(), found.end(), Newer);
  const auto last = std::find_if(found.begin(), found.end(), [&](const auto& row) { return row.uid == query.before; });
  if (!query.before.empty()) found.erase(found.begin(), last == found.end() ? found.end() : last + 1);
  if (static_cast<int>(found.size()) > query.limit) found.resize(query.limit);
  return found;
}

absl::StatusOr<EndedRebalances> FakeRebalanceStore::Ended(const ClusterKey& cluster) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  std::vector<Rebalance> ended;
  int64_t generation = 0;
  for (const auto& [uid, row] : rows_) {
    if (KeyOf(row) != cluster) continue;
    generation = std::max(generation, row.said.generation);
    if (!IsOpen(row.stage)) ended.push_back(row);
  }
  std::sort(ended.begin(), ended.end(), Newer);
  return EndedOf(ended, generation);
}

absl::StatusOr<std::optional<std::string>> FakeRebalanceStore::RememberedAnswer(const RememberedCall& call) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  const auto found = calls_.find({call.principal, call.request_id});
  if (found == calls_.end()) return std::nullopt;
  if (found->second.payload_hash != call.payload_hash) {
    return MakeError(absl::StatusCode::kInvalidArgument, "this request_id was used for another request",
                     {.reason = "REQUEST_ID_REUSED", .field = "request_id"});
  }
  return found->second.uid;
}

absl::StatusOr<int> FakeRebalanceStore::Prune(absl::Time calls, absl::Time ended) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(status_);
  const size_t before = calls_.size() + rows_.size();
  std::erase_if(calls_, [&](const auto& entry) { return entry.second.time < calls; });
  std::map<ClusterKey, std::pair<absl::Time, std::string>> newest;
  for (const auto& [uid, row] : rows_) {
    newest[KeyOf(row)] = std::max(newest[KeyOf(row)], std::pair(row.create_time, uid));
  }
  // The newest of each cluster stays: the next generation grows from it.
  std::erase_if(rows_, [&](const auto& entry) {
    const bool gone = !IsOpen(entry.second.stage) && *entry.second.end_time < ended &&
                      newest[KeyOf(entry.second)].second != entry.first;
    if (gone) batches_.erase(entry.first);
    return gone;
  });
  return static_cast<int>(before - calls_.size() - rows_.size());
}

void FakeRebalanceStore::SetStatus(absl::Status status) {
  std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

std::vector<RebalanceChange> FakeRebalanceStore::changes() {
  std::lock_guard lock(mutex_);
  return changes_;
}

}  // namespace sluice::balancer_planner
