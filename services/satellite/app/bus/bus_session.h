#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "libs/bus/reader/compacted_reader.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/loop_board.h"
#include "services/satellite/app/bus/desired_intake.h"
#include "services/satellite/app/bus/status_publisher.h"
#include "services/satellite/app/bus/switching_publisher.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::satellite {

// Clients of the bus by the present identity; made anew when it is renewed, or after an error that ends them.
struct BusClients {
  std::function<std::unique_ptr<bus::DocumentSource>()> new_source;
  std::function<absl::StatusOr<std::unique_ptr<bus::Publisher>>()> new_publisher;
};

struct BusSessionParts {
  DesiredIntake& intake;
  DesiredIndex& index;
  StatusPublisher& statuses;
  SwitchingPublisher& publisher;
  // What the data plane says of itself, every five seconds.
  std::function<satellite::v1::DataPlaneStatus()> heartbeat;
  const clock::Clock& clock;
  clock::Random& random;
  // Hears of both threads' rounds, as "bus_intake" and "bus_report"; null: nobody does.
  metrics::LoopBoard* board = nullptr;
};

// The satellite's line to the bus: one thread takes documents in, another says statuses again and the sign of life.
// With the bus away both wait, and everything else goes on.
class BusSession {
 public:
  // Starts both threads.
  BusSession(BusClients clients, BusSessionParts parts);
  // Ends both; says what is still queued, for at most three seconds.
  ~BusSession();

  // The next clients are made from a new identity: at once, without losing a record or a status.
  void Reconnect();

 private:
  void TakeIn();
  void TakeInFrom(bus::DocumentSource& source);
  void Tell();
  // Whether the bus has taken what was said so far.
  absl::Status Reported() const;
  void Heartbeat();
  absl::Status OpenPublisher();

  const BusClients clients_;
  const BusSessionParts parts_;
  clock::StopSignal stop_;
  std::atomic<int> reconnects_ = 0;
  std::thread intake_thread_;
  std::thread tell_thread_;
};

}  // namespace sluice::satellite
