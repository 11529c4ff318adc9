#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/bus/outbox/relay_wakeup.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/connect_options.h"

namespace sluice::bus {

struct RelayOptions {
  postgres::ConnectOptions database;
  kafka_client::ConnectionOptions kafka;
  // Shown in the lease row: host and process.
  std::string holder;
  // A relay whose lease has not been renewed for so long, by the watcher's own clock, is replaced.
  absl::Duration lease = absl::Seconds(6);
  // A record dies in the queue this long after it was read; less than half of the lease.
  absl::Duration message_timeout = absl::Milliseconds(2500);
  // A lost NOTIFY costs at most this.
  absl::Duration sweep = absl::Seconds(1);
  int batch_rows = 1000;
};

struct RelayPorts {
  const clock::Clock& clock;
  clock::Random& random;
  metrics::Registry& metrics;
  Backlog& backlog;
  RelayWakeup& wakeup;
};

// Sends a service's outbox to Kafka, at least once, the rows of a key in the order of their commits, and deletes what
// was acknowledged. Each process of a service runs one; one of them holds the lease. How it stays safe when it is
// paused, killed or cut off: docs/adr (relay without transactions) and libs/bus/README.md.
//
//   Relay relay(options, {clock, random, metrics, backlog, wakeup});
//   std::thread thread([&] { fatal = relay.Run(stop); });
class Relay {
 public:
  Relay(RelayOptions options, RelayPorts ports);
  ~Relay();

  // Works until `stop`; then gives the lease back and returns OK. PostgreSQL and Kafka may come and go meanwhile.
  // Another status means that one producer after the other died and delivered nothing (reason KAFKA_FATAL), for
  // minutes: end the process.
  absl::Status Run(clock::StopSignal& stop);

  bool holds_lease() const;
  // Grows with each change of holder; 0 while it holds none.
  std::int64_t epoch() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::bus
