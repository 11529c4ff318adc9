// Wires the balancer-planner.
//
//   satellites ── status, load ──► DataPlaneFeeds ──► ClusterBoard ──► BalanceLoop ──► PgRebalanceStore: rows + outbox
//                                                          ▲                 ▲                        │
//   callers ── gRPC ──► BalancerGate ──► RebalanceHandlers ┴─ commands ──────┘                        │
//                 └──► provisioner: who may what                satellites ◄── plans ◄── Relay ◄──────┘

#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>
#include <vector>

#include "libs/base/status.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/failpoint/failpoint.h"
#include "libs/grpc/client/client.h"
#include "libs/grpc/server/server.h"
#include "libs/log/log.h"
#include "libs/metrics/loop_board.h"
#include "libs/pki/pem_file.h"
#include "libs/process/process_name.h"
#include "libs/process/stop_signals.h"
#include "services/balancer-planner/adapters/grpc/balancer_gate.h"
#include "services/balancer-planner/adapters/grpc/provisioner_access.h"
#include "services/balancer-planner/adapters/grpc/rebalance_handlers.h"
#include "services/balancer-planner/adapters/kafka/data_plane_feeds.h"
#include "services/balancer-planner/adapters/kafka/rebuild.h"
#include "services/balancer-planner/adapters/postgres/pg_rebalance_store.h"
#include "services/balancer-planner/adapters/postgres/pg_rebuild.h"
#include "services/balancer-planner/app/balance_loop.h"
#include "services/balancer-planner/balancer-planner_version.h"
#include "services/balancer-planner/command_line.h"
#include "services/balancer-planner/migrations/balancer_planner_migrations.h"

namespace sluice::balancer_planner {
namespace {

constexpr int kConnections = 10;
// Plans at once: each takes a processor for up to seconds.
constexpr int kPlanningSlots = 2;
// Each waits for an answer of the provisioner's.
constexpr int kLookUpThreads = 8;

// What everything stands on: the database, brought up to date, and the store on it.
struct Base {
  explicit Base(const CommandLine& line)
      : pool({.connect = line.database, .size = kConnections}, clock::RealClock(), clock::CryptoRandom(), &metrics),
        ids(clock::RealClock(), clock::CryptoRandom()),
        backlog(line.outbox),
        wakeup(line.database, clock::CryptoRandom()),
        outbox(backlog, wakeup, ids),
        store({pool, outbox, clock::RealClock(), metrics}),
        planning(kPlanningSlots, clock::RealClock(), metrics),
        loops("sluice_balancer_planner", metrics, clock::RealClock()) {}

  BalancePorts Ports() { return {store, board, planning, clock::RealClock(), ids, metrics}; }

  metrics::Registry metrics;
  postgres::Pool pool;
  clock::RandomIdSource ids;
  bus::Backlog backlog;
  bus::RelayWakeup wakeup;
  bus::PgOutbox outbox;
  PgRebalanceStore store;
  ClusterBoard board;
  Planning planning;
  metrics::LoopBoard loops;
};

// Keys, rights, pages and calls: what the server stands on.
struct Api {
  Api(Base& base, const CommandLine& line, std::unique_ptr<rpc::Client> provisioner, const std::string& pepper)
      : access(std::move(provisioner), clock::RealClock()),
        gate(access),
        pages(pepper, "page token"),
        commands(base.Ports(), line.balance),
        handlers({commands, base.board, access, pages, clock::RealClock(), {}}) {}

