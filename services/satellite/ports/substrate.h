#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/security.h"
#include "libs/operator/physical_spec.h"
#include "libs/operator/snapshot.h"

namespace sluice::satellite {

// A node as the substrate holds it, found again by itself: nothing here rests on what a process remembers.
struct NodeSight {
  int32_t node_id = 0;
  op::NodeRole role = op::NodeRole::kBroker;
  kafka_admin::BrokerAddress client;      // brokers
  kafka_admin::BrokerAddress internal;    // brokers
  kafka_admin::BrokerAddress controller;  // controllers
  kafka_admin::BrokerAddress metrics;
  op::NodeSeen::Process process = op::NodeSeen::Process::kNone;
  // Tells one run of the node from another: grows with each start.
  int64_t run = 0;
  // Of the process that runs.
  std::string version;
  std::string running_digest;
  op::Moment started_at;
  std::optional<op::Moment> stop_asked_at;
  std::optional<op::NodeExit> last_exit;
  // Unwanted exits since the node was made.
  int32_t restarts = 0;
  // For people: a port that someone else holds, a record that was rebuilt.
  std::string message;
};

struct ClusterSight {
  // By node id.
  std::vector<NodeSight> nodes;
  // Anything at all is left, also an empty folder.
  bool anything_left = false;
  bool provisioned = false;
};

// How to reach a cluster that is prepared.
struct ClusterAccess {
  // CN=sluice-satellite, a super user of the cluster.
  kafka_admin::TlsOptions admin_tls;
  std::string client_ca_file;
  std::string ca_certificate_pem;
};

// A broker that runs with an older certificate than it has on disk.
struct StaleCertificate {
  int32_t node_id = 0;
  std::string keystore_file;
  // Which one is on disk.
  std::string fingerprint;
};

struct SubstrateCapacity {
  std::vector<std::string> kafka_versions;
  int32_t max_brokers = 0;
  // Of all clusters that are prepared.
  int32_t brokers = 0;
  std::string substrate;  // "LOCAL"
};

// Where Kafka nodes run: processes on this machine (adapters/local), later pods. Each call is idempotent and may be
// repeated after a crash at any point inside it; different clusters may be worked on at the same time, one cluster by
// one caller at a time. Nothing blocks on Kafka. testing/substrate_contract.h says what every one must do.
class Substrate {
 public:
  virtual ~Substrate() = default;

  // Notices processes that ended and writes that down. A cluster that does not exist has no nodes and nothing left.
  virtual absl::StatusOr<ClusterSight> Look(const std::string& cluster) = 0;
  // All that something is left of, wished or not.
  virtual absl::StatusOr<std::vector<std::string>> Clusters() = 0;

  // Whether `spec` fits beside the other clusters: ResourceExhausted NO_CAPACITY (brokers, ports or disk), or
  // FailedPrecondition KAFKA_VERSION_UNKNOWN. A cluster that is prepared already is asked for its growth only.
  virtual absl::Status Admit(const std::string& cluster, const op::PhysicalSpec& spec) = 0;

  // Gives all nodes of `spec` that have none a folder, ports and a certificate. ResourceExhausted NO_CAPACITY.
  virtual absl::Status Prepare(const std::string& cluster, const op::PhysicalSpec& spec) = 0;
  // What a start of the node now would run; "" when it is not prepared.
  virtual std::string WantedDigest(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) = 0;
  // Formats new storage and runs it; returns when the process exists, not when it is ready. At most one process of a
  // node runs, ever. Unavailable PORT_IN_USE, FailedPrecondition JAVA_MISSING, ResourceExhausted DISK_FULL.
  virtual absl::Status Start(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) = 0;
  // Asks it to stop (controlled shutdown); returns at once. Fine when it does not run.
  virtual absl::Status Stop(const std::string& cluster, int32_t node_id) = 0;
  // Ends it now, as a wanted exit; returns when it is gone. Fine when it does not run.
  virtual absl::Status Kill(const std::string& cluster, int32_t node_id) = 0;
  // Erases one node and gives its ports and its place back. FailedPrecondition NODE_RUNNING while its process runs;
  // fine when there is none.
  virtual absl::Status RemoveNode(const std::string& cluster, int32_t node_id) = 0;
  // Erases everything of the cluster and gives its ports back. FailedPrecondition NODE_RUNNING while a process runs.
  virtual absl::Status Remove(const std::string& cluster) = 0;

  // Remembers that all of it was ready once.
  virtual absl::Status MarkProvisioned(const std::string& cluster) = 0;
  // Makes new certificates for nodes whose own run out within `ahead`. Gives the brokers that run with an older one
  // than they have on disk: they must be told (KafkaProbe::ReloadCertificates), and are given again until
  // CertificateLoaded. A controller cannot be told while it runs: its WantedDigest changes, so that it is rolled.
  virtual absl::StatusOr<std::vector<StaleCertificate>> RenewCertificates(const std::string& cluster,
                                                                          absl::Duration ahead) = 0;
  virtual absl::Status CertificateLoaded(const std::string& cluster, const StaleCertificate& certificate) = 0;
  virtual absl::StatusOr<ClusterAccess> Access(const std::string& cluster) = 0;
  virtual SubstrateCapacity Capacity() = 0;
};

}  // namespace sluice::satellite
