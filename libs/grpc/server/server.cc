#include "libs/grpc/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/method_handler.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/grpc/server/stream_reactor.h"
#include "libs/grpc/server/unary_reactor.h"

namespace sluice::rpc {
namespace {

using ::grpc::ByteBuffer;

// gRPC 1.51 takes a whole message in before it compares its size, so its own limit saves no memory; it cannot say why
// either. The limit that counts is RuntimeOptions.message_bytes, after the gate; this one is a backstop.
constexpr int kTransportMessageBytes = 8 * 1024 * 1024;

// Registers the methods as the generated code would, with our reactors behind them.
class RegisteredService final : public ::grpc::Service {
 public:
  RegisteredService(Runtime& runtime, std::vector<Method> methods) : methods_(std::move(methods)) {
    int index = 0;
    for (const Method& method : methods_) {
      AddMethod(new ::grpc::internal::RpcServiceMethod(method.name.c_str(), ::grpc::internal::RpcMethod::BIDI_STREAMING,
                                                       nullptr));
      metrics_.push_back(std::make_unique<MethodMetrics>(runtime.ports().metrics, method.name));
      MethodMetrics& metrics = *metrics_.back();
      MarkMethodRawCallback(index++, new ::grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>(
                                         [&runtime, &method, &metrics](::grpc::CallbackServerContext* context)
                                             -> ::grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* {
                                           if (method.open)
                                             return new StreamReactor(runtime, method, metrics, *context);
                                           return new UnaryReactor(runtime, method, metrics, *context);
                                         }));
    }
  }

 private:
  const std::vector<Method> methods_;
  std::vector<std::unique_ptr<MethodMetrics>> metrics_;
};

absl::Status CheckComplete(const ServiceMethods& service) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service.service);
  if (descriptor == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("no service is called ", service.service));
  }
  std::set<std::string> missing;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    missing.insert(absl::StrCat("/", service.service, "/", descriptor->method(i)->name()));
  }
  for (const Method& method : service.methods) {
    if (missing.erase(method.name) == 0) return absl::InvalidArgumentError(absl::StrCat("no method ", method.name));
  }
  if (!missing.empty()) return absl::InvalidArgumentError(absl::StrCat("nothing serves ", *missing.begin()));
  return absl::OkStatus();
}

absl::Status CheckReadable(const std::string& path) {
  std::ifstream file(path);
  if (file && file.peek() != std::ifstream::traits_type::eof()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot read ", path),
                   {.reason = "TLS_FILES_UNREADABLE", .field = path, .remedy = "make the certificates first"});
}

void SetMilliseconds(::grpc::ServerBuilder& builder, const char* name, absl::Duration duration) {
  builder.AddChannelArgument(name, static_cast<int>(absl::ToInt64Milliseconds(duration)));
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const ServerOptions& options, ServerPorts ports) : runtime_(options.runtime, ports) {}
  ~GrpcServer() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Begin(const ServerOptions& options, std::vector<ServiceMethods> services) {
    for (ServiceMethods& service : services) {
      RETURN_IF_ERROR(CheckComplete(service));
      names_.push_back(service.service);
      services_.push_back(std::make_unique<RegisteredService>(runtime_, std::move(service.methods)));
    }
    RETURN_IF_ERROR(CheckReadable(options.tls.certificate_file));
    RETURN_IF_ERROR(CheckReadable(options.tls.key_file));
    static std::once_flag plugins;
    std::call_once(plugins, [] {
      ::grpc::EnableDefaultHealthCheckService(true);
      ::grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    });
    ::grpc::ServerBuilder builder;
    Configure(options, builder);
    for (auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return MakeError(absl::StatusCode::kUnavailable, absl::StrCat("cannot listen on ", options.listen),
                       {.reason = "PORT_IN_USE", .field = "listen", .remedy = "choose another port"});
    }
    SetServing(false);
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void SetServing(bool serving) override {
    for (const std::string& name : names_) server_->GetHealthCheckService()->SetServingStatus(name, serving);
    server_->GetHealthCheckService()->SetServingStatus("", serving);
  }

  void Shutdown(absl::Duration grace) override {
    if (server_ == nullptr) return;
    server_->GetHealthCheckService()->Shutdown();
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
    server_->Wait();
    server_.reset();
  }

 private:
  void Configure(const ServerOptions& options, ::grpc::ServerBuilder& builder) {
    auto provider = std::make_shared<::grpc::experimental::FileWatcherCertificateProvider>(
        options.tls.key_file, options.tls.certificate_file,
        static_cast<unsigned>(std::max<int64_t>(1, absl::ToInt64Seconds(options.tls.refresh))));
    ::grpc::experimental::TlsServerCredentialsOptions tls(provider);
    tls.watch_identity_key_cert_pairs();
    builder.AddListeningPort(options.listen, ::grpc::experimental::TlsServerCredentials(tls), &port_);
    builder.SetMaxReceiveMessageSize(kTransportMessageBytes);
    builder.SetMaxSendMessageSize(options.runtime.message_bytes);
    ::grpc::ResourceQuota quota("api");
    quota.Resize(static_cast<std::size_t>(options.memory_mib) * 1024 * 1024);
    builder.SetResourceQuota(quota);
    // A second server on a port is an error, not a half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
    SetMilliseconds(builder, GRPC_ARG_MAX_CONNECTION_AGE_MS, options.max_connection_age);
    SetMilliseconds(builder, GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, options.max_connection_age_grace);
    SetMilliseconds(builder, GRPC_ARG_MAX_CONNECTION_IDLE_MS, options.max_connection_idle);
    SetMilliseconds(builder, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, options.min_ping_interval);
    SetMilliseconds(builder, GRPC_ARG_KEEPALIVE_TIME_MS, absl::Minutes(1));
    SetMilliseconds(builder, GRPC_ARG_KEEPALIVE_TIMEOUT_MS, absl::Seconds(20));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  }

  // Ends after the server: its threads still serve what was taken in.
  Runtime runtime_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<RegisteredService>> services_;
  std::unique_ptr<::grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, ServerPorts ports,
                                                      std::vector<ServiceMethods> services) {
  auto server = std::make_unique<GrpcServer>(options, ports);
  RETURN_IF_ERROR(server->Begin(options, std::move(services)));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace sluice::rpc
