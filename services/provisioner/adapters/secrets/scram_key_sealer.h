#pragma once

#include "libs/clock/random.h"
#include "services/provisioner/ports/key_sealer.h"

namespace sluice::provisioner {

// KeySealer by libs/sealed, with a fresh salt for each credential.
class ScramKeySealer final : public KeySealer {
 public:
  explicit ScramKeySealer(clock::Random& random) : random_(random) {}
  absl::StatusOr<std::string> Seal(const std::string& public_key, const std::string& username,
                                   const std::string& password) override;

 private:
  clock::Random& random_;
};

}  // namespace sluice::provisioner
