#include "libs/pki/pem.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::pki {
namespace {

// Longest PEM that is looked at: a chain of a few certificates has a tenth of it.
constexpr size_t kMaxPemBytes = 64 * 1024;

absl::StatusOr<BioHandle> Input(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("a PEM text of ", pem.size(), " bytes"),
                     {.reason = "CERTIFICATE_MALFORMED", .remedy = "Give one certificate, key or request as PEM."});
  }
  BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return OpenSslError("BIO_new_mem_buf");
  return bio;
}

absl::Status Malformed(std::string_view what, std::string_view reason) {
  ERR_clear_error();
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("not a ", Absl(what), " in PEM"),
                   {.reason = std::string(reason), .remedy = "Give the PEM text, with its BEGIN and END lines."});
}

// Never asks a terminal for a passphrase.
int NoPassphrase(char*, int, int, void*) { return -1; }

template <typename Write>
absl::StatusOr<std::string> Output(std::string_view what, Write write) {
  BioHandle bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) return OpenSslError(what);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace

absl::Status OpenSslError(std::string_view what) {
  char text[256] = "no further word";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return absl::InternalError(absl::StrCat("OpenSSL: ", Absl(what), ": ", text));
}

absl::StatusOr<KeyHandle> NewKey() {
  KeyHandle key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("EVP_EC_gen");
  return key;
}

absl::StatusOr<KeyHandle> KeyFromPem(std::string_view pem) {
  ASSIGN_OR_RETURN(BioHandle bio, Input(pem));
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return Malformed("private key", "CERTIFICATE_MALFORMED");
  return key;
}

absl::StatusOr<X509Handle> CertificateFromPem(std::string_view pem) {
  ASSIGN_OR_RETURN(BioHandle bio, Input(pem));
  X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) return Malformed("certificate", "CERTIFICATE_MALFORMED");
  return certificate;
}

absl::StatusOr<RequestHandle> RequestFromPem(std::string_view pem) {
  ASSIGN_OR_RETURN(BioHandle bio, Input(pem));
  RequestHandle request(PEM_read_bio_X509_REQ(bio.get(), nullptr, NoPassphrase, nullptr));
  if (request == nullptr) return Malformed("signing request", "SIGNING_REQUEST_INVALID");
  return request;
}

absl::StatusOr<std::string> ToPem(EVP_PKEY* key) {
  return Output("write a key", [key](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

absl::StatusOr<std::string> ToPem(X509* certificate) {
  return Output("write a certificate", [certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

absl::StatusOr<std::string> ToPem(X509_REQ* request) {
  return Output("write a request", [request](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request); });
}

absl::StatusOr<NameHandle> NewName(std::string_view common_name) {
  NameHandle name(X509_NAME_new());
  if (name == nullptr || X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8,
                                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                                    static_cast<int>(common_name.size()), -1, 0) != 1) {
    return OpenSslError("X509_NAME_add_entry");
  }
  return name;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  ASN1_TIME_to_tm(time, &fields);
  return absl::FromTM(fields, absl::UTCTimeZone());
}

}  // namespace sluice::pki
