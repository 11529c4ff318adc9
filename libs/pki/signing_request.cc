#include "libs/pki/signing_request.h"

#include "libs/base/status.h"
#include "libs/pki/pem.h"

namespace sluice::pki {
namespace {

absl::StatusOr<std::string> Request(EVP_PKEY* key, std::string_view common_name) {
  RequestHandle request(X509_REQ_new());
  ASSIGN_OR_RETURN(NameHandle name, NewName(common_name));
  if (request == nullptr || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_subject_name(request.get(), name.get()) != 1 || X509_REQ_set_pubkey(request.get(), key) != 1 ||
      X509_REQ_sign(request.get(), key, EVP_sha256()) == 0) {
    return OpenSslError("new signing request");
  }
  return ToPem(request.get());
}

}  // namespace

absl::StatusOr<SigningRequest> NewSigningRequest(std::string_view common_name) {
  ASSIGN_OR_RETURN(KeyHandle key, NewKey());
  SigningRequest made;
  ASSIGN_OR_RETURN(made.request_pem, Request(key.get(), common_name));
  ASSIGN_OR_RETURN(made.private_key_pem, ToPem(key.get()));
  return made;
}

absl::StatusOr<std::string> SigningRequestFor(std::string_view private_key_pem, std::string_view common_name) {
  ASSIGN_OR_RETURN(KeyHandle key, KeyFromPem(private_key_pem));
  return Request(key.get(), common_name);
}

}  // namespace sluice::pki
