#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/sealed/sealed_box.h"
#include "services/satellite/ports/enrolment_client.h"

namespace sluice::satellite {

// Who this satellite is to the control plane.
struct SatelliteIdentity {
  std::string data_plane;
  std::string bus_bootstrap_servers;
  // Files for TLS clients. A renewed identity has others, so what holds the old ones is not disturbed.
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  sealed::SealingKeyPair sealing_keys;
};

// <folder>/identity.json names the present issue; <folder>/<issue>/ holds its key, certificate and CA, all 0600. An
// issue becomes the present one in one step, when all of it is on disk. One thread.
class IdentityStore {
 public:
  explicit IdentityStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Nothing before the first enrolment.
  absl::StatusOr<std::optional<SatelliteIdentity>> Load() const;
  // The next issue. Keeps the one before it for clients that still use its files.
  absl::StatusOr<SatelliteIdentity> Save(const EnrolmentGrant& grant, const std::string& private_key_pem);

  // Made at the first call and kept for good: credentials on the bus are sealed to it.
  absl::StatusOr<sealed::SealingKeyPair> SealingKeys();
  // The private key of an enrolment under way, made at the first call: a repeat after a crash asks for the same
  // certificate. Save drops it.
  absl::StatusOr<std::string> PendingPrivateKey();

 private:
  const std::filesystem::path folder_;
};

}  // namespace sluice::satellite
