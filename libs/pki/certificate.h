#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pki/authority.h"

namespace sluice::pki {

struct CertificateFacts {
  std::string common_name;
  std::string issuer_common_name;
  std::string serial;              // lower-case hex
  std::vector<std::string> hosts;  // DNS names and IP addresses of the subject alternative names
  absl::Time not_before;
  absl::Time not_after;
  bool is_authority = false;
  std::string sha256;  // fingerprint of the DER form, lower-case hex
};

// The first certificate of a PEM text. INVALID_ARGUMENT CERTIFICATE_MALFORMED.
absl::StatusOr<CertificateFacts> Inspect(std::string_view certificate_pem);

// Is the certificate good at `now` for `usage`, signed by one of the authorities in `authorities_pem`?
// FAILED_PRECONDITION with reason CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, CERTIFICATE_UNTRUSTED or
// CERTIFICATE_WRONG_USAGE. For kServerAndClient both must hold.
absl::Status Verify(std::string_view certificate_pem, std::string_view authorities_pem, Usage usage, absl::Time now);

// Does the certificate name this host (DNS name or IP address)? FAILED_PRECONDITION CERTIFICATE_HOST_MISMATCH.
absl::Status VerifyHost(std::string_view certificate_pem, std::string_view host);

// When to renew: after two thirds of its life, which leaves room for tries that fail.
absl::Time RenewAt(const CertificateFacts& facts);

}  // namespace sluice::pki
