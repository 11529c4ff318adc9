#include "libs/pki/authority.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/pki/pem.h"

namespace sluice::pki {
namespace {

constexpr absl::Duration kClockSkew = absl::Minutes(1);
constexpr size_t kMaxCommonName = 64;  // X.520's ub-common-name
constexpr size_t kMaxHosts = 64;
constexpr size_t kMaxRequestBytes = 16 * 1024;
constexpr size_t kSerialBytes = 16;  // RFC 5280 4.1.2.2: at most 20, positive

absl::Status BadGrant(std::string_view message, std::string_view field) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "GRANT_INVALID",
                    .field = std::string(field),
                    .remedy = "Names have 1 to 64 characters of A-Z a-z 0-9 . _ -, lifetimes are positive."});
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool IsName(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsNameCharacter); }

bool IsAddress(const std::string& text) {
  unsigned char address[16];
  return inet_pton(AF_INET, text.c_str(), address) == 1 || inet_pton(AF_INET6, text.c_str(), address) == 1;
}

absl::Status CheckGrant(const Grant& grant) {
  if (grant.common_name.size() > kMaxCommonName || !IsName(grant.common_name)) {
    return BadGrant("a common name that is empty, too long or has other characters", "common_name");
  }
  if (grant.lifetime <= absl::ZeroDuration()) return BadGrant("a lifetime that is not positive", "lifetime");
  if (grant.hosts.size() > kMaxHosts) return BadGrant("more than 64 hosts", "hosts");
  for (const std::string& host : grant.hosts) {
    // A wildcard is a name with a leading "*.".
    const std::string_view name = host.starts_with("*.") ? std::string_view(host).substr(2) : std::string_view(host);
    if (host.size() > 253 || (!IsName(name) && !IsAddress(host))) return BadGrant("a malformed host", "hosts");
  }
  return absl::OkStatus();
}

absl::Status AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return OpenSslError(absl::StrCat("extension ", OBJ_nid2sn(nid)));
  }
  return absl::OkStatus();
}

absl::Status SetSerial(X509* certificate) {
  unsigned char bytes[kSerialBytes];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return OpenSslError("RAND_bytes");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, and always of the same length
  std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  if (number == nullptr || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return OpenSslError("serial number");
  }
  return absl::OkStatus();
}

absl::Status SetValidity(X509* certificate, absl::Time not_before, absl::Time not_after) {
  // ASN1_TIME_set takes both the UTCTime and the GeneralizedTime form, as RFC 5280 wants.
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(not_after)) == nullptr) {
    return OpenSslError("validity");
  }
  return absl::OkStatus();
}

absl::StatusOr<X509Handle> NewCertificate(X509_NAME* subject, X509_NAME* issuer, EVP_PKEY* key, absl::Time not_before,
                                          absl::Time not_after) {
  X509Handle certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_subject_name(certificate.get(), subject) != 1 || X509_set_issuer_name(certificate.get(), issuer) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return OpenSslError("new certificate");
  }
  RETURN_IF_ERROR(SetSerial(certificate.get()));
  RETURN_IF_ERROR(SetValidity(certificate.get(), not_before, not_after));
  return certificate;
}

std::string UsageValue(Usage usage) {
  switch (usage) {
    case Usage::kServer:
      return "serverAuth";
    case Usage::kClient:
      return "clientAuth";
    case Usage::kServerAndClient:
      break;
  }
  return "serverAuth,clientAuth";
}

std::string HostsValue(const std::vector<std::string>& hosts) {
  return absl::StrJoin(hosts, ",", [](std::string* out, const std::string& host) {
    absl::StrAppend(out, IsAddress(host) ? "IP:" : "DNS:", host);
  });
}

absl::Status WeakRequest(std::string_view message) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, message,
      {.reason = "SIGNING_REQUEST_WEAK",
       .remedy = "Make a request with an ECDSA P-256 or P-384 key, or RSA of 2048 bits or more, and SHA-256."});
}

