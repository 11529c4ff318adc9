#include "services/satellite/app/tenancy/tenant_status.h"

namespace sluice::satellite {
namespace {

using satellite::v1::LogicalClusterStatus;
using satellite::v1::StatusDocument;

constexpr int kMaxTopics = 1000;
// Room for what the sink adds below the 256 KiB of a document.
constexpr size_t kMaxBytes = 252 * 1024;

LogicalClusterStatus::State StateOf(TenantState state) {
  switch (state) {
    case TenantState::kProvisioning:
      return LogicalClusterStatus::PROVISIONING;
    case TenantState::kReady:
      return LogicalClusterStatus::READY;
    case TenantState::kSuspended:
      return LogicalClusterStatus::SUSPENDED;
    case TenantState::kFailed:
      return LogicalClusterStatus::FAILED;
    case TenantState::kDeleting:
      return LogicalClusterStatus::DELETING;
    case TenantState::kGone:
      return LogicalClusterStatus::GONE;
    case TenantState::kRejected:
      return LogicalClusterStatus::REJECTED;
  }
  return LogicalClusterStatus::STATE_UNSPECIFIED;
}

void AddKeys(const TenantReport& report, LogicalClusterStatus& status) {
  const bool open = !report.document.wish.deleted && !report.document.wish.suspended;
  for (const TenantKey& key : report.document.wish.keys) {
    const bool there = report.seen.users.contains(key.username);
    // A deleted key is listed until its user is gone: that it is no longer listed is the answer.
    if ((key.deleted || report.document.wish.deleted) && !there) continue;
    auto* out = status.add_keys();
    out->set_uid(key.uid);
    const auto known = report.keys.find(key.uid);
    if (known == report.keys.end() || key.deleted || !open) continue;
    out->set_ready(known->second.ready && there);
    out->set_error_reason(known->second.error_reason);
    out->set_error_message(known->second.error_message);
  }
}

void AddWishResults(const TenantReport& report, LogicalClusterStatus& status) {
  for (const TenantTopicWish& wish : report.document.wish.topic_wishes) {
    auto* out = status.add_wish_results();
    out->set_wish_id(wish.id);
    const auto record = report.journal.find(wish.id);
    if (record == report.journal.end()) continue;
    out->set_done(record->second.done);
    out->set_error_reason(record->second.error_reason);
    out->set_error_message(record->second.error_message);
  }
}

void AddTopics(const TenantReport& report, LogicalClusterStatus& status) {
  status.set_topic_count(static_cast<int>(report.seen.topics.size()));
  status.set_partition_count(PartitionCount(report.seen));
  for (const auto& [name, topic] : report.seen.topics) {
    if (status.topics_size() == kMaxTopics) break;
    auto* out = status.add_topics();
    out->set_name(name.substr(report.document.wish.prefix.size()));
    out->set_partitions(topic.partitions);
    out->set_replication_factor(topic.replication_factor);
    out->mutable_configs()->insert(topic.configs.begin(), topic.configs.end());
  }
}

void Fit(StatusDocument& document) {
  if (document.ByteSizeLong() <= kMaxBytes) return;
  auto* topics = document.mutable_logical_cluster()->mutable_topics();
  for (auto& topic : *topics) topic.clear_configs();
  while (topics->size() > 0 && document.ByteSizeLong() > kMaxBytes) {
    topics->DeleteSubrange(topics->size() * 3 / 4, topics->size() - topics->size() * 3 / 4);
  }
}

}  // namespace

StatusDocument ToStatusDocument(const TenantReport& report) {
  StatusDocument document;
  document.set_key(report.document.key);
  document.set_observed_generation(report.document.generation);
  for (const VerdictCondition& condition : report.verdict.conditions) {
    auto* out = document.add_conditions();
    out->set_type(condition.type);
    out->set_status(condition.status);
    out->set_reason(condition.reason);
    out->set_message(condition.message);
  }
  LogicalClusterStatus& status = *document.mutable_logical_cluster();
  status.set_state(StateOf(report.verdict.state));
  status.set_message(report.verdict.message);
  status.set_topic_creation_withdrawn(report.creation_withdrawn);
  AddKeys(report, status);
  AddWishResults(report, status);
  AddTopics(report, status);
  Fit(document);
  return document;
}

}  // namespace sluice::satellite
