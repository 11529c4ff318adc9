#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/operation.h"

namespace sluice::provisioner {

// Long-running operations. Thread-safe.
class OperationCommands {
 public:
  explicit OperationCommands(CommandPorts ports) : ports_(ports) {}

  // Creates of clusters and keys are undone (the operation ends CANCELLED once nothing is left); of anything else the
  // request is noted and the operation goes on to its end. OK when it is done already.
  absl::Status Cancel(const Caller& caller, const std::string& name);
  // Forgets a done operation; FAILED_PRECONDITION OPERATION_IN_PROGRESS while it runs.
  absl::Status Delete(const Caller& caller, const std::string& name);
  // The operation as soon as it is done, or as it is after `timeout` or at caller.deadline.
  absl::StatusOr<Operation> Wait(const Caller& caller, const std::string& name, absl::Duration timeout);

 private:
  CommandPorts ports_;
};

}  // namespace sluice::provisioner