  ProvisionerAccess access;
  BalancerGate gate;
  const rpc::TokenSealer pages;
  RebalanceCommands commands;
  RebalanceHandlers handlers;
};

absl::StatusOr<std::unique_ptr<rpc::Server>> StartServer(const CommandLine& line, Base& base, Api& api) {
  rpc::ServerOptions options{.listen = line.listen, .tls = {line.tls_certificate_file, line.tls_key_file}};
  options.runtime.lookups.threads = options.runtime.lookups.running_per_tenant = kLookUpThreads;
  std::vector<rpc::ServiceMethods> services;
  services.push_back(api.handlers.Methods());
  return rpc::Server::Start(std::move(options), {api.gate, clock::RealClock(), clock::CryptoRandom(), base.metrics},
                            std::move(services));
}

absl::Status MigrateAll(const CommandLine& line) {
  RETURN_IF_ERROR(postgres::Migrate(line.database, "bus", bus::BusMigrations()));
  return postgres::Migrate(line.database, "balancer-planner", BalancerPlannerMigrations());
}

// What the service lets go of while it runs: the topics keep that.
absl::Status PruneAll(RebalanceStore& store) {
  const absl::Time now = clock::RealClock().Now();
  int gone = 1;
  while (gone > 0) {
    ASSIGN_OR_RETURN(gone, store.Prune(now - BalanceLoop::kCallRetention, now - BalanceLoop::kRebalanceRetention));
  }
  return absl::OkStatus();
}

absl::Status PrintChecksums(const CommandLine& line) {
  Base base(line);
  ASSIGN_OR_RETURN(const PgRebuild::Checksum checksum, PgRebuild(base.pool).ChecksumOfRebalances());
  std::cout << "rebalance " << checksum.rows << " " << checksum.sha256 << "\n";
  return absl::OkStatus();
}

absl::Status Rebuild(const CommandLine& line) {
  RETURN_IF_ERROR(MigrateAll(line));
  Base base(line);
  PgRebuild rebuild(base.pool);
  RETURN_IF_ERROR(RebuildFromEvents(line.Bus(), rebuild));
  RETURN_IF_ERROR(PruneAll(base.store));
  return PrintChecksums(line);
}

absl::Status Serve(const CommandLine& line, const sigset_t& signals) {
  RETURN_IF_ERROR(MigrateAll(line));
  ASSIGN_OR_RETURN(const std::string pepper, pki::ReadPemFile(line.pepper_file, pki::kSecretMode));
  ASSIGN_OR_RETURN(auto provisioner, rpc::Client::Connect({.endpoint = line.provisioner,
                                                           .ca_file = line.provisioner_ca_file,
                                                           .user_agent = "sluice-balancer-planner"}));
  Base base(line);
  Api api(base, line, std::move(provisioner), pepper);
  static clock::StopSignal stop;
  process::StopOnSignal(signals, stop);
  std::atomic<bool> serving = false;
  ASSIGN_OR_RETURN(const std::unique_ptr<metrics::Exposer> exposer,
                   metrics::Exposer::Start(line.metrics_listen, base.metrics, [&] {
                     if (!serving) return absl::UnavailableError("the API does not serve yet");
                     return metrics::AllWell({base.pool.Ping(absl::Seconds(1)), base.loops.Check()});
                   }));

  // status and load topics -> board
  DataPlaneFeeds feeds({.kafka = line.Bus(), .data_planes = line.data_planes},
                       {base.board, clock::RealClock(), clock::CryptoRandom(), base.metrics});
  // board -> plans
  BalanceLoop loop(base.Ports(), line.balance, base.loops);

  bus::Relay relay({.database = line.database, .kafka = line.Bus(), .holder = process::HolderName()},
                   {clock::RealClock(), clock::CryptoRandom(), base.metrics, base.backlog, base.wakeup});
  absl::Status relay_end, feeds_end;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    // outbox -> Kafka
    relay_end = relay.Run(stop);
    stop.Stop();
  });
  threads.emplace_back([&] {
    feeds_end = feeds.Run(stop);
    stop.Stop();
  });
  threads.emplace_back([&] { loop.Run(stop); });

  // callers -> commands
  const absl::StatusOr<std::unique_ptr<rpc::Server>> server = StartServer(line, base, api);
  if (server.ok()) {
    (*server)->SetServing(true);
    serving = true;
    log::Info("serves", {{"port", (*server)->port()}, {"version", kServiceVersion}, {"metrics_port", exposer->port()}});
    while (!stop.WaitFor(absl::Hours(1))) {
    }
    (*server)->SetServing(false);
    (*server)->Shutdown(absl::Seconds(5));
  }
  stop.Stop();
  for (std::thread& thread : threads) thread.join();
  RETURN_IF_ERROR(server.status());
  RETURN_IF_ERROR(relay_end);
  return feeds_end;
}

absl::Status Run(const CommandLine& line, const sigset_t& signals) {
  switch (line.command) {
    case CommandLine::Command::kServe:
      return Serve(line, signals);
    case CommandLine::Command::kRebuild:
      return Rebuild(line);
    case CommandLine::Command::kChecksums:
      return PrintChecksums(line);
    case CommandLine::Command::kListFailPoints:
      for (const std::string& name : failpoint::List()) std::cout << name << "\n";
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace sluice::balancer_planner

int main(int argc, char** argv) {
  const sigset_t signals = sluice::process::BlockStopSignals();
  sluice::log::SetService("balancer-planner");
  const absl::StatusOr<sluice::balancer_planner::CommandLine> line =
      sluice::balancer_planner::ReadCommandLine(argc, argv);
  const absl::Status status = line.ok() ? sluice::balancer_planner::Run(*line, signals) : line.status();
  if (status.ok()) return 0;
  sluice::log::Error("cannot go on", {{"error", status.ToString()}});
  return line.ok() ? 1 : 2;
}
