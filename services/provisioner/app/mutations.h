#pragma once

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/failpoint/failpoint.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/ports/store.h"

// How a use case reads, decides and commits.
namespace sluice::provisioner {

// An empty mutation of `caller`'s call, with its audit entry; remembered under its request_id with `answer`.
Mutation MutationFor(const CommandPorts& ports, const Caller& caller, const std::string& method,
                     const std::string& target, const std::string& answer);

// Commits in the organization's turn, then tells the fleet and those who wait for operations.
absl::StatusOr<Committed> CommitAndTell(const CommandPorts& ports, const Caller& caller, const Mutation& mutation);
// Tells them of a mutation that was committed some other way.
void Tell(Fleet& fleet, OperationWaiters& waiters, const Mutation& mutation);

// The answer to a repeated request: its operation or resource uid. Ask before deciding: the first call may have made
// the repeat impossible (a cluster that is busy, a name that is taken).
absl::StatusOr<std::optional<std::string>> AnswerBefore(const CommandPorts& ports, const Caller& caller);

// What a change of a family is called, and where a test can make it stop.
struct FamilyChange {
  std::string method;
  std::string answer;  // the operation's uid
  failpoint::FailPoint& read;
  failpoint::FailPoint& decided;
  failpoint::FailPoint& committed;
};
// Reads the family of the cluster `name`, lets `decide` change it, and commits what differs; from the start again when
// someone else changed it meanwhile (8 times at most, with jitter). With validate_only nothing is committed.
absl::StatusOr<Committed> ChangeFamily(const CommandPorts& ports, const Caller& caller, const std::string& name,
                                       const FamilyChange& change,
                                       absl::FunctionRef<absl::Status(ClusterFamily&)> decide);

// ABORTED ETAG_MISMATCH when `etag` is set and another.
absl::Status CheckEtag(const std::string& etag, const Meta& meta);
absl::Status NotFound(const std::string& name);

template <typename T>
absl::StatusOr<T> GetByName(StoreSession& store, Kind kind, const std::string& name) {
  absl::StatusOr<std::optional<Aggregate>> found = store.FindByName(kind, name);
  if (!found.ok()) return found.status();
  if (!*found) return NotFound(name);
  return std::get<T>(**std::move(found));
}

// What it takes until a caller's deadline, at most `longest`.
absl::Duration TimeLeft(const CommandPorts& ports, const Caller& caller, absl::Duration longest);

// The operation of this uid, for the answer of a use case.
absl::StatusOr<Operation> OperationByUid(const CommandPorts& ports, const std::string& uid);
// A plan for what a validate_only call would do: an operation that is done and stored nowhere.
Operation PlannedOperation(const ClusterFamily& family, Plan plan, absl::Time now);

}  // namespace sluice::provisioner
