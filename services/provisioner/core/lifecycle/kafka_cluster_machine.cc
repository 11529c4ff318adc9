#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"
#include "services/provisioner/core/lifecycle/documents.h"

namespace sluice::provisioner {
namespace {

absl::Status Precondition(const std::string& message, const std::string& reason, const std::string& remedy) {
  return MakeError(absl::StatusCode::kFailedPrecondition, message, {.reason = reason, .remedy = remedy});
}

Operation* RunningOperation(ClusterFamily& family) {
  return family.cluster.operation.empty() ? nullptr : FindOperation(family, family.cluster.operation);
}

void SetReady(KafkaCluster& cluster, ConditionStatus status, const std::string& reason, const std::string& message,
              absl::Time now) {
  auto ready = std::find_if(cluster.conditions.begin(), cluster.conditions.end(),
                            [](const Condition& condition) { return condition.type == "Ready"; });
  if (ready == cluster.conditions.end()) {
    cluster.conditions.push_back({.type = "Ready", .last_transition_time = now});
    ready = std::prev(cluster.conditions.end());
  }
  if (ready->status != status) ready->last_transition_time = now;
  ready->status = status;
  ready->reason = reason;
  ready->message = message;
  ready->observed_generation = cluster.observed_generation;
}

// The cluster's operation waits for its document as it is now.
void WaitForDocument(ClusterFamily& family, Operation& operation, int64_t generation) {
  operation.document_key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
  operation.document_generation = generation;
}

void EndOperation(ClusterFamily& family, absl::Time now) {
  if (Operation* operation = RunningOperation(family)) {
    if (operation->verb == Verb::kCreate && operation->requested_cancellation) {
      Fail(*operation, now, {static_cast<int>(absl::StatusCode::kCancelled), "CANCELLED", "cancelled by its caller"});
    } else {
      Succeed(*operation, now);
    }
  }
  family.cluster.operation.clear();
  family.cluster.before_change.reset();
}

// Wishes that still have an operation, from the documents of former places: they go along to the next.
std::vector<TopicWish> WishesOfFormerPlaces(ClusterFamily& family) {
  std::vector<TopicWish> wishes;
  std::set<std::string> taken;
  for (const DesiredDocument& document : family.documents) {
    const auto* spec = std::get_if<LogicalSpec>(&document.wish);
    if (spec == nullptr) continue;
    for (const TopicWish& wish : spec->topic_wishes) {
      const Operation* operation = FindOperation(family, wish.wish_id);
      if (operation != nullptr && !operation->done && taken.insert(wish.wish_id).second) wishes.push_back(wish);
    }
  }
  return wishes;
}

// Says the logical document at the placement just chosen.
void SayAtNewPlace(ClusterFamily& family, absl::Time now) {
  KafkaCluster& cluster = family.cluster;
  LogicalSpec spec = SpecOf(family);
  spec.topic_wishes = WishesOfFormerPlaces(family);
  const std::string key = DocumentKey(cluster.placement, cluster.meta.uid);
  family.documents.push_back(NewDocument(key, cluster.placement, cluster.meta.uid, std::move(spec), now));
  for (Operation& operation : family.operations) {
    operation.document_key = key;
    operation.document_generation = 1;
  }
  cluster.state = ClusterState::kProvisioning;
  SetReady(cluster, ConditionStatus::kFalse, "Provisioning",
           absl::StrCat("waits for data plane ", cluster.placement.data_plane), now);
  FailForeignKeys(family, now);
  if (Operation* operation = RunningOperation(family)) {
    Waits(*operation,
          absl::StrCat("placed on ", cluster.placement.physical_cluster, "; waits for data plane ",
                       cluster.placement.data_plane),
          20);
  }
}

void LosePlace(ClusterFamily& family, const std::string& message, absl::Time now) {
  KafkaCluster& cluster = family.cluster;
  cluster.refused_by.push_back(cluster.placement);
  cluster.placement = {};
  cluster.state = ClusterState::kPlacing;
  SetReady(cluster, ConditionStatus::kFalse, "Placing", absl::StrCat("refused: ", message), now);
  DeleteDocuments(family, /*keep_placed=*/true, now);
}

std::string ConditionMessage(const SeenStatus& status, const std::string& fallback) {
  for (const Condition& condition : status.conditions) {
    if (condition.status == ConditionStatus::kFalse && !condition.message.empty()) return condition.message;
  }
  return fallback;
}

std::string ConditionReason(const SeenStatus& status, const std::string& fallback) {
  for (const Condition& condition : status.conditions) {
    if (condition.status == ConditionStatus::kFalse && !condition.reason.empty()) return condition.reason;
  }
  return fallback;
}

// A DEDICATED cluster's own brokers are as its spec wishes them.
bool OwnBrokersReady(ClusterFamily& family) {
  const PhysicalCluster* physical = FindPhysical(family, family.cluster.placement.physical_cluster);
  if (physical == nullptr) return true;
  const DesiredDocument* document = FindDocument(family, physical->meta.uid);
  // While a rebalance evens out what was added it serves already; brokers that are to go make it SHRINKING until they
  // are gone.
  const bool serves = physical->state == PhysicalState::kUp || physical->state == PhysicalState::kRebalancing;
  return document != nullptr && physical->observed_generation >= document->meta.generation && serves &&
         physical->brokers_ready >= physical->spec.brokers;
}

// What the data plane says that its brokers wait for; "" when it says nothing.
std::string BrokersWaitFor(const PhysicalCluster& physical) {
  for (const Condition& condition : physical.conditions) {
    if (condition.type != "Progressing" || condition.status != ConditionStatus::kFalse || condition.message.empty()) {
      continue;
    }
    return absl::StrCat(condition.reason, ", ", condition.message);
  }
  return "";
}

const SeenStatus* PlacedStatus(const ClusterFamily& family) {
  const std::string key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
  for (const SeenStatus& status : family.statuses) {
    if (status.key == key) return &status;
  }
  return nullptr;
}

std::string WaitingFor(ClusterFamily& family, const SeenLogical* seen) {
  const KafkaCluster& cluster = family.cluster;
  if (!OwnBrokersReady(family)) {
    const PhysicalCluster& physical = *FindPhysical(family, cluster.placement.physical_cluster);
    const std::string waits = BrokersWaitFor(physical);
    return absl::StrCat("waits for the brokers of ", physical.meta.uid, ": ", physical.brokers_ready, " of ",
                        physical.spec.brokers, " ready", waits.empty() ? "" : "; ", waits);
  }
  std::string text = absl::StrCat("waits for data plane ", cluster.placement.data_plane, " to set up ",
                                  cluster.meta.uid, " on ", cluster.placement.physical_cluster);
  if (seen != nullptr && !seen->message.empty()) absl::StrAppend(&text, ": ", seen->message);
  return text;
}

void FailByStatus(ClusterFamily& family, const SeenStatus& status, const std::string& message, absl::Time now) {
  family.cluster.state = ClusterState::kFailed;
  const std::string reason = ConditionReason(status, "DATA_PLANE_FAILED");
  SetReady(family.cluster, ConditionStatus::kFalse, reason, message, now);
  if (Operation* operation = RunningOperation(family)) {
    Fail(*operation, now, {static_cast<int>(absl::StatusCode::kFailedPrecondition), reason, message});
  }
  family.cluster.operation.clear();
}

BrokerWish BrokersOf(const KafkaCluster& cluster) {
  return {.brokers = cluster.brokers,
          .broker_disk_mib = cluster.broker_disk_mib,
          .limits = cluster.limits,
          .effective_limits = cluster.effective_limits};
}

// Says the wish of its own brokers as the cluster has it now.
void SayOwnBrokers(ClusterFamily& family, PhysicalCluster& physical, absl::Time now) {
  physical.spec.brokers = family.cluster.brokers;
  physical.spec.broker_disk_mib = family.cluster.broker_disk_mib;
  ++physical.meta.generation;
  Say(*FindDocument(family, physical.meta.uid), physical.spec, /*deleted=*/false, now);
}

// The change of its brokers under way ends with this error, and what was wished before is wished again: what had been
// done of it is undone by the data plane.
void GiveUpChange(ClusterFamily& family, OperationError error, absl::Time now) {
  KafkaCluster& cluster = family.cluster;
  PhysicalCluster* physical = FindPhysical(family, cluster.placement.physical_cluster);
  if (physical == nullptr || !cluster.before_change) return;
  const BrokerWish before = *std::exchange(cluster.before_change, std::nullopt);
  cluster.brokers = before.brokers;
  cluster.broker_disk_mib = before.broker_disk_mib;
  cluster.limits = before.limits;
  cluster.effective_limits = before.effective_limits;
  ++cluster.meta.generation;
  SayOwnBrokers(family, *physical, now);
  Say(family, SpecOf(family), now);
  error.message =
      absl::StrCat("it stays at ", before.brokers, " brokers of ", before.broker_disk_mib, " MiB: ", error.message);
  if (Operation* operation = RunningOperation(family)) Fail(*operation, now, std::move(error));
  cluster.operation.clear();
}

// That the data plane has no room for the wish; null when it has, or cannot tell at the moment.
const Condition* NoRoom(const SeenStatus& status) {
  const auto found = std::find_if(status.conditions.begin(), status.conditions.end(), [](const Condition& condition) {
    return condition.type == "Accepted" && condition.status == ConditionStatus::kFalse &&
           condition.reason == "NO_CAPACITY";
  });
  return found == status.conditions.end() ? nullptr : &*found;
}

// The state of a live, placed cluster by the last word about it and about its own brokers.
void Follow(ClusterFamily& family, absl::Time now) {
  KafkaCluster& cluster = family.cluster;
  const SeenStatus* status = PlacedStatus(family);
  Operation* operation = RunningOperation(family);
  const auto* seen = status == nullptr ? nullptr : &std::get<SeenLogical>(status->seen);
  const bool reached =
      status != nullptr && (operation == nullptr || status->observed_generation >= operation->document_generation);
  if (cluster.meta.delete_time) {
    const bool shut = reached && seen->state == SeenLogicalState::kSuspended;
    if (shut) cluster.observed_generation = cluster.meta.generation;
    if (shut && operation != nullptr && *cluster.meta.purge_time > now) EndOperation(family, now);
    return;
  }
  if (reached && seen->state == SeenLogicalState::kFailed) {
    FailByStatus(family, *status, ConditionMessage(*status, seen->message), now);
    return;
  }
  if (reached && seen->state == SeenLogicalState::kReady && OwnBrokersReady(family)) {
    cluster.state = ClusterState::kReady;
    cluster.observed_generation = cluster.meta.generation;
    SetReady(cluster, ConditionStatus::kTrue, "Ready", "", now);
    EndOperation(family, now);
    return;
  }
  if (operation != nullptr) Waits(*operation, WaitingFor(family, seen), 40);
}

void ApplyLogical(ClusterFamily& family, DesiredDocument& document, const SeenStatus& status, absl::Time now) {
  KafkaCluster& cluster = family.cluster;
  const auto& seen = std::get<SeenLogical>(status.seen);
  if (&document != PlacedDocument(family)) return;
  if (seen.state == SeenLogicalState::kRejected) {
    if (status.observed_generation < document.meta.generation) return;
    if (cluster.state == ClusterState::kProvisioning && !cluster.meta.delete_time) {
      LosePlace(family, ConditionMessage(status, seen.message), now);
    } else if (!cluster.meta.delete_time) {
      FailByStatus(family, status, ConditionMessage(status, seen.message), now);
    }
    return;
  }
  cluster.topic_count = seen.topic_count;
  cluster.partition_count = seen.partition_count;
  // The satellite's conditions, and our own word on Ready.
  const auto ours = std::find_if(cluster.conditions.begin(), cluster.conditions.end(),
                                 [](const Condition& condition) { return condition.type == "Ready"; });
  std::vector<Condition> conditions;
  if (ours != cluster.conditions.end()) conditions.push_back(*ours);
  for (const Condition& condition : status.conditions) {
    if (condition.type != "Ready") conditions.push_back(condition);
  }
  cluster.conditions = std::move(conditions);
  ApplyToKeys(family, seen, status.observed_generation, now);
  ApplyToWishes(family, seen, now);
  Follow(family, now);
}

void ApplyOwnPhysical(ClusterFamily& family, const DesiredDocument& document, const SeenStatus& status,
                      absl::Time now) {
  PhysicalCluster* physical = FindPhysical(family, status.key);
  if (physical == nullptr) return;
  ApplyToPhysical(*physical, status);
  KafkaCluster& cluster = family.cluster;
  if (physical->meta.uid != cluster.placement.physical_cluster) return;
  if (physical->refused && cluster.state == ClusterState::kProvisioning && !cluster.meta.delete_time) {
    LosePlace(family, ConditionMessage(status, "no room"), now);
    return;
  }
  const Condition* no_room = NoRoom(status);
  if (no_room != nullptr && cluster.before_change && status.observed_generation >= document.meta.generation) {
    GiveUpChange(family, {static_cast<int>(absl::StatusCode::kResourceExhausted), no_room->reason, no_room->message},
                 now);
  }
  Follow(family, now);
}

bool IsGone(const SeenStatus& status) {
  if (const auto* logical = std::get_if<SeenLogical>(&status.seen)) return logical->state == SeenLogicalState::kGone;
  const auto* physical = std::get_if<SeenPhysical>(&status.seen);
  return physical != nullptr && physical->state == SeenPhysicalState::kGone;
}

void Remember(ClusterFamily& family, const SeenStatus& status) {
  if (status.cluster_uid.empty()) return;  // a physical cluster's: its own row keeps what counts
  for (SeenStatus& known : family.statuses) {
    if (known.key != status.key || known.data_plane != status.data_plane) continue;
    const Meta meta = known.meta;
    known = status;
    known.meta.version = meta.version;
    known.meta.create_time = meta.create_time;
    return;
  }
  family.statuses.push_back(status);
}

void EraseCluster(ClusterFamily& family, absl::Time now) {
  DropWishes(family, now);
  EndOperation(family, now);
  family.cluster.state = ClusterState::kDeleted;
  family.keys.clear();
  family.statuses.clear();
  family.erased = true;
}

bool IsPhysicalChange(const KafkaCluster& a, const KafkaCluster& b) {
  return a.brokers != b.brokers || a.broker_disk_mib != b.broker_disk_mib || a.kafka_version != b.kafka_version;
}

}  // namespace

bool WantsPlace(const ClusterFamily& family) {
  return family.cluster.state == ClusterState::kPlacing && family.cluster.placement.empty() &&
         !family.cluster.meta.delete_time && !family.erased;
}

ClusterFamily StartCluster(NewCluster request) {
  ClusterFamily family;
  family.cluster = std::move(request.cluster);
  family.cluster.state = ClusterState::kPlacing;
  Begin(family, request.operation, Verb::kCreate, "waits for a place");
  return family;
}

void PlaceOnCell(ClusterFamily& family, const Placement& placement, int32_t replication_factor,
                 int32_t min_insync_replicas, absl::Time now) {
  family.cluster.placement = placement;
  family.cluster.replication_factor = replication_factor;
  family.cluster.min_insync_replicas = min_insync_replicas;
  SayAtNewPlace(family, now);
}

void PlaceOnOwn(ClusterFamily& family, PhysicalCluster physical, absl::Time now) {
  family.cluster.placement = {.data_plane = physical.data_plane, .physical_cluster = physical.meta.uid};
  family.cluster.replication_factor = physical.spec.default_replication_factor;
  family.cluster.min_insync_replicas = physical.spec.min_insync_replicas;
  family.documents.push_back(NewDocument(physical.meta.uid, family.cluster.placement, "", physical.spec, now));
  family.physical_clusters.push_back(std::move(physical));
  SayAtNewPlace(family, now);
}

void FailPlacement(ClusterFamily& family, const std::string& message, absl::Time now) {
  family.cluster.state = ClusterState::kFailed;
  SetReady(family.cluster, ConditionStatus::kFalse, "NO_CAPACITY", message, now);
  if (Operation* operation = RunningOperation(family)) {
    Fail(*operation, now, {static_cast<int>(absl::StatusCode::kResourceExhausted), "NO_CAPACITY", message});
  }
  family.cluster.operation.clear();
}

absl::Status UpdateCluster(ClusterFamily& family, const KafkaCluster& wished, const OperationStart& start) {
  KafkaCluster& cluster = family.cluster;
  if (cluster.meta.delete_time) {
    return Precondition(absl::StrCat(cluster.meta.name, " is deleted"), "CLUSTER_DELETED", "undelete it first");
  }
  RETURN_IF_ERROR(MustBeIdle(cluster.meta.name, cluster.organization, cluster.operation));
  const bool physical_change = IsPhysicalChange(cluster, wished);
  const BrokerWish before = BrokersOf(cluster);
  cluster.display_name = wished.display_name;
  cluster.labels = wished.labels;
  cluster.deletion_protection = wished.deletion_protection;
  cluster.limits = wished.limits;
  cluster.effective_limits = wished.effective_limits;
  cluster.brokers = wished.brokers;
  cluster.broker_disk_mib = wished.broker_disk_mib;
  cluster.kafka_version = wished.kafka_version;
  ++cluster.meta.generation;

  bool changed = false;
  PhysicalCluster* physical = FindPhysical(family, cluster.placement.physical_cluster);
  if (physical_change && physical != nullptr) {
    if (!wished.kafka_version.empty()) physical->spec.kafka_version = wished.kafka_version;
    SayOwnBrokers(family, *physical, start.now);
    cluster.before_change = before;
    changed = true;
  }
  const DesiredDocument* document = PlacedDocument(family);
  const int64_t generation_before = document == nullptr ? 0 : document->meta.generation;
  const int64_t generation = Say(family, SpecOf(family), start.now);
  changed = changed || generation != generation_before;

  Operation& operation = Begin(family, start, Verb::kUpdate, WaitingFor(family, nullptr));
  WaitForDocument(family, operation, generation);
  if (changed) {
    cluster.state = ClusterState::kUpdating;
  } else {
    cluster.observed_generation = cluster.meta.generation;
    EndOperation(family, start.now);
  }
  return absl::OkStatus();
}

absl::Status DeleteCluster(ClusterFamily& family, const ClusterDeletion& deletion, const OperationStart& start) {
  KafkaCluster& cluster = family.cluster;
  if (cluster.deletion_protection) {
    return Precondition(absl::StrCat(cluster.meta.name, " is protected from deletion"), "DELETION_PROTECTED",
                        "set deletion_protection to false first");
  }
  RETURN_IF_ERROR(MustBeIdle(cluster.meta.name, cluster.organization, cluster.operation));
  if (cluster.meta.delete_time && !deletion.purge_now) {
    return Precondition(absl::StrCat(cluster.meta.name, " is deleted already"), "CLUSTER_DELETED",
                        "set purge_now to remove it before its purge_time");
  }
  if (cluster.topic_count > 0 && !deletion.force && !cluster.meta.delete_time) {
    return Precondition(absl::StrCat(cluster.meta.name, " has ", cluster.topic_count, " topics"), "HAS_CHILDREN",
                        "delete its topics first, or set force");
  }
  if (!cluster.meta.delete_time) cluster.meta.delete_time = start.now;
  cluster.meta.purge_time = deletion.purge_now ? start.now : start.now + deletion.undelete_window;
  cluster.state = ClusterState::kDeleting;
  ++cluster.meta.generation;
  DropWishes(family, start.now);
  Operation& operation = Begin(family, start, Verb::kDelete, "waits until its clients are shut out");
  WaitForDocument(family, operation, Say(family, SpecOf(family), start.now));
  // What is not placed anywhere has nothing to come back to.
  if (family.documents.empty()) cluster.meta.purge_time = start.now;
  PurgeCluster(family, start.now);
  return absl::OkStatus();
}

absl::Status UndeleteCluster(ClusterFamily& family, const OperationStart& start) {
  KafkaCluster& cluster = family.cluster;
  if (!cluster.meta.delete_time) {
    return Precondition(absl::StrCat(cluster.meta.name, " is not deleted"), "CLUSTER_NOT_DELETED", "");
  }
  RETURN_IF_ERROR(MustBeIdle(cluster.meta.name, cluster.organization, cluster.operation));
  const DesiredDocument* document = PlacedDocument(family);
  if (document == nullptr || document->deleted || *cluster.meta.purge_time <= start.now) {
    return Precondition(absl::StrCat(cluster.meta.name, " is being removed"), "PURGE_STARTED", "create it anew");
  }
  cluster.meta.delete_time.reset();
  cluster.meta.purge_time.reset();
  cluster.state = ClusterState::kUpdating;
  ++cluster.meta.generation;
  Operation& operation = Begin(family, start, Verb::kUndelete, WaitingFor(family, nullptr));
  WaitForDocument(family, operation, Say(family, SpecOf(family), start.now));
  return absl::OkStatus();
}

void PurgeCluster(ClusterFamily& family, absl::Time now) {
  const Meta& meta = family.cluster.meta;
  if (!meta.delete_time || !meta.purge_time || *meta.purge_time > now) return;
  DeleteDocuments(family, /*keep_placed=*/false, now);
  if (family.documents.empty()) {
    EraseCluster(family, now);
  } else if (Operation* operation = RunningOperation(family)) {
    Waits(*operation,
          absl::StrCat("waits for data plane ", family.documents.front().data_plane, " to remove ",
                       family.documents.front().meta.uid),
          50);
  }
}

void CancelOperation(ClusterFamily& family, const std::string& operation_uid, absl::Time now) {
  Operation* operation = FindOperation(family, operation_uid);
  if (operation == nullptr || operation->done || operation->requested_cancellation) return;
  operation->requested_cancellation = true;
  if (operation == RunningOperation(family) && operation->verb == Verb::kUpdate) {
    GiveUpChange(family, {static_cast<int>(absl::StatusCode::kCancelled), "CANCELLED", "cancelled by its caller"}, now);
  }
  if (operation->verb != Verb::kCreate) return;
  if (operation->target_kind == TargetKind::kKafkaCluster) {
    KafkaCluster& cluster = family.cluster;
    cluster.meta.delete_time = now;
    cluster.meta.purge_time = now;
    cluster.state = ClusterState::kDeleting;
    ++cluster.meta.generation;
    DropWishes(family, now);
    PurgeCluster(family, now);
  } else if (operation->target_kind == TargetKind::kKafkaKey) {
    for (KafkaKey& key : family.keys) {
      if (key.meta.uid != operation->target_uid) continue;
      key.state = KeyState::kDeleting;
      key.meta.delete_time = now;
      ++key.meta.generation;
    }
    operation->document_generation = Say(family, SpecOf(family), now);
  }
}

void ApplyStatus(ClusterFamily& family, const SeenStatus& status, absl::Time now) {
  DesiredDocument* document = FindDocument(family, status.key);
  if (document == nullptr || document->data_plane != status.data_plane) return;
  if (status.observed_generation > document->meta.generation) {
    // It has acted on a wish that we do not know of, as after our database came back from a backup: ours goes above it.
    document->meta.generation = status.observed_generation + 1;
    document->meta.update_time = now;
  }
  Remember(family, status);
  if (document->deleted) {
    if (!IsGone(status) || status.observed_generation < document->meta.generation) return;
    DropDocument(family, status.key);
    DeleteDocuments(family, /*keep_placed=*/true, now);
    PurgeCluster(family, now);
    return;
  }
  if (std::holds_alternative<SeenLogical>(status.seen)) {
    ApplyLogical(family, *document, status, now);
  } else if (std::holds_alternative<SeenPhysical>(status.seen)) {
    ApplyOwnPhysical(family, *document, status, now);
  }
}

}  // namespace sluice::provisioner