absl::Status CheckStrength(EVP_PKEY* key, X509_REQ* request) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
    char group[32] = "";
    size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group, sizeof(group), &size) != 1) return WeakRequest("a curve without a name");
    const std::string_view name(group, size);
    if (name != "prime256v1" && name != "secp384r1") return WeakRequest(absl::StrCat("curve ", Absl(name)));
  } else if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || bits < 2048) {
    return WeakRequest(absl::StrCat("a ", EVP_PKEY_get0_type_name(key), " key of ", bits, " bits"));
  }
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request), &digest, nullptr);
  if (digest == NID_sha1 || digest == NID_md5 || digest == NID_md5_sha1)
    return WeakRequest("a request signed by SHA-1");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Authority> Authority::Create(std::string_view common_name, absl::Time now, absl::Duration lifetime) {
  RETURN_IF_ERROR(CheckGrant({.common_name = std::string(common_name), .hosts = {}, .lifetime = lifetime}));
  ASSIGN_OR_RETURN(KeyHandle key, NewKey());
  ASSIGN_OR_RETURN(NameHandle name, NewName(common_name));
  ASSIGN_OR_RETURN(X509Handle certificate,
                   NewCertificate(name.get(), name.get(), key.get(), now - kClockSkew, now + lifetime));
  X509* self = certificate.get();
  RETURN_IF_ERROR(AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  RETURN_IF_ERROR(AddExtension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign"));
  RETURN_IF_ERROR(AddExtension(self, self, NID_subject_key_identifier, "hash"));
  if (X509_sign(self, key.get(), EVP_sha256()) == 0) return OpenSslError("sign");
  ASSIGN_OR_RETURN(std::string pem, ToPem(self));
  return Authority(std::move(certificate), std::move(key), std::move(pem));
}

absl::StatusOr<Authority> Authority::FromPem(std::string_view certificate_pem, std::string_view private_key_pem) {
  ASSIGN_OR_RETURN(X509Handle certificate, CertificateFromPem(certificate_pem));
  ASSIGN_OR_RETURN(KeyHandle key, KeyFromPem(private_key_pem));
  if (X509_check_ca(certificate.get()) != 1 || X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return MakeError(absl::StatusCode::kInvalidArgument, "not an authority's certificate, or the key of another",
                     {.reason = "CERTIFICATE_MALFORMED",
                      .remedy = "Give the authority's own certificate and key, as they were made together."});
  }
  ASSIGN_OR_RETURN(std::string pem, ToPem(certificate.get()));
  return Authority(std::move(certificate), std::move(key), std::move(pem));
}

std::string Authority::private_key_pem() const { return ToPem(key_.get()).value_or(""); }

absl::StatusOr<Identity> Authority::Issue(const Grant& grant, absl::Time now) const {
  ASSIGN_OR_RETURN(KeyHandle key, NewKey());
  Identity identity;
  ASSIGN_OR_RETURN(identity.certificate_pem, SignKey(key.get(), grant, now));
  ASSIGN_OR_RETURN(identity.private_key_pem, ToPem(key.get()));
  return identity;
}

absl::StatusOr<std::string> Authority::Sign(std::string_view signing_request_pem, const Grant& grant,
                                            absl::Time now) const {
  const auto invalid = [](std::string_view message) {
    ERR_clear_error();
    return MakeError(absl::StatusCode::kInvalidArgument, message,
                     {.reason = "SIGNING_REQUEST_INVALID",
                      .field = "signing_request",
                      .remedy = "Send a PKCS #10 request in PEM, signed by the key that it holds."});
  };
  if (signing_request_pem.size() > kMaxRequestBytes) return invalid("a signing request of more than 16 KiB");
  ASSIGN_OR_RETURN(RequestHandle request, RequestFromPem(signing_request_pem));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) return invalid("a signing request without a usable key");
  RETURN_IF_ERROR(CheckStrength(key, request.get()));
  if (X509_REQ_verify(request.get(), key) != 1) return invalid("a signing request that its own key did not sign");
  return SignKey(key, grant, now);
}

absl::StatusOr<std::string> Authority::SignKey(EVP_PKEY* subject_key, const Grant& grant, absl::Time now) const {
  RETURN_IF_ERROR(CheckGrant(grant));
  const absl::Time authority_end = TimeOf(X509_get0_notAfter(certificate_.get()));
  if (now >= authority_end || now < TimeOf(X509_get0_notBefore(certificate_.get()))) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "the authority's own certificate is not valid now",
        {.reason = "AUTHORITY_EXPIRED", .remedy = "Check the clock; replace the authority if it has ended."});
  }
  ASSIGN_OR_RETURN(NameHandle subject, NewName(grant.common_name));
  X509* issuer = certificate_.get();
  ASSIGN_OR_RETURN(X509Handle certificate,
                   NewCertificate(subject.get(), X509_get_subject_name(issuer), subject_key, now - kClockSkew,
                                  std::min(now + grant.lifetime, authority_end)));
  X509* leaf = certificate.get();
  RETURN_IF_ERROR(AddExtension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  RETURN_IF_ERROR(AddExtension(leaf, issuer, NID_key_usage, "critical,digitalSignature"));
  RETURN_IF_ERROR(AddExtension(leaf, issuer, NID_ext_key_usage, UsageValue(grant.usage)));
  RETURN_IF_ERROR(AddExtension(leaf, issuer, NID_authority_key_identifier, "keyid:always"));
  if (!grant.hosts.empty()) {
    RETURN_IF_ERROR(AddExtension(leaf, issuer, NID_subject_alt_name, HostsValue(grant.hosts)));
  }
  if (X509_sign(leaf, key_.get(), EVP_sha256()) == 0) return OpenSslError("sign");
  return ToPem(leaf);
}

}  // namespace sluice::pki
