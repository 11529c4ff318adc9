#include "services/provisioner/core/lifecycle/cluster_details.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "services/provisioner/core/lifecycle/documents.h"

namespace sluice::provisioner {
namespace {

absl::Status MustBePlaced(ClusterFamily& family) {
  if (family.cluster.meta.delete_time) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat(family.cluster.meta.name, " is deleted"),
                     {.reason = "CLUSTER_DELETED", .remedy = "undelete it first"});
  }
  if (PlacedDocument(family) == nullptr) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat(family.cluster.meta.name, " has no place yet"),
                     {.reason = "CLUSTER_NOT_READY",
                      .remedy = "wait for the operation that creates it",
                      .retry_after = absl::Seconds(1)});
  }
  return absl::OkStatus();
}

KafkaKey* FindKey(ClusterFamily& family, const std::string& uid) {
  for (KafkaKey& key : family.keys) {
    if (key.meta.uid == uid) return &key;
  }
  return nullptr;
}

void SetReady(KafkaKey& key, ConditionStatus status, const std::string& reason, const std::string& message,
              absl::Time now) {
  if (key.conditions.empty()) key.conditions.push_back({.type = "Ready"});
  Condition& ready = key.conditions.front();
  if (ready.status == status && ready.reason == reason && ready.message == message) return;
  if (ready.status != status || ready.last_transition_time == absl::Time()) ready.last_transition_time = now;
  ready.status = status;
  ready.reason = reason;
  ready.message = message;
}

// The document says what the key's operation then waits for.
void SayForKey(ClusterFamily& family, const std::string& operation_uid, absl::Time now) {
  const int64_t generation = Say(family, SpecOf(family), now);
  if (Operation* operation = FindOperation(family, operation_uid)) {
    operation->document_key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
    operation->document_generation = generation;
  }
}

void ApplyToLiveKey(ClusterFamily& family, KafkaKey& key, const SeenKey& seen, absl::Time now) {
  Operation* operation = FindOperation(family, key.operation);
  if (seen.ready) {
    key.state = KeyState::kReady;
    SetReady(key, ConditionStatus::kTrue, "LogsIn", "it logs in on every live broker", now);
    if (operation != nullptr) Succeed(*operation, now);
    key.operation.clear();
  } else if (!seen.error_reason.empty()) {
    key.state = KeyState::kFailed;
    SetReady(key, ConditionStatus::kFalse, seen.error_reason, seen.error_message, now);
    if (operation != nullptr) {
      Fail(*operation, now,
           {static_cast<int>(absl::StatusCode::kFailedPrecondition), seen.error_reason, seen.error_message});
    }
    key.operation.clear();
  } else if (!seen.error_message.empty()) {
    SetReady(key, ConditionStatus::kFalse, "BrokerUnreachable", seen.error_message, now);
  }
}

}  // namespace

absl::Status CanHaveKey(ClusterFamily& family) {
  if (absl::Status status = MustBePlaced(family); !status.ok()) return status;
  if (static_cast<int>(family.keys.size()) >= kMaxKeysPerCluster) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("a cluster has at most ", kMaxKeysPerCluster, " keys"),
                     {.reason = "KEY_LIMIT", .remedy = "delete keys that are not used"});
  }
  return absl::OkStatus();
}

void AddKey(ClusterFamily& family, KafkaKey key, const OperationStart& start) {
  key.operation = start.uid;
  Operation& operation = BeginOn(family, start, Verb::kCreate, TargetKind::kKafkaKey, key.meta.name, key.meta.uid);
  operation.target_generation = key.meta.generation;
  operation.status_message = "waits until the key logs in on every live broker";
  family.keys.push_back(std::move(key));
  SayForKey(family, start.uid, start.now);
}

absl::Status DeleteKey(ClusterFamily& family, const std::string& key_uid, const OperationStart& start) {
  KafkaKey& key = *FindKey(family, key_uid);
  if (absl::Status status = MustBeIdle(key.meta.name, key.organization, key.operation); !status.ok()) return status;
  key.state = KeyState::kDeleting;
  key.operation = start.uid;
  key.meta.delete_time = start.now;
  ++key.meta.generation;
  Operation& operation = BeginOn(family, start, Verb::kDelete, TargetKind::kKafkaKey, key.meta.name, key.meta.uid);
  operation.target_generation = key.meta.generation;
  operation.status_message = "waits until no broker knows the key";
  SayForKey(family, start.uid, start.now);
  return absl::OkStatus();
}

void ApplyToKeys(ClusterFamily& family, const SeenLogical& seen, int64_t observed_generation, absl::Time now) {
  std::set<std::string> gone;
  for (KafkaKey& key : family.keys) {
    const auto found = std::find_if(seen.keys.begin(), seen.keys.end(),
                                    [&](const SeenKey& seen_key) { return seen_key.uid == key.meta.uid; });
    if (key.state != KeyState::kDeleting) {
      if (found != seen.keys.end()) ApplyToLiveKey(family, key, *found, now);
      continue;
    }
    Operation* operation = FindOperation(family, key.operation);
    const int64_t needed = operation != nullptr ? operation->document_generation : 0;
    if (found != seen.keys.end() || observed_generation < needed) continue;
    if (operation != nullptr && operation->verb == Verb::kCreate) {
      Fail(*operation, now, {static_cast<int>(absl::StatusCode::kCancelled), "CANCELLED", "cancelled by its caller"});
    } else if (operation != nullptr) {
      Succeed(*operation, now);
    }
    gone.insert(key.meta.uid);
  }
  if (gone.empty()) return;
  std::erase_if(family.keys, [&](const KafkaKey& key) { return gone.contains(key.meta.uid); });
  Say(family, SpecOf(family), now);
}

