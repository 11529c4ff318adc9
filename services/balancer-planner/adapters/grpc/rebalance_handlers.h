#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/balancer-planner/adapters/grpc/rebalance_watch.h"
#include "services/balancer-planner/app/cluster_board.h"
#include "services/balancer-planner/app/rebalance_commands.h"
#include "services/balancer-planner/ports/cluster_access.h"
#include "sluice/balancer_planner/v1/rebalance_service.pb.h"

namespace sluice::balancer_planner {

struct HandlerParts {
  RebalanceCommands& commands;
  ClusterBoard& board;
  ClusterAccess& access;
  const rpc::TokenSealer& pages;
  const clock::Clock& clock;
  WatchLimits watch;
};

// RebalanceService: who calls is known by the gate; whether they may is asked first in each call. Thread-safe.
class RebalanceHandlers {
 public:
  explicit RebalanceHandlers(HandlerParts parts) : parts_(parts) {}

  rpc::ServiceMethods Methods();

 private:
  absl::StatusOr<v1::PreviewRebalanceResponse> Preview(const rpc::Call&, const v1::PreviewRebalanceRequest&);
  absl::StatusOr<v1::Rebalance> Start(const rpc::Call&, const v1::StartRebalanceRequest&);
  absl::StatusOr<v1::Rebalance> Get(const rpc::Call&, const v1::GetRebalanceRequest&);
  absl::StatusOr<v1::ListRebalancesResponse> List(const rpc::Call&, const v1::ListRebalancesRequest&);
  absl::StatusOr<v1::Rebalance> Change(Call change, const rpc::Call&, const v1::ChangeRebalanceRequest&);
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> Watch(const rpc::Call&, const v1::WatchRebalanceRequest&,
                                                           rpc::StreamWaker);

  rpc::Method ChangeMethod(const char* name, Call change);
  v1::Rebalance Shown(const Rebalance& rebalance, const AllowedCluster& cluster) const;

  const HandlerParts parts_;
};

// {cluster}/rebalances/{reb-…} taken apart. INVALID_ARGUMENT / RESOURCE_NAME_INVALID (name).
struct RebalanceName {
  std::string cluster;
  std::string uid;
  static absl::StatusOr<RebalanceName> Parse(const std::string& name);
};

// With what its brokers have now.
v1::Rebalance ToApiNow(const Rebalance& rebalance, const AllowedCluster& cluster, const ClusterBoard& board);

}  // namespace sluice::balancer_planner
