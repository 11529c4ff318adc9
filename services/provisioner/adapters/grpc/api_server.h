#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/grpc/server/server.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"
#include "libs/pki/authority.h"
#include "services/provisioner/adapters/grpc/gate/api_gate.h"
#include "services/provisioner/adapters/grpc/watch/event_ring.h"
#include "services/provisioner/adapters/grpc/watch/watch_source.h"
#include "services/provisioner/app/audit_log.h"
#include "services/provisioner/app/command_ports.h"

namespace sluice::provisioner {

struct ApiServerOptions {
  rpc::ServerOptions server;
  GateLimits limits;
  WatchLimits watch;
  EventRing::Bounds ring;
  // The pepper's file's bytes: page and resume tokens are authenticated with a key made of it.
  std::string pepper;
  // Signs satellites.
  pki::Authority satellite_authority;
  absl::Duration satellite_certificate_lifetime = absl::Hours(24);
  // For enrolled satellites; usually the same brokers as the tail's.
  std::string bus_bootstrap_servers;
  // Follows the event topics for Watch; unset: Watch answers WATCH_NOT_READY until RingForTest is fed.
  std::optional<kafka_client::ConnectionOptions> events;
  // Of each event partition's past, taken into the ring at the start; what lies before is read from Kafka when needed.
  int64_t watch_backlog_events = 5'000;
};

struct ApiServerPorts {
  CommandPorts commands;
  AuditLog& audit;
  metrics::Registry& metrics;
};

// The provisioner's public API: every service on one port, with what it needs besides (the key ring's refresh, the
// refusals' audit, the event tail), on threads of their own. `ports` outlive it.
//
//   ASSIGN_OR_RETURN(auto api, ApiServer::Start(std::move(options), ports));
//   api->SetServing(true);
class ApiServer {
 public:
  static absl::StatusOr<std::unique_ptr<ApiServer>> Start(ApiServerOptions options, ApiServerPorts ports);
  virtual ~ApiServer() = default;

  virtual int port() const = 0;
  virtual void SetServing(bool serving) = 0;
  // Lets calls under way end, for at most `grace`. The destructor does it with none.
  virtual void Shutdown(absl::Duration grace) = 0;
  // What Watch reads, for tests without Kafka.
  virtual EventRing& RingForTest() = 0;
};

}  // namespace sluice::provisioner
