#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/resource.h"

namespace sluice::provisioner {

enum class Substrate { kLocal = 1, kKubernetes = 2 };
enum class DataPlaneState { kRegistered = 1, kConnected = 2, kUnreachable = 3, kDeleting = 4 };

// A single-use right to enrol a satellite.
struct EnrolmentToken {
  std::string hash;  // ports/secrets.h: KeyedHash
  absl::Time expire_time;

  friend bool operator==(const EnrolmentToken&, const EnrolmentToken&) = default;
};

struct DataPlane {
  Meta meta;  // uid dp-…; name dataPlanes/{id}
  std::string id;
  std::string display_name;
  std::string region;
  Substrate substrate = Substrate::kLocal;
  Labels labels;
  int32_t warm_cells = 1;
  int32_t max_brokers = 0;
  int32_t max_logical_clusters_per_cell = 0;

  DataPlaneState state = DataPlaneState::kRegistered;
  std::vector<Condition> conditions;
  // As its satellite says.
  std::vector<std::string> kafka_versions;
  std::string satellite_version;
  int32_t satellite_max_brokers = 0;
  std::string sealing_public_key;

  std::optional<EnrolmentToken> enrolment;
  // SHA-256 of the public key in the satellite's newest certificate; RenewSatellite is checked against it.
  std::string satellite_key_fingerprint;
  // The one before: valid until the new identity was seen.
  std::string previous_satellite_key_fingerprint;
  // Its topics and ACLs are on the control-plane Kafka.
  bool bus_ready = false;
  // Grows with each cell planned on it, so that two planners cannot both plan one.
  int64_t cells_planned = 0;

  friend bool operator==(const DataPlane&, const DataPlane&) = default;
};

enum class PhysicalState {
  kProvisioning = 1,
  kUp = 2,
  kExpanding = 3,
  kShrinking = 4,
  kRolling = 5,
  kRebalancing = 6,
  kDegraded = 7,
  kDown = 8,
  kDeleting = 9,
};

// See sluice.provisioner.v1.PhysicalClusterSpec.
struct PhysicalSpec {
  std::string kafka_version;
  int32_t brokers = 0;
  int32_t controllers = 1;
  int64_t broker_disk_mib = 0;
  int64_t broker_network_bytes_per_second = 0;
  int32_t broker_heap_mib = 0;
  bool shared = false;
  int32_t default_replication_factor = 0;
  int32_t min_insync_replicas = 0;
  std::map<std::string, std::string> broker_configs;
  bool paused = false;

  friend bool operator==(const PhysicalSpec&, const PhysicalSpec&) = default;
};

// A physical cluster: a cell that tenants share, or the whole of one DEDICATED cluster.
struct PhysicalCluster {
  Meta meta;  // uid and name pkc-…
  std::string data_plane;
  std::string region;
  std::string owner_cluster_uid;  // DEDICATED: its lkc-…; empty for a cell
  PhysicalSpec spec;

  PhysicalState state = PhysicalState::kProvisioning;
  int32_t brokers_ready = 0;
  std::string kafka_version;
  std::string bootstrap_servers;
  std::string ca_certificate_pem;
  int32_t partitions = 0;
  std::vector<Condition> conditions;
  int64_t observed_generation = 0;
  // Its data plane refused it: no room.
  bool refused = false;

  friend bool operator==(const PhysicalCluster&, const PhysicalCluster&) = default;
};

}  // namespace sluice::provisioner
