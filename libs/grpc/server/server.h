#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/grpc/server/method.h"
#include "libs/grpc/server/runtime.h"

namespace sluice::rpc {

// PEM files; looked at again each `refresh`, so that a renewed certificate is taken without a restart.
struct ServerTls {
  std::string certificate_file;
  std::string key_file;
  absl::Duration refresh = absl::Seconds(10);
};

struct ServerOptions {
  // "host:port"; port 0 takes a free one.
  std::string listen;
  ServerTls tls;
  RuntimeOptions runtime;
  // Of one connection.
  int max_concurrent_streams = 200;
  // Streams end themselves earlier (STREAM_AGE_LIMIT): at most `max_connection_age_grace` after they began.
  absl::Duration max_connection_age = absl::Minutes(30);
  absl::Duration max_connection_age_grace = absl::Minutes(11);
  absl::Duration max_connection_idle = absl::Minutes(15);
  // A client may ping this often, also without a call; more is answered with GOAWAY.
  absl::Duration min_ping_interval = absl::Seconds(10);
  // Over all connections; beyond it calls are refused.
  int memory_mib = 512;
};

// The RPCs of one service. A service without all of its methods is refused by Start.
struct ServiceMethods {
  // "sluice.provisioner.v1.KafkaClusterService"
  std::string service;
  std::vector<Method> methods;
};

// A gRPC server with the house's rules on every call of `services`: TLS, deadline required and cut, 1 MiB messages both
// ways, the gate before the message is read, turns between tenants, INVALID_UTF8 with its field, traceparent, metrics,
// access log, exceptions contained, errors with details. Health (one entry per service and "") and reflection besides,
// open to everyone.
class Server {
 public:
  // INVALID_ARGUMENT when a method is missing or unknown; UNAVAILABLE PORT_IN_USE; FAILED_PRECONDITION
  // TLS_FILES_UNREADABLE. `ports` outlive it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, ServerPorts ports,
                                                       std::vector<ServiceMethods> services);
  virtual ~Server() = default;

  virtual int port() const = 0;
  // What health says from now on; begins with NOT_SERVING.
  virtual void SetServing(bool serving) = 0;
  // Takes no new calls, gives those under way `grace`, then cancels them. The destructor does it with no grace.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace sluice::rpc
