#include "libs/kafka_admin/security.h"

#include <openssl/evp.h>

namespace sluice::kafka_admin {

std::string_view ScramMechanismName(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

absl::StatusOr<SaltedPassword> SaltPassword(ScramMechanism mechanism, std::string_view password, std::string_view salt,
                                            int32_t iterations) {
  if (password.empty() || salt.empty() || iterations < 1) {
    return absl::InvalidArgumentError("a salted password needs a password, a salt and at least one iteration");
  }
  const EVP_MD* digest = mechanism == ScramMechanism::kSha256 ? EVP_sha256() : EVP_sha512();
  SaltedPassword salted{.value = std::string(static_cast<size_t>(EVP_MD_get_size(digest)), '\0')};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                        digest, static_cast<int>(salted.value.size()),
                        reinterpret_cast<unsigned char*>(salted.value.data())) != 1) {
    return absl::InternalError("PBKDF2 failed");
  }
  return salted;
}

}  // namespace sluice::kafka_admin
