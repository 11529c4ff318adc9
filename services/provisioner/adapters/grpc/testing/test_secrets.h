#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "absl/strings/escaping.h"
#include "libs/clock/random.h"
#include "services/provisioner/ports/key_sealer.h"
#include "services/provisioner/ports/secrets.h"

namespace sluice::provisioner::testing {

// Real hashes with a pepper that everyone knows.
class TestSecrets final : public Secrets {
 public:
  std::string NewSecret() override {
    std::uint8_t bytes[32];
    clock::CryptoRandom().Fill(bytes);
    return absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
  }
  std::string KeyedHash(std::string_view secret) const override {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), "pepper", 6, reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), mac, &size);
    return std::string(reinterpret_cast<const char*>(mac), size);
  }
  bool Matches(std::string_view secret, std::string_view keyed_hash) const override {
    const std::string hash = KeyedHash(secret);
    return hash.size() == keyed_hash.size() && CRYPTO_memcmp(hash.data(), keyed_hash.data(), hash.size()) == 0;
  }
};

// Seals nothing: the API's tests have no satellite that would open it.
class FakeKeySealer final : public KeySealer {
 public:
  absl::StatusOr<std::string> Seal(const std::string&, const std::string& username, const std::string&) override {
    return "sealed for " + username;
  }
};

}  // namespace sluice::provisioner::testing
