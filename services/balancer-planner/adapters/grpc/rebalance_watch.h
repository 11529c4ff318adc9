#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpc/server/stream_source.h"
#include "services/balancer-planner/app/rebalance_commands.h"
#include "services/balancer-planner/ports/cluster_access.h"
#include "sluice/balancer_planner/v1/rebalance_service.pb.h"

namespace sluice::balancer_planner {

struct WatchLimits {
  // Below the server's max_connection_age_grace, so that a stream ends with a status of its own.
  absl::Duration age = absl::Minutes(10);
  // The caller's key and right are asked about again this often.
  absl::Duration check_caller = absl::Seconds(5);
  // What brokers have now changes without the rebalance: said again this often.
  absl::Duration refresh = absl::Seconds(5);
};

struct WatchedRebalance {
  Caller caller;
  AllowedCluster cluster;
  std::string uid;
};

struct RebalanceWatchParts {
  RebalanceCommands& commands;
  ClusterAccess& access;
  const clock::Clock& clock;
  WatchLimits limits;
  std::function<v1::Rebalance(const Rebalance&, const AllowedCluster&)> to_api;
};

// One stream of WatchRebalance: what it is now, then each change, until it has ended.
class RebalanceWatch final : public rpc::StreamSource {
 public:
  RebalanceWatch(RebalanceWatchParts parts, WatchedRebalance watched);

  // After the last state OUT_OF_RANGE / REBALANCE_ENDED; UNAVAILABLE STREAM_AGE_LIMIT; the
  // access's errors once the caller may no longer look.
  absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> Next() override;

 private:
  absl::Status CheckCaller(absl::Duration now);

  const RebalanceWatchParts parts_;
  const WatchedRebalance watched_;
  const absl::Duration begun_;
  absl::Duration next_check_;
  absl::Duration next_refresh_;
  int64_t shown_version_ = 0;
  bool ended_ = false;
};

}  // namespace sluice::balancer_planner
