#pragma once

#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "services/provisioner/app/fair_gate.h"
#include "services/provisioner/app/fleet.h"
#include "services/provisioner/app/operation_waiters.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"
#include "services/provisioner/ports/key_sealer.h"
#include "services/provisioner/ports/secrets.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// What the use cases need from outside. Everything outlives them.
struct CommandPorts {
  Store& store;
  Fleet& fleet;
  FairGate& gate;
  OperationWaiters& waiters;
  Secrets& secrets;
  KeySealer& sealer;
  const clock::Clock& clock;
  clock::Random& random;
  clock::IdSource& ids;
  // From a delete to its purge.
  absl::Duration undelete_window = kUndeleteWindow;
};

}  // namespace sluice::provisioner
