#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay_wakeup.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/grpc/testing/test_certificate.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "libs/testing/postgres_fixture.h"
#include "services/provisioner/adapters/grpc/api_server.h"
#include "services/provisioner/adapters/grpc/testing/test_secrets.h"
#include "services/provisioner/adapters/postgres/pg_store.h"
#include "services/provisioner/app/audit_log.h"
#include "services/provisioner/app/fair_gate.h"
#include "services/provisioner/app/fleet.h"
#include "services/provisioner/app/operation_waiters.h"
#include "services/provisioner/app/organization_commands.h"

namespace sluice::provisioner::testing {

struct ApiFixtureOptions {
  // By default nothing is limited, so that a test meets only the limit that it is about.
  GateLimits limits = {.tenant = {.per_second = 1e6, .burst = 1e6},
                       .failures_of_peer = {.per_second = 1e6, .burst = 1e6},
                       .failures_of_key = {.per_second = 1e6, .burst = 1e6}};
  WatchLimits watch;
  sluice::testing::PostgresFixtureOptions postgres;
  // A Kafka with the event topics; unset: RingForTest plays them.
  std::optional<kafka_client::ConnectionOptions> events;
  int64_t watch_backlog_events = 5'000;
  EventRing::Bounds ring;
  // Outlives the fixture; null: the machine's.
  const clock::Clock* clock = nullptr;
};

// The whole API in this process: TLS, the real gate and handlers and use cases, the real store on a PostgreSQL of its
// own. Nothing is sent to Kafka: the outbox keeps what would be said.
class ApiFixture {
 public:
  static absl::StatusOr<std::unique_ptr<ApiFixture>> Start(ApiFixtureOptions options = {});
  ~ApiFixture();

  // Of the platform's admin, who is ORGANIZATION_ADMIN of "default" as well.
  const std::string& admin_key() const { return admin_key_; }
  // A new organization; its admin's key.
  absl::StatusOr<std::string> AddOrganization(const std::string& id);
  absl::StatusOr<std::string> AddEnvironment(const std::string& admin_key, const std::string& organization,
                                             const std::string& id);
  // A connected data plane "bench" in the region "bench" with so many shared cells that are up and have room.
  absl::Status AddCells(int cells, int logical_clusters_per_cell);
  struct Key {
    std::string uid;
    std::string name;
    std::string bearer;
  };
  absl::StatusOr<Key> AddKey(const std::string& admin_key, const std::string& organization,
                             std::optional<absl::Time> expires = {});

  // A call with a deadline of `timeout` and `key` as its bearer ("" for none), of any method, unary or stream (whose
  // first message is then the response). `response` may be null.
  absl::Status Call(const std::string& method, const google::protobuf::Message& request, const std::string& key,
                    google::protobuf::Message* response = nullptr, absl::Duration timeout = absl::Seconds(60));
  absl::Status CallWithBytes(const std::string& method, const std::string& request, const std::string& key,
                             std::string* response, absl::Duration timeout = absl::Seconds(60));

  std::shared_ptr<::grpc::Channel> NewChannel(const std::string& key = "");
  ApiServer& server() { return *server_; }
  // As a new process would: all that was in memory is gone.
  absl::Status RestartServer();
  Store& store() { return store_; }
  postgres::Pool& pool() { return pool_; }
  metrics::Registry& metrics() { return metrics_; }
  const pki::Authority& authority() const { return authority_; }

 private:
  ApiFixture(ApiFixtureOptions options, std::unique_ptr<sluice::testing::PostgresFixture> postgres,
             const postgres::ConnectOptions& database, rpc::testing::TestCertificate certificate,
             pki::Authority authority);
  absl::Status Serve();
  CommandPorts Commands();

  const ApiFixtureOptions options_;
  std::unique_ptr<sluice::testing::PostgresFixture> postgres_;
  const rpc::testing::TestCertificate certificate_;
  const pki::Authority authority_;
  const clock::Clock& clock_ = options_.clock == nullptr ? clock::RealClock() : *options_.clock;
  clock::RandomIdSource ids_{clock_, clock::CryptoRandom()};
  metrics::Registry metrics_;
  postgres::Pool pool_;
  bus::Backlog backlog_{bus::BacklogLimits{.rows_per_topic = 10'000'000, .rows = 10'000'000}};
  bus::RelayWakeup wakeup_;
  bus::PgOutbox outbox_;
  PgStore store_;
  Fleet fleet_;
  FairGate gate_{12, 256};
  OperationWaiters waiters_;
  TestSecrets secrets_;
  FakeKeySealer sealer_;
  AuditLog audit_;
  clock::StopSignal stop_;
  std::thread audit_thread_;
  std::unique_ptr<ApiServer> server_;
  std::shared_ptr<::grpc::Channel> channel_;
  std::string admin_key_;
  int channels_ = 0;
};

}  // namespace sluice::provisioner::testing
