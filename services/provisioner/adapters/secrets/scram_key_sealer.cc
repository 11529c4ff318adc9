#include "services/provisioner/adapters/secrets/scram_key_sealer.h"

#include <array>

#include "libs/sealed/sealed_scram_credential.h"

namespace sluice::provisioner {

absl::StatusOr<std::string> ScramKeySealer::Seal(const std::string& public_key, const std::string& username,
                                                 const std::string& password) {
  std::array<std::uint8_t, sealed::kScramSaltBytes> salt;
  random_.Fill(salt);
  return sealed::SealScramCredential(public_key, username, password,
                                     {reinterpret_cast<const char*>(salt.data()), salt.size()});
}

}  // namespace sluice::provisioner
