#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pki/openssl_handle.h"

// PEM texts to OpenSSL's objects and back; inside libs/pki only.
namespace sluice::pki {

absl::StatusOr<KeyHandle> NewKey();  // ECDSA P-256

absl::StatusOr<KeyHandle> KeyFromPem(std::string_view pem);
absl::StatusOr<X509Handle> CertificateFromPem(std::string_view pem);
absl::StatusOr<RequestHandle> RequestFromPem(std::string_view pem);

absl::StatusOr<std::string> ToPem(EVP_PKEY* key);
absl::StatusOr<std::string> ToPem(X509* certificate);
absl::StatusOr<std::string> ToPem(X509_REQ* request);

// A name with a CN and nothing else.
absl::StatusOr<NameHandle> NewName(std::string_view common_name);

absl::Time TimeOf(const ASN1_TIME* time);

// INTERNAL with OpenSSL's own words; empties its error queue.
absl::Status OpenSslError(std::string_view what);

}  // namespace sluice::pki
