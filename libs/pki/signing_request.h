#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::pki {

struct SigningRequest {
  std::string request_pem;      // PKCS #10, for Authority::Sign
  std::string private_key_pem;  // a new P-256 key, PKCS #8; it never leaves its owner
};

// A new key and the request for its certificate. `common_name` is a wish: the signer decides.
absl::StatusOr<SigningRequest> NewSigningRequest(std::string_view common_name);

// The request for a key that is there already (renewal).
absl::StatusOr<std::string> SigningRequestFor(std::string_view private_key_pem, std::string_view common_name);

}  // namespace sluice::pki
