#include "services/satellite/app/enrolment/enrolment.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/clock/backoff.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/pki/certificate.h"
#include "libs/pki/signature.h"
#include "libs/pki/signing_request.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_enrol("satellite.enrolment.1_before_call");
failpoint::FailPoint after_enrol("satellite.enrolment.2_after_call");
failpoint::FailPoint after_save("satellite.enrolment.3_after_save");

constexpr absl::Duration kLookAtClock = absl::Seconds(30);

bool MayHeal(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsAborted(status);
}

absl::StatusOr<std::string> ReadToken(const std::filesystem::path& file) {
  const auto text =
      file.empty() ? absl::StatusOr<std::string>(absl::NotFoundError("no file was given")) : ReadWholeFile(file);
  std::string token = text.ok() ? *text : "";
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
  if (!token.empty()) return token;
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   "this satellite is not enrolled, and there is no enrolment token: " +
                       (text.ok() ? "the file is empty" : std::string(Std(text.status().message()))),
                   {.reason = "ENROLMENT_TOKEN_MISSING",
                    .field = "--enrolment-token-file",
                    .remedy = "Register the data plane, or make a new token for it, and put it into the file."});
}

absl::StatusOr<SatelliteIdentity> EnrolOnce(const std::string& token, EnrolmentPorts& ports) {
  ASSIGN_OR_RETURN(const sealed::SealingKeyPair sealing, ports.store.SealingKeys());
  ASSIGN_OR_RETURN(const std::string key, ports.store.PendingPrivateKey());
  ASSIGN_OR_RETURN(const std::string request, pki::SigningRequestFor(key, "satellite"));
  RETURN_IF_ERROR(before_enrol.Hit());
  ASSIGN_OR_RETURN(const EnrolmentGrant grant, ports.client.Enrol({token, request, sealing.public_key}));
  RETURN_IF_ERROR(after_enrol.Hit());
  ASSIGN_OR_RETURN(SatelliteIdentity identity, ports.store.Save(grant, key));
  RETURN_IF_ERROR(after_save.Hit());
  log::Info("enrolled", {{"data_plane", identity.data_plane}});
  return identity;
}

}  // namespace

absl::StatusOr<SatelliteIdentity> EnsureEnrolled(const std::filesystem::path& token_file, EnrolmentPorts ports) {
  ASSIGN_OR_RETURN(std::optional<SatelliteIdentity> there, ports.store.Load());
  if (there) return *std::move(there);
  ASSIGN_OR_RETURN(const std::string token, ReadToken(token_file));
  clock::BackOff backoff(ports.random, absl::Milliseconds(500), absl::Seconds(30));
  for (;;) {
    absl::StatusOr<SatelliteIdentity> identity = EnrolOnce(token, ports);
    if (identity.ok() || !MayHeal(identity.status())) return identity;
    const absl::Duration wait = backoff.Next();
    log::Warn("enrolment is tried again", {{"error", Std(identity.status().message())},
                                           {"reason", ErrorReason(identity.status())},
                                           {"wait_ms", absl::ToInt64Milliseconds(wait)}});
    if (ports.stop.WaitFor(wait)) return absl::CancelledError("stopped before it was enrolled");
  }
}

absl::StatusOr<SatelliteIdentity> Renew(const SatelliteIdentity& identity, EnrolmentPorts ports) {
  ASSIGN_OR_RETURN(const std::string certificate, ReadWholeFile(identity.certificate_file));
  ASSIGN_OR_RETURN(const std::string old_key, ReadWholeFile(identity.private_key_file));
  ASSIGN_OR_RETURN(const std::string key, ports.store.PendingPrivateKey());
  ASSIGN_OR_RETURN(const std::string request, pki::SigningRequestFor(key, "satellite-" + identity.data_plane));
  const std::string& sealing_key = identity.sealing_keys.public_key;
  ASSIGN_OR_RETURN(const std::string signature, pki::SignMessage(old_key, request + sealing_key));
  ASSIGN_OR_RETURN(const EnrolmentGrant grant,
                   ports.client.Renew({identity.data_plane, certificate, request, sealing_key, signature}));
  if (grant.data_plane != identity.data_plane) {
    return MakeError(absl::StatusCode::kInternal, "the renewed identity is for data plane " + grant.data_plane,
                     {.reason = "ENROLMENT_INCOMPLETE", .remedy = "Enrol again with a new token."});
  }
  return ports.store.Save(grant, key);
}

RenewalLoop::RenewalLoop(SatelliteIdentity identity, EnrolmentPorts ports, metrics::Registry& metrics,
                         std::function<void(const SatelliteIdentity&)> on_renewed)
    : identity_(std::move(identity)),
      ports_(ports),
      on_renewed_(std::move(on_renewed)),
      expires_(metrics.GaugeOf("sluice_satellite_identity_expires_timestamp_seconds",
                               "When the satellite's own certificate ends.")),
      thread_([this] { Loop(); }) {}

void RenewalLoop::Loop() {
  clock::BackOff backoff(ports_.random, absl::Seconds(1), absl::Minutes(5));
  absl::Duration wait = std::min(kLookAtClock, DueIn());
  while (!ports_.stop.WaitFor(std::max(absl::Milliseconds(1), wait))) {
    wait = std::min(kLookAtClock, DueIn());
    if (wait > absl::ZeroDuration()) continue;
    absl::StatusOr<SatelliteIdentity> renewed = Renew(identity_, ports_);
    if (!renewed.ok()) {
      wait = backoff.Next();
      log::Warn("the certificate could not be renewed",
                {{"error", Std(renewed.status().message())}, {"reason", ErrorReason(renewed.status())}});
      continue;
    }
    backoff.Reset();
    identity_ = *std::move(renewed);
    log::Info("the certificate is renewed", {{"data_plane", identity_.data_plane}});
    on_renewed_(identity_);
    wait = std::min(kLookAtClock, DueIn());
  }
}

absl::Duration RenewalLoop::DueIn() const {
  const auto certificate = ReadWholeFile(identity_.certificate_file);
  const auto facts =
      certificate.ok() ? pki::Inspect(*certificate) : absl::StatusOr<pki::CertificateFacts>(certificate.status());
  if (!facts.ok()) return absl::ZeroDuration();
  expires_.Set(static_cast<double>(absl::ToUnixSeconds(facts->not_after)));
  return pki::RenewAt(*facts) - ports_.clock.Now();
}

}  // namespace sluice::satellite
