#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/data_plane.h"

namespace sluice::provisioner {

struct DataPlaneWish {
  std::string display_name;
  std::string region;
  Substrate substrate = Substrate::kLocal;
  Labels labels;
  int32_t warm_cells = 0;
  int32_t max_brokers = 0;
  int32_t max_logical_clusters_per_cell = 0;
};

struct RegisterDataPlane {
  std::string id;
  DataPlaneWish wish;
};

struct RegisteredDataPlane {
  DataPlane data_plane;
  // Shown once, good for one enrolment within ten minutes.
  std::string enrolment_token;
  absl::Time enrolment_token_expire_time;
};

struct UpdateDataPlane {
  std::string name;
  std::string etag;
  DataPlaneWish wish;
  // display_name, labels, warm_cells, max_brokers, max_logical_clusters_per_cell
  std::set<std::string> update_mask;
};

struct DeleteDataPlane {
  std::string name;
  std::string etag;
};

// An enrolment as the gRPC adapter hands it on. The certificate is made by the adapter (ports it has itself) between
// CheckEnrolment and Enrol, so that a token is used up only by an enrolment that got one.
struct SatelliteEnrolment {
  std::string token;
  std::string sealing_public_key;  // 32 bytes
  std::string key_fingerprint;     // SHA-256 of the public key (SubjectPublicKeyInfo) in the new certificate
  std::string satellite_version;
};

struct SatelliteRenewal {
  std::string name;                     // dataPlanes/{id}
  std::string current_key_fingerprint;  // of the certificate that signed; the adapter has checked the signature
  std::string new_key_fingerprint;
  std::string sealing_public_key;  // empty: unchanged
};

// Data planes. Errors as KafkaClusterCommands, and UNAUTHENTICATED ENROLMENT_TOKEN_INVALID for a token that is unknown,
// used or expired, PERMISSION_DENIED SATELLITE_IDENTITY_UNKNOWN for a renewal by another key. Thread-safe.
class DataPlaneCommands {
 public:
  explicit DataPlaneCommands(CommandPorts ports) : ports_(ports) {}

  absl::StatusOr<RegisteredDataPlane> Register(const Caller& caller, const RegisterDataPlane& request);
  absl::StatusOr<RegisteredDataPlane> CreateEnrolmentToken(const Caller& caller, const std::string& name);
  absl::StatusOr<DataPlane> Update(const Caller& caller, const UpdateDataPlane& request);
  absl::Status Delete(const Caller& caller, const DeleteDataPlane& request);

  // The data plane whose token this is, when it is good now and its topics and rights are there (waited for up to 5 s,
  // then UNAVAILABLE DATA_PLANE_NOT_READY). Changes nothing.
  absl::StatusOr<DataPlane> CheckEnrolment(const std::string& token);
  absl::StatusOr<DataPlane> Enrol(const Caller& caller, const SatelliteEnrolment& enrolment);
  absl::StatusOr<DataPlane> Renew(const Caller& caller, const SatelliteRenewal& renewal);

 private:
  absl::StatusOr<DataPlane> ByToken(const std::string& token);

  CommandPorts ports_;
};

}  // namespace sluice::provisioner
