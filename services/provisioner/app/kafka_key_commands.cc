#include "services/provisioner/app/kafka_key_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint create_read("provisioner.key_create.1_read");
failpoint::FailPoint create_decided("provisioner.key_create.2_decided");
failpoint::FailPoint create_committed("provisioner.key_create.3_committed");
failpoint::FailPoint delete_read("provisioner.key_delete.1_read");
failpoint::FailPoint delete_decided("provisioner.key_delete.2_decided");
failpoint::FailPoint delete_committed("provisioner.key_delete.3_committed");

absl::Status SecretShownOnce() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "this request made its key, and the password was shown then",
                   {.reason = "SECRET_SHOWN_ONCE",
                    .remedy = "if it was lost, delete the key and make another with a new request_id"});
}

KafkaKey NewKey(const KafkaCluster& cluster, const CreateKafkaKey& request, const std::string& uid, absl::Time now) {
  KafkaKey key;
  const std::string id = request.id.empty() ? uid : request.id;
  key.meta = {.uid = uid,
              .name = absl::StrCat(cluster.meta.name, "/keys/", id),
              .generation = 1,
              .create_time = now,
              .update_time = now};
  key.organization = cluster.organization;
  key.environment = cluster.environment;
  key.cluster_uid = cluster.meta.uid;
  key.id = id;
  key.display_name = request.display_name;
  key.username = absl::StrCat(cluster.meta.uid, ".", uid);
  key.conditions.push_back({.type = "Ready",
                            .status = ConditionStatus::kFalse,
                            .reason = "Provisioning",
                            .message = "waits until it logs in on every live broker",
                            .last_transition_time = now});
  return key;
}

absl::StatusOr<std::string> SealingKeyOf(const CommandPorts& ports, const std::string& data_plane_id) {
  const std::optional<DataPlane> data_plane = ports.fleet.DataPlaneById(data_plane_id);
  if (data_plane && !data_plane->sealing_public_key.empty()) return data_plane->sealing_public_key;
  return MakeError(absl::StatusCode::kFailedPrecondition, "the cluster's data plane has no sealing key yet",
                   {.reason = "CLUSTER_NOT_READY",
                    .remedy = "wait until its satellite has enrolled",
                    .retry_after = absl::Seconds(1)});
}

}  // namespace

absl::StatusOr<CreatedKafkaKey> KafkaKeyCommands::Create(const Caller& caller, const CreateKafkaKey& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return SecretShownOnce();
  if (!request.id.empty()) RETURN_IF_ERROR(CheckLabelId("key_id", request.id));
  RETURN_IF_ERROR(CheckDisplayName("key.display_name", request.display_name));
  const absl::Time now = ports_.clock.Now();
  const OperationStart start{.uid = absl::StrCat("op-", ports_.ids.NewSuffix(12)), .now = now};
  const std::string uid = absl::StrCat("key-", ports_.ids.NewSuffix(10));
  CreatedKafkaKey created;
  if (!caller.validate_only) created.password = ports_.secrets.NewSecret();
  // Sealed once for a data plane, though the decision may be made again: it costs 3 ms.
  std::string sealed, sealed_for, sealed_to;
  ClusterFamily decided;
  ASSIGN_OR_RETURN(const Committed committed,
                   ChangeFamily(ports_, caller, request.cluster,
                                {"CreateKafkaKey", start.uid, create_read, create_decided, create_committed},
                                [&](ClusterFamily& family) -> absl::Status {
                                  RETURN_IF_ERROR(CanHaveKey(family));
                                  KafkaKey key = NewKey(family.cluster, request, uid, now);
                                  const std::string& data_plane = family.cluster.placement.data_plane;
                                  ASSIGN_OR_RETURN(const std::string sealing_key, SealingKeyOf(ports_, data_plane));
                                  if (!caller.validate_only && sealed_to != sealing_key) {
                                    ASSIGN_OR_RETURN(sealed,
                                                     ports_.sealer.Seal(sealing_key, key.username, created.password));
                                    sealed_for = data_plane;
                                    sealed_to = sealing_key;
                                  }
                                  key.sealed_credential = sealed;
                                  key.sealed_for_data_plane = data_plane;
                                  AddKey(family, std::move(key), start);
                                  decided = family;
                                  return absl::OkStatus();
                                }));
  if (committed.repeated) return SecretShownOnce();
  created.key = decided.keys.back();
  created.key.meta.version = 1;
  created.operation = caller.validate_only
                          ? PlannedOperation(decided,
                                             {.data_plane = decided.cluster.placement.data_plane,
                                              .physical_cluster = decided.cluster.placement.physical_cluster,
                                              .steps = {{"make the user on the cell, then log in with it", 0.1}}},
                                             now)
                          : decided.operations.back();
  return created;
}

absl::StatusOr<Operation> KafkaKeyCommands::Delete(const Caller& caller, const DeleteKafkaKey& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return OperationByUid(ports_, *before);
  const absl::Time now = ports_.clock.Now();
  const OperationStart start{.uid = absl::StrCat("op-", ports_.ids.NewSuffix(12)), .now = now};
  const std::string cluster_name = request.name.substr(0, request.name.rfind("/keys/"));
  ClusterFamily decided;
  ASSIGN_OR_RETURN(const Committed committed,
                   ChangeFamily(ports_, caller, cluster_name,
                                {"DeleteKafkaKey", start.uid, delete_read, delete_decided, delete_committed},
                                [&](ClusterFamily& family) -> absl::Status {
                                  const KafkaKey* found = nullptr;
                                  for (const KafkaKey& key : family.keys) {
                                    if (key.meta.name == request.name) found = &key;
                                  }
                                  if (found == nullptr) return NotFound(request.name);
                                  RETURN_IF_ERROR(CheckEtag(request.etag, found->meta));
                                  RETURN_IF_ERROR(DeleteKey(family, found->meta.uid, start));
                                  decided = family;
                                  return absl::OkStatus();
                                }));
  if (caller.validate_only) {
    return PlannedOperation(
        decided,
        {.data_plane = decided.cluster.placement.data_plane, .steps = {{"remove the user from the cell", 0.1}}}, now);
  }
  return OperationByUid(ports_, committed.repeated ? committed.answer : start.uid);
}

}  // namespace sluice::provisioner
