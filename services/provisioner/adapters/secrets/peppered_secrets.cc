#include "services/provisioner/adapters/secrets/peppered_secrets.h"

#include <sodium.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kLeastPepper = 32;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

absl::StatusOr<PepperedSecrets> PepperedSecrets::Create(std::string pepper, clock::Random& random) {
  if (pepper.size() < kLeastPepper) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "the pepper is shorter than 32 bytes",
                     {.reason = "PEPPER_TOO_SHORT", .remedy = "make one by: openssl rand -hex 32"});
  }
  // HMAC takes a key of one length: the pepper may be longer.
  std::string key(crypto_auth_hmacsha256_KEYBYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(key.data()), key.size(), Bytes(pepper), pepper.size(), nullptr,
                     0);
  return PepperedSecrets(std::move(key), random);
}

std::string PepperedSecrets::NewSecret() {
  std::array<std::uint8_t, kSecretBytes> bytes;
  random_->Fill(bytes);
  std::string secret;
  absl::WebSafeBase64Escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, &secret);
  sodium_memzero(bytes.data(), bytes.size());
  return secret;
}

std::string PepperedSecrets::KeyedHash(std::string_view secret) const {
  std::string hash(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(hash.data()), Bytes(secret), secret.size(), Bytes(key_));
  return hash;
}

bool PepperedSecrets::Matches(std::string_view secret, std::string_view keyed_hash) const {
  const std::string hash = KeyedHash(secret);
  return keyed_hash.size() == hash.size() && sodium_memcmp(hash.data(), keyed_hash.data(), hash.size()) == 0;
}

}  // namespace sluice::provisioner
