#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/core/model/operation.h"

// Operations: begun by a command, ended by what a data plane reports.
//
//   (command) ──► running ──► done            the status that it waits for came
//                    │  └───► done + error     the data plane says that it cannot be
//                    └ cancel ► running, requested_cancellation ──► done + CANCELLED
namespace sluice::provisioner {

struct OperationStart {
  std::string uid;  // op-…
  absl::Time now;
};

// A new running operation on the family's cluster itself, added to it.
Operation& Begin(ClusterFamily& family, const OperationStart& start, Verb verb, std::string status_message);
// The same on a key or a topic of it.
Operation& BeginOn(ClusterFamily& family, const OperationStart& start, Verb verb, TargetKind kind,
                   const std::string& target, const std::string& target_uid);

void Succeed(Operation& operation, absl::Time now);
void Fail(Operation& operation, absl::Time now, OperationError error);
// What it waits for, for people. Nothing changes when it is the same as before.
void Waits(Operation& operation, std::string status_message, int progress_percent);

Operation* FindOperation(ClusterFamily& family, const std::string& uid);

// ABORTED OPERATION_IN_PROGRESS naming the operation, when `running` is one; OK when it is empty.
absl::Status MustBeIdle(const std::string& target, const std::string& organization, const std::string& running);

}  // namespace sluice::provisioner
