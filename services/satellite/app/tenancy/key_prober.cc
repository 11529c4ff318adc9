#include "services/satellite/app/tenancy/key_prober.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "libs/clock/backoff.h"
#include "libs/failpoint/failpoint.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_probe("satellite.tenancy.8_before_probe");

constexpr absl::Duration kLoginTimeout = absl::Seconds(5);

}  // namespace

KeyProber::KeyProber(WorkerPool& pool, absl::Duration patience, Ports ports)
    : pool_(pool), patience_(patience), ports_(ports) {}

void KeyProber::Probe(std::shared_ptr<kafka_admin::AdminClient> admin, std::vector<kafka_admin::ScramLogin> logins,
                      Done done) {
  struct Round {
    std::mutex mutex;
    size_t left = 0;
    absl::Status status;
    Done done;
  };
  auto round = std::make_shared<Round>();
  round->left = logins.size();
  round->done = std::move(done);
  for (kafka_admin::ScramLogin& login : logins) {
    pool_.Submit([this, admin, round, login = std::move(login)] {
      const absl::Status status = LogIn(*admin, login);
      {
        std::lock_guard lock(round->mutex);
        round->status.Update(status);
        if (--round->left > 0) return;
      }
      round->done(round->status);
    });
  }
}

absl::Status KeyProber::LogIn(kafka_admin::AdminClient& admin, const kafka_admin::ScramLogin& login) const {
  absl::Status fail = before_probe.Hit();
  if (!fail.ok()) return fail;
  const absl::Duration until = ports_.clock.MonotonicNow() + patience_;
  clock::BackOff backoff(ports_.random, absl::Milliseconds(3), absl::Milliseconds(100));
  for (;;) {
    absl::Status status = admin.ProbeScramLogin(login, kLoginTimeout);
    if (!absl::IsUnauthenticated(status) || ports_.clock.MonotonicNow() >= until) return status;
    if (ports_.stop.WaitFor(backoff.Next())) return absl::CancelledError("stopping");
  }
}

}  // namespace sluice::satellite
