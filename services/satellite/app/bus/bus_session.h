#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/bus/reader/compacted_reader.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/loop_board.h"
#include "services/satellite/app/bus/status_publisher.h"
#include "services/satellite/app/bus/switching_publisher.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::satellite {

// What one compacted topic is read for.
struct BusIntake {
  // Of its rounds on the loop board: "bus_intake".
  std::string name;
  // A client by the present identity; made anew when it is renewed, or after an error that ends it.
  std::function<std::unique_ptr<bus::DocumentSource>()> new_source;
  // Takes one record in. An error is the disk's: the same record is given again until it is stored.
  std::function<absl::Status(const bus::ReceivedEvent&)> accept;
  // Everything that the topic held has been given; called at each look from then on.
  std::function<absl::Status()> caught_up;
};

struct BusClients {
  std::vector<BusIntake> intakes;
  std::function<absl::StatusOr<std::unique_ptr<bus::Publisher>>()> new_publisher;
};

struct BusSessionParts {
  StatusPublisher& statuses;
  SwitchingPublisher& publisher;
  // What the data plane says of itself, every five seconds.
  std::function<satellite::v1::DataPlaneStatus()> heartbeat;
  const clock::Clock& clock;
  clock::Random& random;
  // Hears of the threads' rounds, by the intakes' names and as "bus_report"; null: nobody does.
  metrics::LoopBoard* board = nullptr;
};

// The satellite's line to the bus: a thread for each topic takes documents in, another says statuses again and the sign
// of life. With the bus away all wait, and everything else goes on.
class BusSession {
 public:
  // Starts the threads.
  BusSession(BusClients clients, BusSessionParts parts);
  // Ends them; says what is still queued, for at most three seconds.
  ~BusSession();

  // The next clients are made from a new identity: at once, without losing a record or a status.
  void Reconnect();

 private:
  void TakeIn(const BusIntake& intake);
  void TakeInFrom(const BusIntake& intake, bus::DocumentSource& source);
  // Repeats `store` until the disk takes it; false when the session ends first.
  bool UntilStored(const BusIntake& intake, const std::function<absl::Status()>& store);
  void Tell();
  // Whether the bus has taken what was said so far.
  absl::Status Reported() const;
  void Heartbeat();
  absl::Status OpenPublisher();

  const BusClients clients_;
  const BusSessionParts parts_;
  clock::StopSignal stop_;
  std::atomic<int> reconnects_ = 0;
  std::vector<std::thread> intake_threads_;
  std::thread tell_thread_;
};

}  // namespace sluice::satellite
