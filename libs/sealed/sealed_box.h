#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::sealed {

// X25519, as libsodium's crypto_box_seal wants it.
inline constexpr size_t kSealingKeyBytes = 32;

// A data plane's: whoever holds `secret_key` opens what was sealed to `public_key`. The secret key stays in the
// satellite's state folder; the public one goes to the control plane with the enrolment.
struct SealingKeyPair {
  std::string public_key;
  std::string secret_key;
};

absl::StatusOr<SealingKeyPair> NewSealingKeyPair();

// Only the holder of the secret key can open the result, not even who sealed it. Two calls give different bytes.
// InvalidArgument (SEALING_KEY_INVALID) when `public_key` has another length than kSealingKeyBytes.
absl::StatusOr<std::string> Seal(std::string_view public_key, std::string_view plain);

// InvalidArgument (SEALED_BOX_UNREADABLE) for bytes that were changed, or sealed to another key.
absl::StatusOr<std::string> Open(const SealingKeyPair& keys, std::string_view sealed);

}  // namespace sluice::sealed
