#include "services/satellite/app/tenancy/topic_batch.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_topics("satellite.tenancy.5_before_topics");
failpoint::FailPoint after_topics("satellite.tenancy.6_after_topics");
failpoint::FailPoint before_removal("satellite.tenancy.7_before_removal");

}  // namespace

bool IsFinal(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  // Our own choice of replicas, and it passes when brokers come back.
  if (reason == "KAFKA_INVALID_REPLICATION_FACTOR") return false;
  return absl::IsInvalidArgument(status) || reason == "KAFKA_POLICY_VIOLATION";
}

void TopicBatch::Add(const std::string& tenant, const TenantPlan& plan) {
  for (const TopicStep& step : plan.topic_steps) steps_.push_back({tenant, step, {}, 0});
  for (const std::string& topic : plan.topics_to_remove) removals_.push_back({tenant, topic, {}});
  for (const std::string& group : plan.groups_to_remove) groups_.push_back({tenant, group, {}});
}

void TopicBatch::Run(kafka_admin::AdminClient& admin, int32_t replication_factor, absl::Duration timeout) {
  if (!steps_.empty()) {
    if (const absl::Status fail = before_topics.Hit(); !fail.ok()) {
      for (StepItem& item : steps_) item.status = fail;
      return;
    }
  }
  Create(admin, replication_factor, timeout);
  Grow(admin, timeout);
  Configure(admin, timeout);
  RemoveTopics(admin, timeout);
  RemoveGroups(admin, timeout);
}

std::vector<TopicBatch::StepItem*> TopicBatch::StepsOf(TopicStep::Kind kind) {
  std::vector<StepItem*> items;
  for (StepItem& item : steps_) {
    if (item.step.kind == kind) items.push_back(&item);
  }
  return items;
}

void TopicBatch::Create(kafka_admin::AdminClient& admin, int32_t replication_factor, absl::Duration timeout) {
  const std::vector<StepItem*> items = StepsOf(TopicStep::Kind::kCreate);
  if (items.empty()) return;
  std::vector<kafka_admin::NewTopic> topics;
  for (const StepItem* item : items) {
    topics.push_back({.name = item->step.name,
                      .partitions = item->step.partitions,
                      .replication_factor = static_cast<int16_t>(replication_factor),
                      .configs = item->step.configs});
  }
  const auto results = admin.CreateTopics(topics, /*validate_only=*/false, timeout);
  const absl::Status after = after_topics.Hit();
  for (size_t i = 0; i < items.size(); ++i) {
    items[i]->status = !results.ok() ? results.status() : !after.ok() ? after : (*results)[i].status;
    items[i]->replication_factor = replication_factor;
  }
}

void TopicBatch::Grow(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  const std::vector<StepItem*> items = StepsOf(TopicStep::Kind::kGrow);
  if (items.empty()) return;
  std::vector<kafka_admin::NewPartitions> topics;
  for (const StepItem* item : items) topics.push_back({.topic = item->step.name, .total = item->step.partitions});
  const auto results = admin.CreatePartitions(topics, /*validate_only=*/false, timeout);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i]->status = results.ok() ? (*results)[i].status : results.status();
  }
}

void TopicBatch::Configure(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  const std::vector<StepItem*> items = StepsOf(TopicStep::Kind::kConfigure);
  if (items.empty()) return;
  std::vector<kafka_admin::ConfigAlteration> alterations;
  for (const StepItem* item : items) {
    kafka_admin::ConfigAlteration alteration{.resource = {.name = item->step.name}};
    for (const auto& [name, value] : item->step.configs) {
      alteration.changes.push_back({name, kafka_admin::ConfigChange::Op::kSet, value});
    }
    alterations.push_back(std::move(alteration));
  }
  const auto results = admin.AlterConfigs(alterations, /*validate_only=*/false, timeout);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i]->status = results.ok() ? (*results)[i].status : results.status();
  }
}

void TopicBatch::RemoveTopics(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  std::vector<absl::Status*> statuses;
  std::vector<std::string> names;
  for (StepItem* item : StepsOf(TopicStep::Kind::kRemove)) {
    names.push_back(item->step.name);
    statuses.push_back(&item->status);
  }
  for (NameItem& item : removals_) {
    names.push_back(item.name);
    statuses.push_back(&item.status);
  }
  if (names.empty()) return;
  const absl::Status fail = before_removal.Hit();
  if (!fail.ok()) {
    for (absl::Status* status : statuses) *status = fail;
    return;
  }
  const auto results = admin.DeleteTopics(names, timeout);
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::Status status = results.ok() ? (*results)[i].status : results.status();
    *statuses[i] = absl::IsNotFound(status) ? absl::OkStatus() : status;
  }
}

void TopicBatch::RemoveGroups(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  if (groups_.empty()) return;
  std::vector<std::string> names;
  for (const NameItem& item : groups_) names.push_back(item.name);
  const auto results = admin.DeleteGroups(names, timeout);
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::Status status = results.ok() ? (*results)[i].status : results.status();
    groups_[i].status = absl::IsNotFound(status) ? absl::OkStatus() : status;
  }
}

void TopicBatch::ApplyStep(const StepItem& item, CellView& view) {
  auto& topics = view.Change(item.tenant).topics;
  view.NoteOwnChange(item.step.name);
  switch (item.step.kind) {
    case TopicStep::Kind::kCreate:
      topics[item.step.name] = {item.step.partitions, item.replication_factor, item.step.configs};
      break;
    case TopicStep::Kind::kGrow:
      topics[item.step.name].partitions = item.step.partitions;
      break;
    case TopicStep::Kind::kConfigure:
      for (const auto& [name, value] : item.step.configs) topics[item.step.name].configs[name] = value;
      break;
    case TopicStep::Kind::kRemove:
      topics.erase(item.step.name);
      break;
  }
}

void TopicBatch::Apply(CellView& view, std::map<std::string, WishJournal>& journals, TenantFaults& faults) const {
  std::map<std::string, bool> whole;  // by wish: all of its steps succeeded
  for (const StepItem& item : steps_) {
    // "Exists" after it was seen not to: made by this very call, whose first answer was lost, or by the tenant's own
    // client within those milliseconds. Either way it is there.
    const bool made = item.step.kind == TopicStep::Kind::kCreate && absl::IsAlreadyExists(item.status);
    if (item.status.ok() || made) {
      ApplyStep(item, view);
      whole.try_emplace(item.step.wish_id, true);
      continue;
    }
    whole[item.step.wish_id] = false;
    if (IsFinal(item.status)) {
      WishRecord& record = journals[item.tenant][item.step.wish_id];
      record.error_reason = ErrorReason(item.status).empty() ? "KAFKA_REFUSED" : ErrorReason(item.status);
      record.error_message = std::string(Std(item.status.message()));
    } else {
      faults[item.tenant].Update(item.status);
    }
  }
  for (const StepItem& item : steps_) {
    if (whole.at(item.step.wish_id)) journals[item.tenant][item.step.wish_id].done = true;
  }
  for (const NameItem& item : removals_) {
    if (item.status.ok()) {
      view.Change(item.tenant).topics.erase(item.name);
    } else {
      faults[item.tenant].Update(item.status);
    }
  }
  for (const NameItem& item : groups_) {
    if (item.status.ok()) {
      view.Change(item.tenant).groups.erase(item.name);
    } else {
      faults[item.tenant].Update(item.status);
    }
  }
}

}  // namespace sluice::satellite
