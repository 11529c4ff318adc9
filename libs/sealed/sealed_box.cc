#include "libs/sealed/sealed_box.h"

#include <sodium.h>

#include "libs/base/error.h"

namespace sluice::sealed {
namespace {

static_assert(kSealingKeyBytes == crypto_box_PUBLICKEYBYTES && kSealingKeyBytes == crypto_box_SECRETKEYBYTES);

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Safe to call from any thread, and again.
absl::Status Ready() {
  if (sodium_init() >= 0) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "libsodium could not be initialised",
                   {.reason = "SEALING_UNAVAILABLE", .remedy = "Check that the system gives random numbers."});
}

absl::Status KeyLength(std::string_view key) {
  if (key.size() == kSealingKeyBytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "a sealing key has 32 bytes",
                   {.reason = "SEALING_KEY_INVALID", .remedy = "Send the X25519 key as raw bytes."});
}

absl::Status Unreadable() {
  return MakeError(absl::StatusCode::kInvalidArgument, "the sealed bytes do not open with this data plane's key",
                   {.reason = "SEALED_BOX_UNREADABLE", .remedy = "Make the key again: it is sealed to the new key."});
}

}  // namespace

absl::StatusOr<SealingKeyPair> NewSealingKeyPair() {
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  SealingKeyPair keys{std::string(kSealingKeyBytes, '\0'), std::string(kSealingKeyBytes, '\0')};
  crypto_box_keypair(Bytes(keys.public_key), Bytes(keys.secret_key));
  return keys;
}

absl::StatusOr<std::string> Seal(std::string_view public_key, std::string_view plain) {
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  if (absl::Status length = KeyLength(public_key); !length.ok()) return length;
  std::string sealed(plain.size() + crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal(Bytes(sealed), Bytes(plain), plain.size(), Bytes(public_key)) != 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "this public key cannot be sealed to",
                     {.reason = "SEALING_KEY_INVALID", .remedy = "Send the satellite's own X25519 public key."});
  }
  return sealed;
}

absl::StatusOr<std::string> Open(const SealingKeyPair& keys, std::string_view sealed) {
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  if (absl::Status length = KeyLength(keys.public_key); !length.ok()) return length;
  if (absl::Status length = KeyLength(keys.secret_key); !length.ok()) return length;
  if (sealed.size() < crypto_box_SEALBYTES) return Unreadable();
  std::string plain(sealed.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(Bytes(plain), Bytes(sealed), sealed.size(), Bytes(keys.public_key),
                           Bytes(keys.secret_key)) != 0) {
    return Unreadable();
  }
  return plain;
}

}  // namespace sluice::sealed
