#include "services/satellite/core/tenancy/tenant_verdict.h"

namespace sluice::satellite {
namespace {

constexpr double kFullDisk = 0.85;

VerdictCondition TopicCreation(const TenantWish& wish, const TenantSeen& seen, const TenantPlan& remaining) {
  if (wish.suspended || wish.deleted) return {"TopicCreation", "FALSE", "SUSPENDED", "all keys are refused"};
  if (!remaining.creation_withdrawn) return {"TopicCreation", "TRUE", "BELOW_LIMIT", ""};
  return {"TopicCreation", "FALSE", "PARTITION_LIMIT",
          std::to_string(PartitionCount(seen)) + " of " + std::to_string(wish.limits.partitions) +
              " partitions exist: the cluster's own clients may not create topics or add partitions until some go"};
}

bool AccessPending(const TenantPlan& plan) {
  return !plan.grants_to_add.empty() || !plan.grants_to_remove.empty() || !plan.quotas.empty() ||
         !plan.users_to_remove.empty();
}

TenantVerdict Refused(TenantState state, std::string reason, std::string message) {
  return {state, {{"Accepted", "FALSE", reason, message}, {"Ready", "FALSE", reason, message}}, message};
}

TenantVerdict Deleting(const TenantSeen& seen, const TenantPlan& remaining, const TenantHindrance& hindrance) {
  const bool empty = remaining.empty() && seen.topics.empty() && seen.groups.empty() && seen.users.empty() &&
                     seen.grants.empty() && seen.quotas.empty();
  if (empty && hindrance.waits_for.empty()) {
    return {TenantState::kGone, {{"Ready", "FALSE", "GONE", "nothing is left of it"}}, ""};
  }
  const std::string message = hindrance.waits_for.empty() ? std::to_string(seen.topics.size()) + " topics and " +
                                                                std::to_string(seen.groups.size()) + " groups are left"
                                                          : hindrance.waits_for;
  return {TenantState::kDeleting, {{"Ready", "FALSE", "DELETING", message}}, message};
}

}  // namespace

TenantVerdict JudgeTenant(const TenantWish& wish, const TenantSeen& seen, const TenantPlan& remaining,
                          const TenantHindrance& hindrance) {
  if (!hindrance.refusal.empty()) return Refused(TenantState::kFailed, "DOCUMENT_REFUSED", hindrance.refusal);
  if (wish.deleted) return Deleting(seen, remaining, hindrance);
  if (!hindrance.no_capacity.empty()) return Refused(TenantState::kRejected, "NO_CAPACITY", hindrance.no_capacity);

  TenantVerdict verdict;
  verdict.conditions.push_back({"Accepted", "TRUE", "ADMITTED", ""});
  if (!hindrance.waits_for.empty() || AccessPending(remaining)) {
    verdict.message = hindrance.waits_for.empty() ? "its rights, quotas and keys are being set" : hindrance.waits_for;
    verdict.conditions.push_back({"Ready", "FALSE", "PROVISIONING", verdict.message});
  } else if (wish.suspended) {
    verdict.state = TenantState::kSuspended;
    verdict.conditions.push_back({"Ready", "FALSE", "SUSPENDED", "all its keys are refused, its data stays"});
  } else {
    verdict.state = TenantState::kReady;
    verdict.conditions.push_back({"Ready", "TRUE", "READY", ""});
  }
  verdict.conditions.push_back(TopicCreation(wish, seen, remaining));
  return verdict;
}

std::string NoRoomOn(const CellFill& fill, int max_replicas_per_broker) {
  const int64_t most = int64_t{max_replicas_per_broker} * fill.brokers;
  if (fill.replicas >= most) {
    return "the cell holds " + std::to_string(fill.replicas) + " replicas, its " + std::to_string(fill.brokers) +
           " brokers take " + std::to_string(most);
  }
  if (fill.total_bytes > 0 &&
      static_cast<double>(fill.used_bytes) >= kFullDisk * static_cast<double>(fill.total_bytes)) {
    return "the cell's disks are " + std::to_string(fill.used_bytes * 100 / fill.total_bytes) + " % full";
  }
  return "";
}

}  // namespace sluice::satellite