void FailForeignKeys(ClusterFamily& family, absl::Time now) {
  for (KafkaKey& key : family.keys) {
    if (key.sealed_for_data_plane == family.cluster.placement.data_plane) continue;
    ApplyToLiveKey(family, key,
                   {.uid = key.meta.uid,
                    .error_reason = "SEALING_KEY_CHANGED",
                    .error_message = "its credential was sealed for another data plane: delete it and make a new key"},
                   now);
  }
}

absl::Status WishTopic(ClusterFamily& family, const TopicChange& change, const OperationStart& start) {
  if (absl::Status status = MustBePlaced(family); !status.ok()) return status;
  LogicalSpec spec = SpecOf(family);
  for (const TopicWish& wish : spec.topic_wishes) {
    if (wish.topic != change.id) continue;
    if (absl::Status status = MustBeIdle(change.name, family.cluster.organization, wish.wish_id); !status.ok()) {
      return status;
    }
  }
  if (static_cast<int>(spec.topic_wishes.size()) >= kMaxTopicWishes) {
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat(kMaxTopicWishes, " changes of topics wait on this cluster already"),
        {.reason = "TOO_MANY_WISHES", .remedy = "wait for some of their operations", .retry_after = absl::Seconds(1)});
  }
  int64_t partitions = family.cluster.partition_count;
  for (const TopicWish& wish : spec.topic_wishes) partitions += wish.must_create ? wish.partitions : 0;
  const int32_t limit = family.cluster.effective_limits.partitions;
  if (change.verb == Verb::kCreate && partitions + change.partitions > limit) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("the cluster has ", partitions, " partitions and may have ", limit),
                     {.reason = "PARTITION_LIMIT",
                      .field = "topic.partitions",
                      .remedy = "delete topics, or raise limits.partitions",
                      .metadata = {{"limit", absl::StrCat(limit)}}});
  }
  spec.topic_wishes.push_back(
      {.wish_id = start.uid,
       .verb = change.verb == Verb::kDelete ? TopicWish::Verb::kRemove : TopicWish::Verb::kEnsure,
       .topic = change.id,
       .partitions = change.partitions,
       .configs = change.configs,
       .must_create = change.verb == Verb::kCreate});
  Operation& operation = BeginOn(family, start, change.verb, TargetKind::kTopic, change.name, change.id);
  operation.document_key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
  operation.document_generation = Say(family, spec, start.now);
  operation.target_generation = operation.document_generation;
  operation.status_message = absl::StrCat("waits for data plane ", family.cluster.placement.data_plane);
  return absl::OkStatus();
}

void ApplyToWishes(ClusterFamily& family, const SeenLogical& seen, absl::Time now) {
  LogicalSpec spec = SpecOf(family);
  const size_t before = spec.topic_wishes.size();
  for (const SeenWish& result : seen.wish_results) {
    if (!result.done && result.error_reason.empty()) continue;
    const auto same = [&](const TopicWish& wish) { return wish.wish_id == result.wish_id; };
    if (std::none_of(spec.topic_wishes.begin(), spec.topic_wishes.end(), same)) continue;
    std::erase_if(spec.topic_wishes, same);
    Operation* operation = FindOperation(family, result.wish_id);
    if (operation == nullptr) continue;
    if (result.done) {
      Succeed(*operation, now);
    } else {
      const auto code = result.error_reason == "TOPIC_EXISTS" ? absl::StatusCode::kAlreadyExists
                                                              : absl::StatusCode::kFailedPrecondition;
      Fail(*operation, now, {static_cast<int>(code), result.error_reason, result.error_message});
    }
  }
  if (spec.topic_wishes.size() != before) Say(family, spec, now);
}

void DropWishes(ClusterFamily& family, absl::Time now) {
  LogicalSpec spec = SpecOf(family);
  for (Operation& operation : family.operations) {
    if (operation.target_kind == TargetKind::kKafkaCluster || operation.done) continue;
    Fail(operation, now,
         {static_cast<int>(absl::StatusCode::kAborted), "CLUSTER_DELETED", "the cluster was deleted meanwhile"});
  }
  for (KafkaKey& key : family.keys) key.operation.clear();
  spec.topic_wishes.clear();
  Say(family, spec, now);
}

void ApplyToPhysical(PhysicalCluster& physical, const SeenStatus& status) {
  const auto& seen = std::get<SeenPhysical>(status.seen);
  if (seen.state >= SeenPhysicalState::kProvisioning && seen.state <= SeenPhysicalState::kDeleting) {
    physical.state = static_cast<PhysicalState>(seen.state);
  }
  physical.brokers_ready = seen.brokers_ready;
  if (!seen.bootstrap_servers.empty()) physical.bootstrap_servers = seen.bootstrap_servers;
  if (!seen.ca_certificate_pem.empty()) physical.ca_certificate_pem = seen.ca_certificate_pem;
  if (!seen.kafka_version.empty()) physical.kafka_version = seen.kafka_version;
  physical.partitions = seen.partitions;
  physical.conditions = status.conditions;
  physical.observed_generation = std::max(physical.observed_generation, status.observed_generation);
  physical.refused = seen.state == SeenPhysicalState::kRejected;
}

bool IsNewer(const SeenStatus& status, const SeenStatus& previous) {
  return std::pair(status.satellite_epoch, status.sequence) > std::pair(previous.satellite_epoch, previous.sequence);
}

}  // namespace sluice::provisioner
