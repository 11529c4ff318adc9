#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/adapters/state/identity_store.h"
#include "services/satellite/ports/enrolment_client.h"

namespace sluice::satellite {

struct EnrolmentPorts {
  EnrolmentClient& client;
  IdentityStore& store;
  const clock::Clock& clock;
  clock::Random& random;
  const clock::StopSignal& stop;
};

// The identity that is on disk, or a new one by the token in `token_file`. While the control plane cannot be reached it
// tries again with jitter, up to 30 s apart, until it is stopped (CANCELLED). What a repeat cannot heal comes back at
// once: FAILED_PRECONDITION (ENROLMENT_TOKEN_MISSING) when the file cannot be read, or the API's own refusal.
absl::StatusOr<SatelliteIdentity> EnsureEnrolled(const std::filesystem::path& token_file, EnrolmentPorts ports);

// A new certificate for the present identity. One try.
absl::StatusOr<SatelliteIdentity> Renew(const SatelliteIdentity& identity, EnrolmentPorts ports);

// Renews when two thirds of the certificate's life are over, and until then looks at the wall clock each half minute,
// so that a clock that jumps or a machine that slept delays nothing. A renewal that fails is tried again, up to 5
// minutes apart: a third of the life is left for it.
class RenewalLoop {
 public:
  // `on_renewed` is called on the loop's thread.
  RenewalLoop(SatelliteIdentity identity, EnrolmentPorts ports, metrics::Registry& metrics,
              std::function<void(const SatelliteIdentity&)> on_renewed);
  // The stop signal has been given.
  ~RenewalLoop() { thread_.join(); }

 private:
  void Loop();
  // How long until the certificate is to be renewed; zero or less: now.
  absl::Duration DueIn() const;

  SatelliteIdentity identity_;
  const EnrolmentPorts ports_;
  const std::function<void(const SatelliteIdentity&)> on_renewed_;
  metrics::Gauge& expires_;
  std::thread thread_;
};

}  // namespace sluice::satellite
