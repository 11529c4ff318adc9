#include "services/provisioner/adapters/grpc/handlers/satellite_signer.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/pki/certificate.h"
#include "libs/pki/signature.h"

namespace sluice::provisioner {
namespace {

std::string CommonName(std::string_view data_plane) { return absl::StrCat("satellite-", Absl(data_plane)); }

absl::StatusOr<std::string> KeyFingerprint(std::string_view certificate_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr),
                                                                X509_free);
  unsigned char* der = nullptr;
  const int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der) : -1;
  if (size <= 0) return absl::InternalError("a certificate that was checked does not parse");
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(hash.data()));
  OPENSSL_free(der);
  return hash;
}

// Whatever is wrong with an identity, the caller is not who it says: the reason is kept.
absl::Status Unauthenticated(const absl::Status& status) {
  ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{.reason = "CERTIFICATE_UNTRUSTED"});
  detail.remedy = "enrol again with a new token";
  return MakeError(absl::StatusCode::kUnauthenticated, "the satellite's identity does not hold", std::move(detail));
}

}  // namespace

absl::StatusOr<SatelliteCertificate> SatelliteSigner::Sign(std::string_view certificate_request_pem,
                                                           std::string_view data_plane) const {
  absl::StatusOr<std::string> certificate = authority_.Sign(
      certificate_request_pem,
      {.common_name = CommonName(data_plane), .usage = pki::Usage::kClient, .lifetime = lifetime_}, clock_.Now());
  if (!certificate.ok()) {
    std::optional<ErrorDetail> detail = GetErrorDetail(certificate.status());
    if (certificate.status().code() != absl::StatusCode::kInvalidArgument || !detail) return certificate.status();
    detail->field = "certificate_request_pem";
    return MakeError(absl::StatusCode::kInvalidArgument, "the signing request cannot be used", *std::move(detail));
  }
  ASSIGN_OR_RETURN(std::string fingerprint, KeyFingerprint(*certificate));
  return SatelliteCertificate{*std::move(certificate), std::move(fingerprint)};
}

absl::StatusOr<std::string> SatelliteSigner::CheckCurrent(std::string_view current_certificate_pem,
                                                          std::string_view data_plane, std::string_view signed_bytes,
                                                          std::string_view signature) const {
  absl::Status verified =
      pki::Verify(current_certificate_pem, authority_.certificate_pem(), pki::Usage::kClient, clock_.Now());
  if (!verified.ok()) return Unauthenticated(verified);
  ASSIGN_OR_RETURN(const pki::CertificateFacts facts, pki::Inspect(current_certificate_pem));
  if (facts.common_name != CommonName(data_plane)) {
    return Unauthenticated(MakeError(absl::StatusCode::kUnauthenticated, "another's certificate",
                                     {.reason = "CERTIFICATE_UNTRUSTED", .field = "current_certificate_pem"}));
  }
  verified = pki::VerifyMessage(current_certificate_pem, signed_bytes, signature);
  if (!verified.ok()) return Unauthenticated(verified);
  return KeyFingerprint(current_certificate_pem);
}

}  // namespace sluice::provisioner
