#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/pki/authority.h"

namespace sluice::provisioner {

struct SatelliteCertificate {
  std::string certificate_pem;
  // SHA-256 (32 bytes) of its SubjectPublicKeyInfo.
  std::string key_fingerprint;
};

// Certificates of satellites: CN "satellite-{data plane}", whatever a request says. Thread-safe.
class SatelliteSigner {
 public:
  SatelliteSigner(pki::Authority authority, absl::Duration lifetime, const clock::Clock& clock)
      : authority_(std::move(authority)), lifetime_(lifetime), clock_(clock) {}

  const std::string& ca_certificate_pem() const { return authority_.certificate_pem(); }
  absl::Duration lifetime() const { return lifetime_; }

  // INVALID_ARGUMENT SIGNING_REQUEST_INVALID, SIGNING_REQUEST_WEAK with field certificate_request_pem.
  absl::StatusOr<SatelliteCertificate> Sign(std::string_view certificate_request_pem,
                                            std::string_view data_plane) const;

  // The key fingerprint of a current certificate that is ours, valid, and of this data plane, and whose key signed the
  // new request. UNAUTHENTICATED with the reason of what is wrong (CERTIFICATE_EXPIRED, CERTIFICATE_UNTRUSTED,
  // SIGNATURE_INVALID, …).
  absl::StatusOr<std::string> CheckCurrent(std::string_view current_certificate_pem, std::string_view data_plane,
                                           std::string_view signed_bytes, std::string_view signature) const;

 private:
  const pki::Authority authority_;
  const absl::Duration lifetime_;
  const clock::Clock& clock_;
};

}  // namespace sluice::provisioner
