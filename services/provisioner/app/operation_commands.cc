#include "services/provisioner/app/operation_commands.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint cancel_read("provisioner.cancel.1_read");
failpoint::FailPoint cancel_decided("provisioner.cancel.2_decided");
failpoint::FailPoint cancel_committed("provisioner.cancel.3_committed");

// The cluster that an operation is about: its target, or what its target lies below.
std::string ClusterOf(const Operation& operation) {
  switch (operation.target_kind) {
    case TargetKind::kKafkaCluster:
      return operation.target;
    case TargetKind::kKafkaKey:
      return operation.target.substr(0, operation.target.rfind("/keys/"));
    case TargetKind::kTopic:
      return operation.target.substr(0, operation.target.rfind("/topics/"));
  }
  return operation.target;
}

}  // namespace

absl::Status OperationCommands::Cancel(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(const Operation operation, GetByName<Operation>(ports_.store, Kind::kOperation, name));
  if (operation.done) return absl::OkStatus();
  return ChangeFamily(ports_, caller, ClusterOf(operation),
                      {"CancelOperation", operation.meta.uid, cancel_read, cancel_decided, cancel_committed},
                      [&](ClusterFamily& family) {
                        CancelOperation(family, operation.meta.uid, ports_.clock.Now());
                        return absl::OkStatus();
                      })
      .status();
}

absl::Status OperationCommands::Delete(const Caller& caller, const std::string& name) {
  ASSIGN_OR_RETURN(Operation operation, GetByName<Operation>(ports_.store, Kind::kOperation, name));
  if (!operation.done) {
    return MakeError(absl::StatusCode::kFailedPrecondition, name + " is not done",
                     {.reason = "OPERATION_IN_PROGRESS", .remedy = "wait for it, or cancel it"});
  }
  Mutation mutation = MutationFor(ports_, caller, "DeleteOperation", name, operation.meta.uid);
  mutation.writes.push_back(ErasedRow(std::move(operation)));
  return CommitAndTell(ports_, caller, mutation).status();
}

absl::StatusOr<Operation> OperationCommands::Wait(const Caller& caller, const std::string& name,
                                                  absl::Duration timeout) {
  const absl::Duration end = ports_.clock.MonotonicNow() + std::min(timeout, TimeLeft(ports_, caller, absl::Hours(1)));
  OperationWaiters::Ticket ticket(ports_.waiters, name.substr(name.rfind('/') + 1));
  while (true) {
    ASSIGN_OR_RETURN(Operation operation, GetByName<Operation>(ports_.store, Kind::kOperation, name));
    const absl::Duration left = end - ports_.clock.MonotonicNow();
    if (operation.done || left <= absl::ZeroDuration()) return operation;
    ticket.Wait(std::min(left, OperationWaiters::kLook));
  }
}

}  // namespace sluice::provisioner
