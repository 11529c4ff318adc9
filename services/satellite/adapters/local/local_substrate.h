#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/satellite/adapters/local/cell_certificates.h"
#include "services/satellite/adapters/local/class_archive.h"
#include "services/satellite/adapters/local/cluster_record.h"
#include "services/satellite/adapters/local/kafka_installation.h"
#include "services/satellite/adapters/local/local_node.h"
#include "services/satellite/adapters/local/port_allocator.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite {

struct LocalSubstrateOptions {
  // Below it: clusters/<pkc>/<node>/, data-plane-ca/.
  std::string state_folder;
  // Holds libs/*.jar of Apache Kafka.
  std::string kafka_home;
  // For class archives and the jars that they are of; may be shared by several satellites.
  std::string cache_folder;
  std::string java = "java";
  // On loopback, outside the kernel's ephemeral range; a broker takes three, a controller two.
  int32_t first_port = 21000;
  int32_t last_port = 21999;
  int32_t max_brokers = 12;
  // A new broker is put into the one of these that has the fewest of its cluster's, and stays there. None: no racks.
  std::vector<std::string> racks;
  int32_t broker_heap_mib = 192;
  int32_t controller_heap_mib = 96;
  absl::Duration certificate_lifetime = absl::Hours(24 * 90);
  // Room on the disk that nodes are never given.
  int64_t disk_kept_free_mib = 512;
};

// Kafka nodes as processes of this machine, on loopback. They outlive the satellite and are found again (LocalNode).
class LocalSubstrate final : public Substrate {
 public:
  // Makes the authority and starts making the class archive when they are not there. FailedPrecondition KAFKA_MISSING,
  // STATE_FOLDER_IN_USE when another satellite has it.
  static absl::StatusOr<std::unique_ptr<LocalSubstrate>> Open(LocalSubstrateOptions options, const clock::Clock& clock);
  ~LocalSubstrate() override;

  absl::StatusOr<ClusterSight> Look(const std::string& cluster) override;
  absl::StatusOr<std::vector<std::string>> Clusters() override;
  absl::Status Admit(const std::string& cluster, const op::PhysicalSpec& spec) override;
  absl::Status Prepare(const std::string& cluster, const op::PhysicalSpec& spec) override;
  std::string WantedDigest(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) override;
  absl::Status Start(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) override;
  absl::Status Stop(const std::string& cluster, int32_t node_id) override;
  absl::Status Kill(const std::string& cluster, int32_t node_id) override;
  absl::Status RemoveNode(const std::string& cluster, int32_t node_id) override;
  absl::Status Remove(const std::string& cluster) override;
  absl::Status MarkProvisioned(const std::string& cluster) override;
  absl::StatusOr<std::vector<StaleCertificate>> RenewCertificates(const std::string& cluster,
                                                                  absl::Duration ahead) override;
  absl::Status CertificateLoaded(const std::string& cluster, const StaleCertificate& certificate) override;
  absl::StatusOr<ClusterAccess> Access(const std::string& cluster) override;
  SubstrateCapacity Capacity() override;

  // Waits until the class archive is there; false when it could not be made, or not yet.
  bool AwaitWarm(absl::Duration timeout) { return !class_archive_->Await(timeout).empty(); }

 private:
  struct Plan;

  LocalSubstrate(LocalSubstrateOptions options, const clock::Clock& clock, KafkaInstallation kafka,
                 std::unique_ptr<CellCertificates> certificates, int state_lock);

  std::string FolderOf(const std::string& cluster) const { return clusters_folder_ + "/" + cluster; }
  LocalNode NodeOf(const std::string& cluster, int32_t node_id) const;
  absl::StatusOr<std::vector<int32_t>> NodeIds(const std::string& cluster) const;
  absl::StatusOr<std::map<int32_t, NodeRecord>> Records(const std::string& cluster);
  absl::StatusOr<NodeRecord> RecordOf(const std::string& cluster, int32_t node_id, std::string* message);
  absl::Status AdmitDisk(const std::string& cluster, int64_t wanted_bytes);
  absl::Status PrepareNode(const std::string& cluster, int32_t node_id, const std::string& rack);
  absl::StatusOr<Plan> PlanNode(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id,
                                const std::map<int32_t, NodeRecord>& records);
  absl::Status EraseFolder(const std::string& folder, const std::string& aside_name);
  void HoldKnownPorts();
  int32_t HeapOf(const op::PhysicalSpec& spec, op::NodeRole role) const;

  const LocalSubstrateOptions options_;
  const std::string clusters_folder_;
  const clock::Clock& clock_;
  const KafkaInstallation kafka_;
  const std::unique_ptr<CellCertificates> certificates_;
  PortAllocator ports_;
  // Admission and preparation of one cluster must see what another was just given.
  std::mutex admission_mutex_;
  const int state_lock_;
  // Last: its thread uses the members above.
  std::unique_ptr<ClassArchive> class_archive_;
};

}  // namespace sluice::satellite
