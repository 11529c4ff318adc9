#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::rpc {

// Tokens that a caller gets and gives back unread: a position, bound to what it is a position in, with a MAC
// (HMAC-SHA-256 cut to 16 bytes), base64url. Not encrypted: never put a secret in one. Immutable, thread-safe.
class TokenSealer {
 public:
  // `key`: at least 16 bytes, the same in every process of the service and across restarts. `purpose` keeps tokens of
  // one kind from being taken for another's.
  TokenSealer(std::string_view key, std::string_view purpose);

  // `binding` may be of any length; only a hash of it goes in.
  std::string Seal(std::string_view binding, std::string_view position) const;

  enum class Fault { kNone, kNotOurs, kOtherBinding };
  struct Opened {
    Fault fault = Fault::kNotOurs;
    std::string position;  // with kNone
  };
  Opened Open(std::string_view binding, std::string_view token) const;

 private:
  const std::string key_;
};

// The position in a page token of AIP-158; "" for an empty token. INVALID_ARGUMENT with field page_token:
// PAGE_TOKEN_INVALID, PAGE_TOKEN_FILTER_MISMATCH (`binding` is another than it was sealed with).
absl::StatusOr<std::string> OpenPageToken(const TokenSealer& sealer, std::string_view binding, std::string_view token);

}  // namespace sluice::rpc
