#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pki/openssl_handle.h"

namespace sluice::pki {

// What a certificate may be used for (extended key usage).
enum class Usage { kServer, kClient, kServerAndClient };

// What the signer grants; nothing is taken over from a signing request but its public key.
struct Grant {
  // Becomes the subject's CN, which Kafka and the gRPC servers take as the identity. 1–64 characters of
  // [A-Za-z0-9._-], so that it is the same in every notation of a distinguished name.
  std::string common_name;
  // Host names and IP addresses, in any mix, that a server may be reached by (subject alternative names). May be empty
  // for a client.
  std::vector<std::string> hosts;
  Usage usage = Usage::kClient;
  // From one minute before `now` (clocks differ) to `now` + lifetime; cut where the authority itself ends.
  absl::Duration lifetime;
};

struct Identity {
  std::string certificate_pem;
  std::string private_key_pem;  // PKCS #8
};

// A certificate authority of ECDSA P-256 keys: the control plane's one, and one per data plane. It signs for end
// entities only (path length 0). Thread-safe. Keys and serial numbers come from OpenSSL's generator, not from a seeded
// port: they must not be repeatable.
class Authority {
 public:
  // A new self-signed authority. `lifetime` > 0.
  static absl::StatusOr<Authority> Create(std::string_view common_name, absl::Time now, absl::Duration lifetime);

  // INVALID_ARGUMENT CERTIFICATE_MALFORMED when either is no PEM, is no authority, or the key is another's.
  static absl::StatusOr<Authority> FromPem(std::string_view certificate_pem, std::string_view private_key_pem);

  Authority(Authority&&) = default;
  Authority& operator=(Authority&&) = default;

  const std::string& certificate_pem() const { return certificate_pem_; }
  std::string private_key_pem() const;

  // A new key and its certificate. INVALID_ARGUMENT GRANT_INVALID for a bad name or lifetime; FAILED_PRECONDITION
  // AUTHORITY_EXPIRED when the authority is not valid at `now`.
  absl::StatusOr<Identity> Issue(const Grant& grant, absl::Time now) const;

  // Signs the public key of a PKCS #10 request (PEM, at most 16 KiB). Gives the certificate as PEM. Besides Issue's
  // errors: INVALID_ARGUMENT SIGNING_REQUEST_INVALID when it is no request or its signature is not its key's,
  // SIGNING_REQUEST_WEAK when the key is not P-256 or P-384 or RSA of 2048 bits and more, or the digest is MD5 or
  // SHA-1.
  absl::StatusOr<std::string> Sign(std::string_view signing_request_pem, const Grant& grant, absl::Time now) const;

 private:
  Authority(X509Handle certificate, KeyHandle key, std::string certificate_pem)
      : certificate_(std::move(certificate)), key_(std::move(key)), certificate_pem_(std::move(certificate_pem)) {}

  absl::StatusOr<std::string> SignKey(EVP_PKEY* subject_key, const Grant& grant, absl::Time now) const;

  X509Handle certificate_;
  KeyHandle key_;
  std::string certificate_pem_;
};

}  // namespace sluice::pki
