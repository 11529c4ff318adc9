#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpc/client/client.h"
#include "services/balancer-planner/ports/cluster_access.h"
#include "sluice/provisioner/v1/data_plane_service.grpc.pb.h"
#include "sluice/provisioner/v1/kafka_cluster_service.grpc.pb.h"
#include "sluice/provisioner/v1/organization_service.grpc.pb.h"

namespace sluice::balancer_planner {

// Asks the provisioner's public API with the caller's own key: WhoAmI; GetKafkaCluster to look; besides, to change, an
// UpdateKafkaCluster that changes nothing (validate_only, a field as it is), which its access rules let editors alone
// do; for physicalClusters/… ListDataPlanes, which is PLATFORM_ADMIN's. A yes is remembered for kRemembered, a no
// never: what is revoked stops within a second, and what is granted holds at once.
class ProvisionerAccess final : public ClusterAccess {
 public:
  static constexpr absl::Duration kRemembered = absl::Seconds(1);
  static constexpr absl::Duration kCallTimeout = absl::Seconds(5);
  static constexpr size_t kMostRemembered = 10'000;

  ProvisionerAccess(std::unique_ptr<rpc::Client> client, const clock::Clock& clock);

  absl::StatusOr<Caller> WhoIs(const std::string& bearer, absl::Time deadline) override;
  absl::StatusOr<AllowedCluster> Allow(const Caller& caller, const std::string& cluster, Right right,
                                       absl::Time deadline) override;

 private:
  template <typename Value>
  struct Remembered {
    Value value;
    absl::Duration until;
  };
  template <typename Value>
  using Memory = std::map<std::string, Remembered<Value>>;

  template <typename Value>
  absl::StatusOr<Value> AskOnce(Memory<Value>& memory, const std::string& key,
                                const std::function<absl::StatusOr<Value>()>& ask);
  std::unique_ptr<::grpc::ClientContext> ContextFor(const std::string& bearer, absl::Time deadline) const;
  absl::StatusOr<AllowedCluster> AllowOwned(const Caller& caller, const std::string& name, Right right,
                                            absl::Time deadline);
  absl::StatusOr<AllowedCluster> AllowPhysical(const Caller& caller, const std::string& name, absl::Time deadline);
  absl::Status MayEdit(const Caller& caller, const provisioner::v1::KafkaCluster& cluster, absl::Time deadline);

  const std::unique_ptr<rpc::Client> client_;
  const clock::Clock& clock_;
  const std::unique_ptr<provisioner::v1::OrganizationService::Stub> organizations_;
  const std::unique_ptr<provisioner::v1::KafkaClusterService::Stub> clusters_;
  const std::unique_ptr<provisioner::v1::DataPlaneService::Stub> data_planes_;
  std::mutex mutex_;
  Memory<Caller> callers_;
  Memory<AllowedCluster> allowed_;
};

}  // namespace sluice::balancer_planner
