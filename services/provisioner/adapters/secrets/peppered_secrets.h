#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/clock/random.h"
#include "services/provisioner/ports/secrets.h"

namespace sluice::provisioner {

// Secrets on libsodium. The pepper is the installation's own: whoever copies the database alone cannot even check a
// guess, and a 256-bit secret cannot be guessed anyway, so no slow hash is needed.
class PepperedSecrets final : public Secrets {
 public:
  // `pepper` at least 32 bytes: FAILED_PRECONDITION PEPPER_TOO_SHORT.
  static absl::StatusOr<PepperedSecrets> Create(std::string pepper, clock::Random& random);

  std::string NewSecret() override;
  std::string KeyedHash(std::string_view secret) const override;
  bool Matches(std::string_view secret, std::string_view keyed_hash) const override;

 private:
  PepperedSecrets(std::string key, clock::Random& random) : key_(std::move(key)), random_(&random) {}

  std::string key_;
  clock::Random* random_;
};

}  // namespace sluice::provisioner
