#include "services/satellite/adapters/state/identity_store.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/pki/signing_request.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

using nlohmann::json;

constexpr char kPresent[] = "identity.json";
constexpr char kSealingKeys[] = "sealing_keys";
constexpr char kPendingKey[] = "pending_private_key.pem";

absl::Status Damaged(const std::filesystem::path& path) {
  return MakeError(absl::StatusCode::kInternal, path.string() + " is damaged",
                   {.reason = "IDENTITY_DAMAGED",
                    .remedy = "Make a new enrolment token, move the identity folder away and start again."});
}

}  // namespace

absl::StatusOr<std::optional<SatelliteIdentity>> IdentityStore::Load() const {
  const auto path = folder_ / kPresent;
  const auto text = ReadWholeFile(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  const json present = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const bool whole = present.is_object() && present.contains("issue") && present["issue"].is_number_integer() &&
                     present.contains("data_plane") && present["data_plane"].is_string() &&
                     present.contains("bus_bootstrap_servers") && present["bus_bootstrap_servers"].is_string();
  const auto keys = ReadWholeFile(folder_ / kSealingKeys);
  if (!whole || !keys.ok() || keys->size() != 2 * sealed::kSealingKeyBytes) return Damaged(path);
  const auto issue = folder_ / std::to_string(present["issue"].get<int64_t>());
  return SatelliteIdentity{
      .data_plane = present["data_plane"].get<std::string>(),
      .bus_bootstrap_servers = present["bus_bootstrap_servers"].get<std::string>(),
      .ca_file = issue / "ca.pem",
      .certificate_file = issue / "certificate.pem",
      .private_key_file = issue / "private_key.pem",
      .sealing_keys = {keys->substr(0, sealed::kSealingKeyBytes), keys->substr(sealed::kSealingKeyBytes)}};
}

absl::StatusOr<SatelliteIdentity> IdentityStore::Save(const EnrolmentGrant& grant, const std::string& private_key_pem) {
  int64_t number = 1;
  if (const auto text = ReadWholeFile(folder_ / kPresent); text.ok()) {
    const json present = json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!present.is_object() || !present.contains("issue") || !present["issue"].is_number_integer()) {
      return Damaged(folder_ / kPresent);
    }
    number = present["issue"].get<int64_t>() + 1;
  }
  const auto issue = folder_ / std::to_string(number);
  RETURN_IF_ERROR(SealingKeys().status());
  RETURN_IF_ERROR(WriteFileAtomically(issue / "private_key.pem", private_key_pem));
  RETURN_IF_ERROR(WriteFileAtomically(issue / "certificate.pem", grant.certificate_pem));
  RETURN_IF_ERROR(WriteFileAtomically(issue / "ca.pem", grant.ca_certificate_pem));
  const json present = {
      {"issue", number}, {"data_plane", grant.data_plane}, {"bus_bootstrap_servers", grant.bus_bootstrap_servers}};
  RETURN_IF_ERROR(WriteFileAtomically(folder_ / kPresent, present.dump(1)));
  std::error_code ignored;  // what stays is private, and is tried again at the next renewal
  if (number > 2) std::filesystem::remove_all(folder_ / std::to_string(number - 2), ignored);
  RETURN_IF_ERROR(RemoveFile(folder_ / kPendingKey));
  ASSIGN_OR_RETURN(std::optional<SatelliteIdentity> identity, Load());
  return *std::move(identity);
}

absl::StatusOr<sealed::SealingKeyPair> IdentityStore::SealingKeys() {
  const auto path = folder_ / kSealingKeys;
  const auto there = ReadWholeFile(path);
  if (there.ok()) {
    if (there->size() != 2 * sealed::kSealingKeyBytes) return Damaged(path);
    return sealed::SealingKeyPair{there->substr(0, sealed::kSealingKeyBytes), there->substr(sealed::kSealingKeyBytes)};
  }
  if (!absl::IsNotFound(there.status())) return there.status();
  ASSIGN_OR_RETURN(sealed::SealingKeyPair keys, sealed::NewSealingKeyPair());
  RETURN_IF_ERROR(WriteFileAtomically(path, keys.public_key + keys.secret_key));
  return keys;
}

absl::StatusOr<std::string> IdentityStore::PendingPrivateKey() {
  const auto there = ReadWholeFile(folder_ / kPendingKey);
  if (there.ok() || !absl::IsNotFound(there.status())) return there;
  ASSIGN_OR_RETURN(const pki::SigningRequest made, pki::NewSigningRequest("satellite"));
  RETURN_IF_ERROR(WriteFileAtomically(folder_ / kPendingKey, made.private_key_pem));
  return made.private_key_pem;
}

}  // namespace sluice::satellite
