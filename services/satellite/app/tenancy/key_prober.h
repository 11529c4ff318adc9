#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_admin/admin_client.h"
#include "services/satellite/app/tenancy/worker_pool.h"

namespace sluice::satellite {

// Logs in with a key on each live broker: only then is it ready. A broker learns of a new SCRAM record some
// milliseconds after the controller, so a refusal is tried again for `patience`.
class KeyProber {
 public:
  struct Ports {
    const clock::Clock& clock;
    clock::Random& random;
    // Ends waits between tries.
    const clock::StopSignal& stop;
  };
  // OK when it logged in on every broker; else the first error. On a thread of the pool, once per Probe.
  using Done = std::function<void(absl::Status)>;

  KeyProber(WorkerPool& pool, absl::Duration patience, Ports ports);

  // Returns at once. One task of the pool per login.
  void Probe(std::shared_ptr<kafka_admin::AdminClient> admin, std::vector<kafka_admin::ScramLogin> logins, Done done);

 private:
  absl::Status LogIn(kafka_admin::AdminClient& admin, const kafka_admin::ScramLogin& login) const;

  WorkerPool& pool_;
  const absl::Duration patience_;
  const Ports ports_;
};

}  // namespace sluice::satellite
