#include "services/provisioner/app/kafka_cluster_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/app/placing.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint create_checked("provisioner.create.1_checked");
failpoint::FailPoint create_placed("provisioner.create.2_placed");
failpoint::FailPoint create_committed("provisioner.create.3_committed");
failpoint::FailPoint update_read("provisioner.update.1_read");
failpoint::FailPoint update_decided("provisioner.update.2_decided");
failpoint::FailPoint update_committed("provisioner.update.3_committed");
failpoint::FailPoint delete_read("provisioner.delete.1_read");
failpoint::FailPoint delete_decided("provisioner.delete.2_decided");
failpoint::FailPoint delete_committed("provisioner.delete.3_committed");
failpoint::FailPoint undelete_read("provisioner.undelete.1_read");
failpoint::FailPoint undelete_decided("provisioner.undelete.2_decided");
failpoint::FailPoint undelete_committed("provisioner.undelete.3_committed");

// Characters of an id: 5 bits each, so two of a million clusters meet with a chance of 4 in 10,000 at 10 — and then the
// insert fails, and the caller tries again.
constexpr int kSuffix = 10;

void PutWish(const KafkaClusterWish& wish, KafkaCluster& cluster) {
  cluster.display_name = wish.display_name;
  cluster.labels = wish.labels;
  cluster.type = wish.type;
  cluster.region = wish.region;
  cluster.brokers = wish.brokers;
  cluster.broker_disk_mib = wish.broker_disk_mib;
  cluster.kafka_version = wish.kafka_version;
  cluster.limits = wish.limits;
  cluster.deletion_protection = wish.deletion_protection;
}

KafkaCluster NewClusterOf(const CommandPorts& ports, const CreateKafkaCluster& request, absl::Time now) {
  KafkaCluster cluster;
  const std::string uid = absl::StrCat("lkc-", ports.ids.NewSuffix(kSuffix));
  cluster.meta = {.uid = uid,
                  .name = absl::StrCat("organizations/", request.organization, "/environments/", request.environment,
                                       "/kafkaClusters/", request.id),
                  .generation = 1,
                  .create_time = now,
                  .update_time = now};
  cluster.organization = request.organization;
  cluster.environment = request.environment;
  cluster.id = request.id;
  PutWish(request.wish, cluster);
  if (cluster.type == ClusterType::kServerless) cluster.prefix = uid + ".";
  return cluster;
}

Plan PlanOf(const ClusterFamily& family, const PlacementDecision& decision) {
  Plan plan;
  plan.data_plane = family.cluster.placement.data_plane;
  plan.physical_cluster = family.cluster.placement.physical_cluster;
  plan.placement_reasons = decision.reasons;
  plan.steps.push_back({absl::StrCat("tell data plane ", plan.data_plane), 0.02});
  if (family.cluster.type == ClusterType::kDedicated) {
    plan.steps.push_back({absl::StrCat("start ", family.cluster.brokers, " brokers and their controllers"), 15});
  }
  plan.steps.push_back({"set its rights and quotas", 0.1});
  return plan;
}

absl::Status ApplyMask(const UpdateKafkaCluster& request, KafkaCluster& cluster) {
  if (request.update_mask.empty()) {
    return InvalidField("update_mask", "is empty", "name the fields that shall change");
  }
  const KafkaClusterWish& wish = request.wish;
  for (const std::string& path : request.update_mask) {
    if (path == "display_name") {
      cluster.display_name = wish.display_name;
    } else if (path == "labels") {
      cluster.labels = wish.labels;
    } else if (path == "deletion_protection") {
      cluster.deletion_protection = wish.deletion_protection;
    } else if (path == "brokers") {
      cluster.brokers = wish.brokers;
    } else if (path == "broker_disk_mib") {
      cluster.broker_disk_mib = wish.broker_disk_mib;
    } else if (path == "kafka_version") {
      cluster.kafka_version = wish.kafka_version;
    } else if (path == "limits") {
      cluster.limits = wish.limits;
    } else if (path == "limits.ingress_bytes_per_second") {
      cluster.limits.ingress_bytes_per_second = wish.limits.ingress_bytes_per_second;
    } else if (path == "limits.egress_bytes_per_second") {
      cluster.limits.egress_bytes_per_second = wish.limits.egress_bytes_per_second;
    } else if (path == "limits.request_percent") {
      cluster.limits.request_percent = wish.limits.request_percent;
    } else if (path == "limits.controller_mutations_per_second") {
      cluster.limits.controller_mutations_per_second = wish.limits.controller_mutations_per_second;
    } else if (path == "limits.partitions") {
      cluster.limits.partitions = wish.limits.partitions;
    } else {
      return InvalidField("update_mask", absl::StrCat("has ", path, ", which cannot be changed"),
                          "take display_name, labels, limits, brokers, broker_disk_mib, deletion_protection");
    }
  }
  return absl::OkStatus();
}

Plan ChangePlan(const ClusterFamily& family, const std::string& what) {
  Plan plan;
  plan.data_plane = family.cluster.placement.data_plane;
  plan.physical_cluster = family.cluster.placement.physical_cluster;
  plan.steps.push_back({what, 0.5});
  return plan;
}

}  // namespace

