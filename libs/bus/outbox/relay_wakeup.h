#pragma once

#include <memory>

#include "libs/clock/random.h"
#include "libs/postgres/connect_options.h"

namespace sluice::bus {

// Carries "rows were committed" to the relay: straight to this process's relay while that one holds the lease,
// otherwise by NOTIFY on a connection and a thread of its own. NOTIFY never runs inside the writers' transactions,
// where its lock at commit takes away more than half of PostgreSQL's rate; calls while one is under way become one.
// Thread-safe.
class RelayWakeup {
 public:
  static constexpr char kChannel[] = "bus_outbox";

  RelayWakeup(postgres::ConnectOptions options, clock::Random& random);
  ~RelayWakeup();

  // Never blocks.
  void Committed();

 private:
  friend class Relay;
  // The relay's own doorbell: non-null while it holds the lease.
  void SetLocal(void (*ring)(void*), void* relay);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::bus
