#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::pki {

// The holder of a certificate proves that it has the key: RenewSatellite's `signature`. SHA-256 of `message`, signed
// with the key's own scheme (ECDSA in DER, RSA PKCS #1 v1.5). INVALID_ARGUMENT CERTIFICATE_MALFORMED for a bad key.
absl::StatusOr<std::string> SignMessage(std::string_view private_key_pem, std::string_view message);

// Whether the key of `certificate_pem` made `signature` over `message`. FAILED_PRECONDITION SIGNATURE_INVALID.
absl::Status VerifyMessage(std::string_view certificate_pem, std::string_view message, std::string_view signature);

}  // namespace sluice::pki
