#include "services/provisioner/adapters/grpc/api_server.h"

#include <optional>
#include <utility>

#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/log/log.h"
#include "services/provisioner/adapters/grpc/handlers/data_plane_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/kafka_cluster_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/kafka_key_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/operation_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/organization_handlers.h"
#include "services/provisioner/adapters/grpc/handlers/topic_handlers.h"
#include "services/provisioner/adapters/grpc/watch/event_tail.h"
#include "services/provisioner/adapters/grpc/watch/watch_handlers.h"

namespace sluice::provisioner {
namespace {

// The use cases, as the handlers want them.
struct UseCases {
  explicit UseCases(const CommandPorts& ports)
      : organizations(ports),
        clusters(ports),
        keys(ports),
        topics(ports),
        data_planes(ports),
        operations(ports),
        queries(ports) {}

  OrganizationCommands organizations;
  KafkaClusterCommands clusters;
  KafkaKeyCommands keys;
  TopicCommands topics;
  DataPlaneCommands data_planes;
  OperationCommands operations;
  Queries queries;
};

KeyReader ReaderOf(Queries& queries) {
  return {.find_keys = [&queries](const auto& uids) { return queries.FindApiKeys(uids); },
          .bindings_of = [&queries](const auto& principals) { return queries.BindingsOf(principals); }};
}

std::unique_ptr<EventPast> PastOf(const ApiServerOptions& options) {
  if (!options.events) return nullptr;
  return std::make_unique<EventPast>(EventPastOptions{.kafka = *options.events});
}

class GrpcApiServer final : public ApiServer {
 public:
  GrpcApiServer(ApiServerOptions options, ApiServerPorts ports)
      : ports_(ports),
        clock_(ports.commands.clock),
        cases_(ports.commands),
        keys_(ReaderOf(cases_.queries), clock_),
        refusals_([&audit = ports.audit](AuditEntry entry) { audit.Record(std::move(entry)); }, clock_, ports.metrics),
        gate_(options.limits, keys_, ports.commands.secrets, refusals_, clock_),
        access_(refusals_),
        page_tokens_(options.pepper, "page token"),
        resume_tokens_(options.pepper, "resume token"),
        signer_(std::move(options.satellite_authority), options.satellite_certificate_lifetime, clock_),
        ring_(options.ring),
        past_(PastOf(options)),
        organizations_(cases_.organizations, cases_.queries, access_, keys_, page_tokens_),
        clusters_(cases_.clusters, cases_.queries, access_, page_tokens_),
        kafka_keys_(cases_.keys, cases_.queries, access_, page_tokens_),
        topics_(cases_.topics, cases_.queries, access_, page_tokens_),
        data_planes_({cases_.data_planes, cases_.queries, access_, gate_, page_tokens_, signer_,
                      std::move(options.bus_bootstrap_servers)}),
        operations_(cases_.operations, cases_.queries, access_, page_tokens_, clock_),
        watch_({ring_, keys_, cases_.queries, resume_tokens_, clock_, options.watch, past_.get()}, access_) {
    if (options.events) {
      tail_.emplace(
          EventTailOptions{.kafka = *std::move(options.events), .backlog_per_partition = options.watch_backlog_events},
          ring_, ports.commands.random, ports.metrics);
    }
  }

  ~GrpcApiServer() override {
    Shutdown(absl::ZeroDuration());
    stop_.Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Begin(rpc::ServerOptions options) {
    ASSIGN_OR_RETURN(server_, rpc::Server::Start(std::move(options),
                                                 {gate_, clock_, ports_.commands.random, ports_.metrics}, Services()));
    // keys_ -> Fresh, refusals_ -> AuditLog, event topics -> ring_
    threads_.emplace_back([this] { keys_.Run(stop_); });
    threads_.emplace_back([this] { refusals_.Run(stop_); });
    if (tail_) {
      threads_.emplace_back([this] {
        if (absl::Status status = tail_->Run(stop_); !status.ok()) {
          log::Error("Watch has no events any more", {{"error", Std(status.message())}});
        }
      });
    }
    return absl::OkStatus();
  }

  int port() const override { return server_->port(); }
  void SetServing(bool serving) override { server_->SetServing(serving); }
  void Shutdown(absl::Duration grace) override {
    operations_.StopWaiting();
    if (server_) server_->Shutdown(grace);
  }
  EventRing& RingForTest() override { return ring_; }

 private:
  std::vector<rpc::ServiceMethods> Services() {
    rpc::ServiceMethods clusters{"sluice.provisioner.v1.KafkaClusterService", clusters_.Methods()};
    for (rpc::Method& method : kafka_keys_.Methods()) clusters.methods.push_back(std::move(method));
    for (rpc::Method& method : topics_.Methods()) clusters.methods.push_back(std::move(method));
    std::vector<rpc::ServiceMethods> services;
    services.push_back(organizations_.Methods());
    services.push_back(std::move(clusters));
    services.push_back(data_planes_.Methods());
    services.push_back(operations_.Methods());
    services.push_back(watch_.Methods());
    return services;
  }

  const ApiServerPorts ports_;
  const clock::Clock& clock_;
  clock::StopSignal stop_;
  UseCases cases_;
  KeyRing keys_;
  RefusalLog refusals_;
  ApiGate gate_;
  Authorizer access_;
  const rpc::TokenSealer page_tokens_;
  const rpc::TokenSealer resume_tokens_;
  const SatelliteSigner signer_;
  EventRing ring_;
  const std::unique_ptr<EventPast> past_;
  OrganizationHandlers organizations_;
  KafkaClusterHandlers clusters_;
  KafkaKeyHandlers kafka_keys_;
  TopicHandlers topics_;
  DataPlaneHandlers data_planes_;
  OperationHandlers operations_;
  WatchHandlers watch_;
  std::optional<EventTail> tail_;
  std::unique_ptr<rpc::Server> server_;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::Start(ApiServerOptions options, ApiServerPorts ports) {
  rpc::ServerOptions server = options.server;
  auto api = std::make_unique<GrpcApiServer>(std::move(options), ports);
  RETURN_IF_ERROR(api->Begin(std::move(server)));
  return std::unique_ptr<ApiServer>(std::move(api));
}

}  // namespace sluice::provisioner
