#include "libs/kafka_admin/transport/scram_client.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin {
namespace {

constexpr int32_t kMinIterations = 4096;
constexpr int32_t kMaxIterations = 100'000;
// "n": no channel binding; no authorization id. "biws" is its base64, which the final message repeats.
constexpr char kGs2Header[] = "n,,";
constexpr char kGs2HeaderBase64[] = "biws";

const EVP_MD* Digest(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha256 ? EVP_sha256() : EVP_sha512();
}

std::string Hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out, &size);
  return std::string(reinterpret_cast<char*>(out), size);
}

std::string Hash(const EVP_MD* digest, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), out, &size, digest, nullptr);
  return std::string(reinterpret_cast<char*>(out), size);
}

// The value of "k=value" among comma-separated attributes.
std::optional<std::string> Attribute(std::string_view message, char key) {
  for (absl::string_view part : absl::StrSplit(Absl(message), ',')) {
    if (part.size() >= 2 && part[0] == key && part[1] == '=') return std::string(part.substr(2));
  }
  return std::nullopt;
}

absl::Status Refused(std::string_view message) { return KafkaStatus(kSaslAuthenticationFailed, message); }

std::string ClientFirstBare(const std::string& user, const std::string& nonce) {
  return absl::StrCat("n=", absl::StrReplaceAll(user, {{"=", "=3D"}, {",", "=2C"}}), ",r=", nonce);
}

}  // namespace

ScramClient::ScramClient(ScramCredentials credentials, std::string nonce)
    : credentials_(std::move(credentials)), nonce_(std::move(nonce)) {}

std::string ScramClient::ClientFirst() const {
  return absl::StrCat(kGs2Header, ClientFirstBare(credentials_.user, nonce_));
}

absl::StatusOr<std::string> ScramClient::ClientFinal(std::string_view server_first) {
  std::optional<std::string> nonce = Attribute(server_first, 'r');
  std::optional<std::string> salt_base64 = Attribute(server_first, 's');
  std::optional<std::string> iterations_text = Attribute(server_first, 'i');
  std::string salt;
  int32_t iterations = 0;
  if (!nonce || !salt_base64 || !iterations_text || !absl::Base64Unescape(*salt_base64, &salt) || salt.empty() ||
      !absl::SimpleAtoi(*iterations_text, &iterations)) {
    return Refused("the broker's SCRAM challenge is malformed");
  }
  if (nonce->size() <= nonce_.size() || nonce->compare(0, nonce_.size(), nonce_) != 0) {
    return Refused("the broker's SCRAM challenge answers another login");
  }
  if (iterations < kMinIterations || iterations > kMaxIterations) {
    return Refused(absl::StrCat("the broker asks for ", iterations, " SCRAM iterations"));
  }
  std::string salted;
  if (const auto* password = std::get_if<Password>(&credentials_.secret)) {
    ASSIGN_OR_RETURN(SaltedPassword made, SaltPassword(credentials_.mechanism, password->value, salt, iterations));
    salted = std::move(made.value);
  } else {
    salted = std::get<SaltedPassword>(credentials_.secret).value;
  }
  const EVP_MD* digest = Digest(credentials_.mechanism);
  std::string without_proof = absl::StrCat("c=", kGs2HeaderBase64, ",r=", *nonce);
  std::string signed_text =
      absl::StrCat(ClientFirstBare(credentials_.user, nonce_), ",", Absl(server_first), ",", without_proof);
  std::string proof = Hmac(digest, salted, "Client Key");
  std::string signature = Hmac(digest, Hash(digest, proof), signed_text);
  for (size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  server_signature_ = Hmac(digest, Hmac(digest, salted, "Server Key"), signed_text);
  return absl::StrCat(without_proof, ",p=", absl::Base64Escape(proof));
}

absl::Status ScramClient::CheckServerFinal(std::string_view server_final) const {
  if (std::optional<std::string> error = Attribute(server_final, 'e')) return Refused(*error);
  std::optional<std::string> verifier = Attribute(server_final, 'v');
  std::string signature;
  if (!verifier || !absl::Base64Unescape(*verifier, &signature) || server_signature_.empty() ||
      signature.size() != server_signature_.size() ||
      CRYPTO_memcmp(signature.data(), server_signature_.data(), signature.size()) != 0) {
    return Refused("the broker does not prove that it knows this credential");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RandomScramNonce() {
  unsigned char bytes[24];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return absl::InternalError("no random bytes");
  return absl::Base64Escape(absl::string_view(reinterpret_cast<char*>(bytes), sizeof bytes));
}

}  // namespace sluice::kafka_admin
