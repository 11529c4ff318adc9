#include "services/provisioner/app/mutations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/backoff.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/core/access/not_found.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

constexpr int kMaxTries = 8;
constexpr absl::Duration kLongestCall = absl::Seconds(10);

bool IsConflict(const absl::Status& status) { return ErrorReason(status) == "VERSION_CONFLICT"; }

absl::StatusOr<Committed> TryChange(const CommandPorts& ports, const Caller& caller, const std::string& name,
                                    const FamilyChange& change,
                                    absl::FunctionRef<absl::Status(ClusterFamily&)> decide) {
  ASSIGN_OR_RETURN(const KafkaCluster found, GetByName<KafkaCluster>(ports.store, Kind::kKafkaCluster, name));
  ASSIGN_OR_RETURN(auto families, ports.store.Families({found.meta.uid}, /*lock=*/false));
  const auto family = families.find(found.meta.uid);
  if (family == families.end()) return NotFound(name);
  RETURN_IF_ERROR(change.read.Hit());
  ClusterFamily after = family->second;
  RETURN_IF_ERROR(decide(after));
  RETURN_IF_ERROR(change.decided.Hit());
  if (caller.validate_only) return Committed{};
  Mutation mutation = MutationFor(ports, caller, change.method, name, change.answer);
  AddChanges(family->second, std::move(after), ports.clock.Now(), mutation);
  ASSIGN_OR_RETURN(Committed committed, CommitAndTell(ports, caller, mutation));
  RETURN_IF_ERROR(change.committed.Hit());
  return committed;
}

}  // namespace

absl::Status NotFound(const std::string& name) { return ResourceNotFound(name); }

absl::Duration TimeLeft(const CommandPorts& ports, const Caller& caller, absl::Duration longest) {
  return std::clamp(caller.deadline - ports.clock.Now(), absl::ZeroDuration(), longest);
}

Mutation MutationFor(const CommandPorts& ports, const Caller& caller, const std::string& method,
                     const std::string& target, const std::string& answer) {
  Mutation mutation{.name = method, .traceparent = caller.traceparent};
  mutation.audit.push_back({.principal = caller.principal,
                            .organization = caller.organization,
                            .method = method,
                            .target = target,
                            .peer = caller.peer,
                            .request_id = caller.request_id,
                            .traceparent = caller.traceparent,
                            .time = ports.clock.Now()});
  if (!caller.request_id.empty()) {
    mutation.request = RememberedRequest{.organization = caller.organization,
                                         .principal = caller.principal,
                                         .request_id = caller.request_id,
                                         .payload_hash = caller.payload_hash,
                                         .answer = answer};
  }
  return mutation;
}

void Tell(Fleet& fleet, OperationWaiters& waiters, const Mutation& mutation) {
  for (const Write& write : mutation.writes) {
    const Meta& meta = MetaOf(write.after);
    if (const auto* operation = std::get_if<Operation>(&write.after)) {
      waiters.Written(operation->meta.uid);
    } else if (const auto* document = std::get_if<DesiredDocument>(&write.after)) {
      const bool counts = write.erase || write.expected_version == 0;
      if (document->cluster_uid.empty() || !counts) continue;
      fleet.Count(meta.uid.substr(0, meta.uid.find('/')), write.erase ? -1 : 1);
    } else if (write.erase) {
      fleet.Remove(KindOf(write.after), meta.uid);
    } else if (const auto* data_plane = std::get_if<DataPlane>(&write.after)) {
      fleet.Put(*data_plane);
    } else if (const auto* physical = std::get_if<PhysicalCluster>(&write.after)) {
      fleet.Put(*physical);
    }
  }
}

absl::StatusOr<Committed> CommitAndTell(const CommandPorts& ports, const Caller& caller, const Mutation& mutation) {
  RETURN_IF_ERROR(CheckRequestId(caller.request_id));
  ASSIGN_OR_RETURN(const FairGate::Slot slot,
                   ports.gate.Enter(caller.organization, TimeLeft(ports, caller, kLongestCall)));
  ASSIGN_OR_RETURN(Committed committed, ports.store.Commit(mutation));
  if (!committed.repeated) Tell(ports.fleet, ports.waiters, mutation);
  return committed;
}

absl::StatusOr<std::optional<std::string>> AnswerBefore(const CommandPorts& ports, const Caller& caller) {
  if (caller.request_id.empty() || caller.validate_only) return std::nullopt;
  RETURN_IF_ERROR(CheckRequestId(caller.request_id));
  return ports.store.RememberedAnswer({.organization = caller.organization,
                                       .principal = caller.principal,
                                       .request_id = caller.request_id,
                                       .payload_hash = caller.payload_hash,
                                       .answer = ""});
}

absl::StatusOr<Committed> ChangeFamily(const CommandPorts& ports, const Caller& caller, const std::string& name,
                                       const FamilyChange& change,
                                       absl::FunctionRef<absl::Status(ClusterFamily&)> decide) {
  clock::BackOff back_off(ports.random, absl::Milliseconds(4), absl::Milliseconds(100));
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Committed> committed = TryChange(ports, caller, name, change, decide);
    if (committed.ok() || !IsConflict(committed.status()) || attempt == kMaxTries) return committed;
    const absl::Duration pause = back_off.Next();
    if (TimeLeft(ports, caller, kLongestCall) <= pause) return committed;
    absl::SleepFor(pause);
  }
}

absl::Status CheckEtag(const std::string& etag, const Meta& meta) {
  if (etag.empty() || etag == Etag(meta)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kAborted, absl::StrCat(meta.name, " was changed since you read it"),
                   {.reason = "ETAG_MISMATCH",
                    .field = "etag",
                    .remedy = "read it again and decide again",
                    .metadata = {{"etag", Etag(meta)}}});
}

absl::StatusOr<Operation> OperationByUid(const CommandPorts& ports, const std::string& uid) {
  ASSIGN_OR_RETURN(std::optional<Aggregate> found, ports.store.FindByUid(Kind::kOperation, uid));
  if (!found) return NotFound(absl::StrCat("operations/", uid));
  return std::get<Operation>(*std::move(found));
}

Operation PlannedOperation(const ClusterFamily& family, Plan plan, absl::Time now) {
  Operation operation;
  operation.meta = {.uid = "op-plan",
                    .name = absl::StrCat("organizations/", family.cluster.organization, "/operations/op-plan"),
                    .create_time = now,
                    .update_time = now};
  operation.organization = family.cluster.organization;
  operation.environment = family.cluster.environment;
  operation.target = family.cluster.meta.name;
  operation.cluster_uid = family.cluster.meta.uid;
  operation.done = true;
  operation.end_time = now;
  operation.progress_percent = 100;
  operation.status_message = "checked; nothing was changed";
  operation.plan = std::move(plan);
  return operation;
}

}  // namespace sluice::provisioner
