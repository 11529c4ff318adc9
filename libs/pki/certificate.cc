#include "libs/pki/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/pki/pem.h"

namespace sluice::pki {
namespace {

std::string CommonName(const X509_NAME* name) {
  char text[256] = "";
  const int size = X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text, sizeof(text));
  return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
}

std::string Text(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof(text));
  return text;
}

std::vector<std::string> Hosts(X509* certificate) {
  std::vector<std::string> hosts;
  NamesHandle names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) hosts.push_back(Text(name->d.dNSName));
    if (name->type == GEN_IPADD) hosts.push_back(AddressText(name->d.iPAddress));
  }
  return hosts;
}

std::string Hex(const unsigned char* bytes, size_t size) {
  const std::string_view raw(reinterpret_cast<const char*>(bytes), size);
  return absl::BytesToHexString(Absl(raw));
}

absl::StatusOr<StoreHandle> StoreOf(std::string_view authorities_pem) {
  StoreHandle store(X509_STORE_new());
  BioHandle bio(BIO_new_mem_buf(authorities_pem.data(), static_cast<int>(authorities_pem.size())));
  if (store == nullptr || bio == nullptr) return OpenSslError("store");
  int count = 0;
  while (X509Handle authority{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store.get(), authority.get()) != 1) return OpenSslError("X509_STORE_add_cert");
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return CertificateFromPem(authorities_pem).status();
  return store;
}

absl::Status Refusal(int code) {
  const std::string words = X509_verify_cert_error_string(code);
  const auto refuse = [&words](std::string_view reason, std::string_view remedy) {
    return MakeError(absl::StatusCode::kFailedPrecondition, words,
                     {.reason = std::string(reason), .remedy = std::string(remedy)});
  };
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return refuse("CERTIFICATE_EXPIRED", "Renew the certificate, or set the clock right.");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return refuse("CERTIFICATE_NOT_YET_VALID", "Set the clock right.");
    case X509_V_ERR_INVALID_PURPOSE:
      return refuse("CERTIFICATE_WRONG_USAGE", "Use a certificate that was issued for this side of a connection.");
    default:
      return refuse("CERTIFICATE_UNTRUSTED", "Use the certificate of the authority that signed it.");
  }
}

absl::Status VerifyPurpose(X509* certificate, X509_STORE* store, int purpose, absl::Time now) {
  StoreContextHandle context(X509_STORE_CTX_new());
  if (context == nullptr || X509_STORE_CTX_init(context.get(), store, certificate, nullptr) != 1 ||
      X509_STORE_CTX_set_purpose(context.get(), purpose) != 1) {
    return OpenSslError("verify");
  }
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return Refusal(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace

absl::StatusOr<CertificateFacts> Inspect(std::string_view certificate_pem) {
  ASSIGN_OR_RETURN(X509Handle certificate, CertificateFromPem(certificate_pem));
  X509* x509 = certificate.get();
  CertificateFacts facts;
  facts.common_name = CommonName(X509_get_subject_name(x509));
  facts.issuer_common_name = CommonName(X509_get_issuer_name(x509));
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509);
  facts.serial = Hex(ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial)));
  facts.hosts = Hosts(x509);
  facts.not_before = TimeOf(X509_get0_notBefore(x509));
  facts.not_after = TimeOf(X509_get0_notAfter(x509));
  facts.is_authority = X509_check_ca(x509) == 1;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(x509, EVP_sha256(), digest, &size) != 1) return OpenSslError("X509_digest");
  facts.sha256 = Hex(digest, size);
  return facts;
}

absl::Status Verify(std::string_view certificate_pem, std::string_view authorities_pem, Usage usage, absl::Time now) {
  ASSIGN_OR_RETURN(X509Handle certificate, CertificateFromPem(certificate_pem));
  ASSIGN_OR_RETURN(StoreHandle store, StoreOf(authorities_pem));
  if (usage != Usage::kClient) {
    RETURN_IF_ERROR(VerifyPurpose(certificate.get(), store.get(), X509_PURPOSE_SSL_SERVER, now));
  }
  if (usage != Usage::kServer) {
    RETURN_IF_ERROR(VerifyPurpose(certificate.get(), store.get(), X509_PURPOSE_SSL_CLIENT, now));
  }
  return absl::OkStatus();
}

absl::Status VerifyHost(std::string_view certificate_pem, std::string_view host) {
  ASSIGN_OR_RETURN(X509Handle certificate, CertificateFromPem(certificate_pem));
  const std::string text(host);
  if (X509_check_ip_asc(certificate.get(), text.c_str(), 0) == 1 ||
      X509_check_host(certificate.get(), text.data(), text.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1) {
    return absl::OkStatus();
  }
  ERR_clear_error();
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("the certificate does not name ", text),
                   {.reason = "CERTIFICATE_HOST_MISMATCH",
                    .remedy = "Connect by a name that the certificate has, or issue one that has this name."});
}

absl::Time RenewAt(const CertificateFacts& facts) {
  return facts.not_before + (facts.not_after - facts.not_before) * 2 / 3;
}

}  // namespace sluice::pki
