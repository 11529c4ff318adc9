#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "libs/clock/clock.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite::testing {

// Nodes in memory, as strict as substrate_contract.h. A started node runs until a test crashes it or it is stopped.
// Thread-safe. Test-only.
class FakeSubstrate final : public Substrate {
 public:
  FakeSubstrate(const clock::Clock& clock, int32_t max_brokers) : clock_(clock), max_brokers_(max_brokers) {}

  // --- what a test does ---
  // The process ends as by SIGKILL from outside.
  void Crash(const std::string& cluster, int32_t node_id);
  // Each Start of it fails until Heal.
  void FailStarts(const std::string& cluster, int32_t node_id, absl::Status status);
  // Part of every digest from now on: as if a static setting had changed.
  void SetDigestSalt(std::string salt);
  // "prepare", "start 1", "stop 1", "kill 1", "remove 1", "remove": in order, since the last time it was asked.
  std::vector<std::string> TakeCalls();

  // --- Substrate ---
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

 private:
  struct Cluster {
    std::map<int32_t, NodeSight> nodes;
    std::map<int32_t, absl::Status> failing;
    bool provisioned = false;
    int32_t brokers = 0;
  };

  NodeSight* Find(const std::string& cluster, int32_t node_id);
  void End(NodeSight& node, bool wanted, const std::string& how);
  int32_t Brokers() const;

  const clock::Clock& clock_;
  const int32_t max_brokers_;
  std::mutex mutex_;
  std::map<std::string, Cluster> clusters_;
  std::vector<std::string> calls_;
  std::string salt_;
  uint16_t next_port_ = 20000;
};

}  // namespace sluice::satellite::testing
