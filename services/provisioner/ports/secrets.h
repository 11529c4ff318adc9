#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::provisioner {

// Makes secrets and the only form in which they are kept. Thread-safe.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // 256 random bits, base64url without padding (43 characters).
  virtual std::string NewSecret() = 0;
  // HMAC-SHA-256 of `secret` with the installation's pepper, 32 bytes: what a row may hold. Compare in constant time.
  virtual std::string KeyedHash(std::string_view secret) const = 0;
  // In constant time for equal lengths.
  virtual bool Matches(std::string_view secret, std::string_view keyed_hash) const = 0;
};

// Bearer tokens are "sk_{ak uid}_{secret}": a fixed beginning, so that scanners find a leaked one.
std::string BearerOf(std::string_view api_key_uid, std::string_view secret);
// The uid and the secret of a bearer token; nothing when it is none.
std::optional<std::pair<std::string, std::string>> ParseBearer(std::string_view bearer);

}  // namespace sluice::provisioner
