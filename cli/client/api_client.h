#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/longrunning/operations_proto.grpc.pb.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "sluice/balancer_planner/v1/rebalance_service.grpc.pb.h"
#include "sluice/provisioner/v1/data_plane_service.grpc.pb.h"
#include "sluice/provisioner/v1/kafka_cluster_service.grpc.pb.h"
#include "sluice/provisioner/v1/organization_service.grpc.pb.h"
#include "sluice/provisioner/v1/watch_service.grpc.pb.h"

namespace sluice::cli {

struct ApiClientOptions {
  // Carries the caller's key: libs/grpc/client makes it.
  std::shared_ptr<grpc::ChannelInterface> channel;
  // Of one call; a call that waits on the server takes one of its own.
  absl::Duration call_timeout = absl::Seconds(10);
  // How long a call that found the API out of reach is tried again. Only UNAVAILABLE, and RATE_LIMITED with its
  // RetryInfo, are: a mutation carries a request_id, so that it has its effect once.
  absl::Duration retry_for = absl::Seconds(5);
};

// The API over one channel: the stubs, what every call carries (deadline, trace), and an end at ^C in the midst of a
// call or of the wait before a repeat. One thread at a time.
class ApiClient {
 public:
  // What it draws on; all outlive the client. A stop ends the call under way with CANCELLED.
  struct World {
    const clock::Clock& clock;
    clock::Random& random;
    clock::StopSignal& stop;
  };

  ApiClient(ApiClientOptions options, World world);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  using KafkaClusters = provisioner::v1::KafkaClusterService;
  using Organizations = provisioner::v1::OrganizationService;
  using DataPlanes = provisioner::v1::DataPlaneService;
  using Watches = provisioner::v1::WatchService;
  using Operations = google::longrunning::Operations;
  // On the balancer-planner's channel.
  using Rebalances = balancer_planner::v1::RebalanceService;

  // auto cluster = api.Call(&ApiClient::KafkaClusters::StubInterface::GetKafkaCluster, request);
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    return Call(method, request, options_.call_timeout);
  }
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration call_timeout) {
    Response response;
    absl::Status status = Retried(call_timeout, [&](grpc::ClientContext& context) {
      response.Clear();
      return (StubOf(static_cast<Stub*>(nullptr)).*method)(&context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  // Reads a stream until `take` says false, the stream ends, or a stop. No deadline, no repeat.
  absl::Status Watch(const provisioner::v1::WatchRequest& request,
                     const std::function<bool(const provisioner::v1::WatchResponse&)>& take);
  absl::Status WatchRebalance(const balancer_planner::v1::WatchRebalanceRequest& request,
                              const std::function<bool(const balancer_planner::v1::WatchRebalanceResponse&)>& take);

  // A fresh UUID4, for one mutation and all its repeats.
  std::string NewRequestId() { return clock::NewUuid4(world_.random); }
  // 32 hexadecimal digits that all calls of this client share: what to look for in the services' logs.
  const std::string& trace_id() const { return trace_id_; }
  const World& world() const { return world_; }

 private:
  // Lets a stop reach the call under way. Shared with the stop signal, which may outlive the client.
  struct UnderWay {
    std::mutex mutex;
    grpc::ClientContext* context = nullptr;
  };

  KafkaClusters::StubInterface& StubOf(KafkaClusters::StubInterface*) { return *kafka_clusters_; }
  Organizations::StubInterface& StubOf(Organizations::StubInterface*) { return *organizations_; }
  DataPlanes::StubInterface& StubOf(DataPlanes::StubInterface*) { return *data_planes_; }
  Operations::StubInterface& StubOf(Operations::StubInterface*) { return *operations_; }
  Rebalances::StubInterface& StubOf(Rebalances::StubInterface*) { return *rebalances_; }

  absl::Status Retried(absl::Duration call_timeout, const std::function<grpc::Status(grpc::ClientContext&)>& call);
  grpc::Status Once(grpc::ClientContext& context, const std::function<grpc::Status(grpc::ClientContext&)>& call);
  void Dress(grpc::ClientContext& context);
  // Opens a stream and reads it until `take` says false, the stream ends, or a stop.
  template <typename Response, typename Open>
  absl::Status Read(Open open, const std::function<bool(const Response&)>& take);

  const ApiClientOptions options_;
  const World world_;
  const std::string traceparent_;
  const std::string trace_id_;
  const std::shared_ptr<UnderWay> under_way_;
  const std::unique_ptr<KafkaClusters::StubInterface> kafka_clusters_;
  const std::unique_ptr<Organizations::StubInterface> organizations_;
  const std::unique_ptr<DataPlanes::StubInterface> data_planes_;
  const std::unique_ptr<Watches::StubInterface> watches_;
  const std::unique_ptr<Operations::StubInterface> operations_;
  const std::unique_ptr<Rebalances::StubInterface> rebalances_;
};

}  // namespace sluice::cli
