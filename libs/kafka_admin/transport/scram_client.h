#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/kafka_admin/security.h"

namespace sluice::kafka_admin {

// The client's side of SCRAM (RFC 5802, with SHA-256 by RFC 7677 and SHA-512 likewise), without channel binding,
// which Kafka lacks. No I/O: ClientFirst → broker → ClientFinal → broker → CheckServerFinal, in that order.
class ScramClient {
 public:
  // `nonce`: printable characters without a comma, fresh for each login. RandomScramNonce makes one.
  ScramClient(ScramCredentials credentials, std::string nonce);

  std::string ClientFirst() const;
  // Unauthenticated for a challenge that is not well formed, has another nonce, or wants fewer than 4,096 or more
  // than 100,000 iterations (Kafka itself takes 4,096 to 16,384).
  absl::StatusOr<std::string> ClientFinal(std::string_view server_first);
  // Unauthenticated unless the server proves that it knows the credential too, or with its own reason ("e=…").
  absl::Status CheckServerFinal(std::string_view server_final) const;

 private:
  const ScramCredentials credentials_;
  const std::string nonce_;
  std::string server_signature_;
};

// 24 random bytes in base64.
absl::StatusOr<std::string> RandomScramNonce();

}  // namespace sluice::kafka_admin
