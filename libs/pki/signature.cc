#include "libs/pki/signature.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/pki/openssl_handle.h"
#include "libs/pki/pem.h"

namespace sluice::pki {
namespace {

using DigestHandle = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

absl::StatusOr<std::string> SignMessage(std::string_view private_key_pem, std::string_view message) {
  ASSIGN_OR_RETURN(const KeyHandle key, KeyFromPem(private_key_pem));
  const DigestHandle digest(EVP_MD_CTX_new());
  size_t length = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &length, Bytes(message), message.size()) != 1) {
    return OpenSslError("the message could not be signed");
  }
  std::string signature(length, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, Bytes(message),
                     message.size()) != 1) {
    return OpenSslError("the message could not be signed");
  }
  signature.resize(length);
  return signature;
}

absl::Status VerifyMessage(std::string_view certificate_pem, std::string_view message, std::string_view signature) {
  ASSIGN_OR_RETURN(const X509Handle certificate, CertificateFromPem(certificate_pem));
  const DigestHandle digest(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, X509_get0_pubkey(certificate.get())) != 1) {
    return OpenSslError("the signature could not be checked");
  }
  if (EVP_DigestVerify(digest.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1) {
    return absl::OkStatus();
  }
  return MakeError(absl::StatusCode::kFailedPrecondition, "the signature was not made by the certificate's key",
                   {.reason = "SIGNATURE_INVALID", .remedy = "Sign with the key of the certificate that is sent."});
}

}  // namespace sluice::pki
