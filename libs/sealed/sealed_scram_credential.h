#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/sealed/sealed_box.h"
#include "sluice/provisioner/v1/desired.pb.h"

namespace sluice::sealed {

// Kafka's own default and least.
inline constexpr int32_t kDefaultScramIterations = 4096;
inline constexpr size_t kScramSaltBytes = 32;

// The bytes of KafkaKeySpec.sealed_credential: a ScramCredential for SCRAM-SHA-512, computed from `password`
// (RFC 5802's SaltedPassword: 4,096 iterations, 2–3 ms) and sealed to the data plane's `public_key`. `salt` is
// kScramSaltBytes of randomness, fresh for each credential.
// InvalidArgument for a wrong key or salt length, or an empty user name or password.
absl::StatusOr<std::string> SealScramCredential(std::string_view public_key, std::string_view username,
                                                std::string_view password, std::string_view salt,
                                                int32_t iterations = kDefaultScramIterations);

// The satellite's side. InvalidArgument: SEALED_BOX_UNREADABLE when it does not open, SEALED_CREDENTIAL_INVALID when
// what is in it is for another user than `username`, or is no SCRAM-SHA-512 credential that Kafka would take.
absl::StatusOr<provisioner::v1::ScramCredential> OpenScramCredential(const SealingKeyPair& keys,
                                                                     std::string_view sealed,
                                                                     std::string_view username);

}  // namespace sluice::sealed
