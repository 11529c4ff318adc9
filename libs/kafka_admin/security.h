#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

namespace sluice::kafka_admin {

// PEM files. The server's certificate must chain to `ca_file` and name the host (DNS name or IP address); there is
// no switch to leave that out. TLS 1.2 or later.
struct TlsOptions {
  std::string ca_file;
  // Both or neither: the client's own certificate (leaf first, then intermediates) and its key.
  std::string certificate_file;
  std::string key_file;
  // The name that the certificate must carry, when it is not the host that is dialled; "" for the host.
  std::string server_name;
};

// The numbers are Kafka's on the wire.
enum class ScramMechanism : int8_t { kSha256 = 1, kSha512 = 2 };

// "SCRAM-SHA-512".
std::string_view ScramMechanismName(ScramMechanism mechanism);

struct Password {
  std::string value;
};

// What RFC 5802 calls SaltedPassword: whoever holds it can log in without the password, as long as the broker's
// salt and iteration count are those it was made with.
struct SaltedPassword {
  std::string value;  // 32 or 64 raw bytes
};

struct ScramCredentials {
  ScramMechanism mechanism = ScramMechanism::kSha512;
  std::string user;
  std::variant<Password, SaltedPassword> secret;
};

// Only over TLS, or on loopback in tests: the password goes over the wire as it is.
struct PlainCredentials {
  std::string user;
  Password password;
};

using SaslCredentials = std::variant<ScramCredentials, PlainCredentials>;

// SaltedPassword of RFC 5802: Hi(password, salt, iterations), that is PBKDF2 with HMAC. The password is taken as it
// is; Kafka does not apply SASLprep either. InvalidArgument for an empty password or salt, or iterations < 1.
absl::StatusOr<SaltedPassword> SaltPassword(ScramMechanism mechanism, std::string_view password, std::string_view salt,
                                            int32_t iterations);

}  // namespace sluice::kafka_admin
