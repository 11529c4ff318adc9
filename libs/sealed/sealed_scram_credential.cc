#include "libs/sealed/sealed_scram_credential.h"

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/security.h"

namespace sluice::sealed {
namespace {

using provisioner::v1::ScramCredential;

// What Kafka takes for SCRAM-SHA-512 (org.apache.kafka.common.security.scram.internals.ScramMechanism, and the
// controller's own maximum).
constexpr int32_t kMinIterations = 4096;
constexpr int32_t kMaxIterations = 16384;
constexpr size_t kSaltedPasswordBytes = 64;

absl::Status Invalid(std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, what,
                   {.reason = "SEALED_CREDENTIAL_INVALID", .remedy = "Make the key again."});
}

absl::Status Check(const ScramCredential& credential) {
  if (credential.username().empty()) return Invalid("a credential needs a user name");
  if (credential.salt().size() != kScramSaltBytes) return Invalid("a credential's salt has 32 bytes");
  if (credential.iterations() < kMinIterations || credential.iterations() > kMaxIterations) {
    return Invalid("a credential has 4,096 to 16,384 iterations");
  }
  if (credential.salted_password().size() != kSaltedPasswordBytes) return Invalid("a salted password has 64 bytes");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> SealScramCredential(std::string_view public_key, std::string_view username,
                                                std::string_view password, std::string_view salt, int32_t iterations) {
  ASSIGN_OR_RETURN(const kafka_admin::SaltedPassword salted,
                   kafka_admin::SaltPassword(kafka_admin::ScramMechanism::kSha512, password, salt, iterations));
  ScramCredential credential;
  credential.set_username(std::string(username));
  credential.set_salt(std::string(salt));
  credential.set_iterations(iterations);
  credential.set_salted_password(salted.value);
  RETURN_IF_ERROR(Check(credential));
  return Seal(public_key, credential.SerializeAsString());
}

absl::StatusOr<ScramCredential> OpenScramCredential(const SealingKeyPair& keys, std::string_view sealed,
                                                    std::string_view username) {
  ASSIGN_OR_RETURN(const std::string plain, Open(keys, sealed));
  ScramCredential credential;
  if (!credential.ParseFromString(plain)) return Invalid("the sealed bytes hold no credential");
  RETURN_IF_ERROR(Check(credential));
  if (credential.username() != username) return Invalid("the sealed credential is for another user");
  return credential;
}

}  // namespace sluice::sealed
