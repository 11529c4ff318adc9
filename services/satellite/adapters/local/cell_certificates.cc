#include "services/satellite/adapters/local/cell_certificates.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/operator/server_properties.h"
#include "libs/pki/certificate.h"
#include "libs/pki/pem_file.h"

namespace sluice::satellite {
namespace {

constexpr absl::Duration kAuthorityLifetime = absl::Hours(24 * 3650);

// The fingerprint of a certificate that is good for longer than `ahead`; nothing otherwise.
std::string StillGood(const std::string& file, absl::Time now, absl::Duration ahead) {
  const auto text = pki::ReadPemFile(file, pki::kSecretMode);
  if (!text.ok()) return "";
  const size_t at = text->find("-----BEGIN CERTIFICATE-----");
  if (at == text->npos) return "";
  const auto facts = pki::Inspect(std::string_view(*text).substr(at));
  if (!facts.ok() || facts->not_after - now <= ahead) return "";
  return facts->sha256;
}

absl::StatusOr<pki::Authority> OpenAuthority(const std::string& folder, absl::Time now) {
  const auto certificate = pki::ReadPemFile(folder + "/ca.pem", pki::kPublicMode);
  const auto key = pki::ReadPemFile(folder + "/ca.key", pki::kSecretMode);
  if (certificate.ok() && key.ok()) return pki::Authority::FromPem(*certificate, *key);
  if (key.status().code() != absl::StatusCode::kNotFound && !key.ok()) return key.status();
  // The certificate is written last: without it nothing was signed by the key yet.
  if (!absl::IsNotFound(certificate.status())) {
    return certificate.ok() ? absl::FailedPreconditionError(folder + "/ca.key is missing") : certificate.status();
  }
  ASSIGN_OR_RETURN(pki::Authority made, pki::Authority::Create("sluice-data-plane", now, kAuthorityLifetime));
  RETURN_IF_ERROR(pki::WritePemFile(folder + "/ca.key", made.private_key_pem(), pki::kSecretMode));
  RETURN_IF_ERROR(pki::WritePemFile(folder + "/ca.pem", made.certificate_pem(), pki::kPublicMode));
  return made;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CellCertificates>> CellCertificates::Open(std::string folder,
                                                                         absl::Duration node_lifetime,
                                                                         const clock::Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  ASSIGN_OR_RETURN(pki::Authority authority, OpenAuthority(folder, clock.Now()));
  std::unique_ptr<CellCertificates> opened(
      new CellCertificates(std::move(folder), node_lifetime, clock, std::move(authority)));
  RETURN_IF_ERROR(opened->EnsureAdmin(node_lifetime / 3));
  return opened;
}

absl::StatusOr<std::string> CellCertificates::EnsureKeystore(const std::string& file, const std::string& common_name,
                                                             absl::Duration ahead) {
  if (std::string fingerprint = StillGood(file, clock_.Now(), ahead); !fingerprint.empty()) return fingerprint;
  ASSIGN_OR_RETURN(const pki::Identity identity, authority_.Issue({.common_name = common_name,
                                                                   .hosts = {"localhost", "127.0.0.1"},
                                                                   .usage = pki::Usage::kServerAndClient,
                                                                   .lifetime = node_lifetime_},
                                                                  clock_.Now()));
  RETURN_IF_ERROR(
      pki::WritePemFile(file, absl::StrCat(identity.private_key_pem, identity.certificate_pem), pki::kSecretMode));
  ASSIGN_OR_RETURN(const pki::CertificateFacts facts, pki::Inspect(identity.certificate_pem));
  return facts.sha256;
}

absl::Status CellCertificates::EnsureAdmin(absl::Duration ahead) {
  std::lock_guard lock(admin_mutex_);
  // One file holds both, replaced in one step: a connection never reads a key and a certificate that do not belong
  // together.
  return EnsureKeystore(folder_ + "/satellite.pem", op::kAdminName, ahead).status();
}

kafka_admin::TlsOptions CellCertificates::AdminTls() const {
  return {.ca_file = ca_file(), .certificate_file = folder_ + "/satellite.pem", .key_file = folder_ + "/satellite.pem"};
}

}  // namespace sluice::satellite
