#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace sluice::provisioner {

// Makes the only form of a password that leaves the process. Thread-safe.
class KeySealer {
 public:
  virtual ~KeySealer() = default;
  // The SCRAM-SHA-512 credential of `username`, sealed so that only the holder of the data plane's secret key can open
  // it. Takes 2–3 ms (PBKDF2, 4,096 rounds). FAILED_PRECONDITION SEALING_KEY_INVALID when `public_key` is not a key.
  virtual absl::StatusOr<std::string> Seal(const std::string& public_key, const std::string& username,
                                           const std::string& password) = 0;
};

}  // namespace sluice::provisioner
