#include "services/provisioner/core/lifecycle/operation_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

std::string OperationName(const std::string& organization, const std::string& uid) {
  return absl::StrCat("organizations/", organization, "/operations/", uid);
}

}  // namespace

Operation& BeginOn(ClusterFamily& family, const OperationStart& start, Verb verb, TargetKind kind,
                   const std::string& target, const std::string& target_uid) {
  const KafkaCluster& cluster = family.cluster;
  Operation operation;
  operation.meta = {.uid = start.uid,
                    .name = OperationName(cluster.organization, start.uid),
                    .generation = 1,
                    .create_time = start.now,
                    .update_time = start.now};
  operation.organization = cluster.organization;
  operation.environment = cluster.environment;
  operation.target = target;
  operation.target_kind = kind;
  operation.target_uid = target_uid;
  operation.cluster_uid = cluster.meta.uid;
  operation.verb = verb;
  family.operations.push_back(std::move(operation));
  return family.operations.back();
}

Operation& Begin(ClusterFamily& family, const OperationStart& start, Verb verb, std::string status_message) {
  Operation& operation =
      BeginOn(family, start, verb, TargetKind::kKafkaCluster, family.cluster.meta.name, family.cluster.meta.uid);
  operation.status_message = std::move(status_message);
  operation.target_generation = family.cluster.meta.generation;
  family.cluster.operation = start.uid;
  return operation;
}

void Succeed(Operation& operation, absl::Time now) {
  operation.done = true;
  operation.end_time = now;
  operation.progress_percent = 100;
  operation.status_message = "done";
}

void Fail(Operation& operation, absl::Time now, OperationError error) {
  operation.done = true;
  operation.end_time = now;
  operation.status_message = error.message;
  operation.error = std::move(error);
}

void Waits(Operation& operation, std::string status_message, int progress_percent) {
  operation.status_message = std::move(status_message);
  operation.progress_percent = std::max(operation.progress_percent, progress_percent);
}

Operation* FindOperation(ClusterFamily& family, const std::string& uid) {
  for (Operation& operation : family.operations) {
    if (operation.meta.uid == uid) return &operation;
  }
  return nullptr;
}

absl::Status MustBeIdle(const std::string& target, const std::string& organization, const std::string& running) {
  if (running.empty()) return absl::OkStatus();
  const std::string name = OperationName(organization, running);
  return MakeError(absl::StatusCode::kAborted, absl::StrCat(name, " is working on ", target),
                   {.reason = "OPERATION_IN_PROGRESS",
                    .remedy = "wait for that operation, or cancel it, then try again",
                    .retry_after = absl::Seconds(1),
                    .metadata = {{"operation", name}}});
}

}  // namespace sluice::provisioner