absl::StatusOr<Operation> KafkaClusterCommands::Create(const Caller& caller, const CreateKafkaCluster& request) {
  const absl::Time now = ports_.clock.Now();
  KafkaCluster cluster = NewClusterOf(ports_, request, now);
  RETURN_IF_ERROR(CheckNewCluster(cluster));
  RETURN_IF_ERROR(create_checked.Hit());
  const std::string operation_uid = absl::StrCat("op-", ports_.ids.NewSuffix(12));
  ClusterFamily family = StartCluster({.cluster = std::move(cluster), .operation = {.uid = operation_uid, .now = now}});
  ASSIGN_OR_RETURN(const PlacementDecision decision,
                   Place(*ports_.fleet.Snapshot(), ports_.random, ports_.ids, family, now));
  if (!decision.placement) {
    // A repeat of a request that found room then is answered as it was.
    ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
    if (before) return OperationByUid(ports_, *before);
    return NoPlacement(decision);
  }
  RETURN_IF_ERROR(create_placed.Hit());
  if (caller.validate_only) return PlannedOperation(family, PlanOf(family, decision), now);

  Mutation mutation = MutationFor(ports_, caller, "CreateKafkaCluster", family.cluster.meta.name, operation_uid);
  mutation.requires_live = {absl::StrCat("organizations/", request.organization, "/environments/", request.environment),
                            absl::StrCat("dataPlanes/", family.cluster.placement.data_plane)};
  const Operation operation = family.operations.front();
  AddChanges(ClusterFamily{}, std::move(family), now, mutation);
  ASSIGN_OR_RETURN(const Committed committed, CommitAndTell(ports_, caller, mutation));
  RETURN_IF_ERROR(create_committed.Hit());
  if (committed.repeated) return OperationByUid(ports_, committed.answer);
  return operation;
}

absl::StatusOr<Operation> KafkaClusterCommands::Change(
    const Caller& caller, const std::string& name, const ChangeSteps& steps,
    absl::FunctionRef<absl::Status(ClusterFamily&, const OperationStart&)> decide) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return OperationByUid(ports_, *before);
  const OperationStart start{.uid = absl::StrCat("op-", ports_.ids.NewSuffix(12)), .now = ports_.clock.Now()};
  ClusterFamily decided;
  ASSIGN_OR_RETURN(
      const Committed committed,
      ChangeFamily(ports_, caller, name, {steps.method, start.uid, steps.read, steps.decided, steps.committed},
                   [&](ClusterFamily& family) -> absl::Status {
                     RETURN_IF_ERROR(decide(family, start));
                     decided = family;
                     return absl::OkStatus();
                   }));
  if (caller.validate_only) return PlannedOperation(decided, ChangePlan(decided, steps.for_people), start.now);
  return OperationByUid(ports_, committed.repeated ? committed.answer : start.uid);
}

absl::StatusOr<Operation> KafkaClusterCommands::Update(const Caller& caller, const UpdateKafkaCluster& request) {
  return Change(caller, request.name,
                {"UpdateKafkaCluster", "tell its data plane", update_read, update_decided, update_committed},
                [&](ClusterFamily& family, const OperationStart& start) -> absl::Status {
                  RETURN_IF_ERROR(CheckEtag(request.etag, family.cluster.meta));
                  KafkaCluster wished = family.cluster;
                  RETURN_IF_ERROR(ApplyMask(request, wished));
                  RETURN_IF_ERROR(CheckChangedCluster(family.cluster, wished));
                  const KafkaCluster& cluster = family.cluster;
                  if (wished.brokers > cluster.brokers && !cluster.placement.empty()) {
                    RETURN_IF_ERROR(CheckRoomToGrow(*ports_.fleet.Snapshot(), cluster.placement.data_plane,
                                                    wished.brokers - cluster.brokers));
                  }
                  return UpdateCluster(family, wished, start);
                });
}

absl::StatusOr<Operation> KafkaClusterCommands::Delete(const Caller& caller, const DeleteKafkaCluster& request) {
  const char* what = request.purge_now ? "shut its clients out and remove its data" : "shut its clients out";
  return Change(
      caller, request.name, {"DeleteKafkaCluster", what, delete_read, delete_decided, delete_committed},
      [&](ClusterFamily& family, const OperationStart& start) -> absl::Status {
        RETURN_IF_ERROR(CheckEtag(request.etag, family.cluster.meta));
        return DeleteCluster(
            family, {.force = request.force, .purge_now = request.purge_now, .undelete_window = ports_.undelete_window},
            start);
      });
}

absl::StatusOr<Operation> KafkaClusterCommands::Undelete(const Caller& caller, const UndeleteKafkaCluster& request) {
  return Change(
      caller, request.name,
      {"UndeleteKafkaCluster", "let its clients in again", undelete_read, undelete_decided, undelete_committed},
      [&](ClusterFamily& family, const OperationStart& start) { return UndeleteCluster(family, start); });
}

}  // namespace sluice::provisioner
