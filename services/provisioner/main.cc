// Wires the provisioner.
//
//   callers ── gRPC ──► ApiServer ──► commands ──► PgStore ──► PostgreSQL: rows + outbox
//                                                                  │
//                     satellites ◄── Kafka ◄────────── Relay ◄─────┘
//                         └──► status topics ──► StatusConsumers ──► StatusHandler ──► PostgreSQL

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/inbox/parked_records.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/pki/pem_file.h"
#include "libs/process/process_name.h"
#include "libs/process/stop_signals.h"
#include "services/provisioner/adapters/grpc/api_server.h"
#include "services/provisioner/adapters/kafka/kafka_bus_admin.h"
#include "services/provisioner/adapters/kafka/rebuild.h"
#include "services/provisioner/adapters/kafka/status_consumers.h"
#include "services/provisioner/adapters/postgres/pg_rebuild.h"
#include "services/provisioner/adapters/postgres/pg_store.h"
#include "services/provisioner/adapters/secrets/peppered_secrets.h"
#include "services/provisioner/adapters/secrets/scram_key_sealer.h"
#include "services/provisioner/app/loops.h"
#include "services/provisioner/app/organization_commands.h"
#include "services/provisioner/command_line.h"
#include "services/provisioner/migrations/provisioner_migrations.h"
#include "services/provisioner/provisioner_version.h"

namespace sluice::provisioner {
namespace {

constexpr int kApiConnections = 20;
// Commits at once: beyond this PostgreSQL gets slower, not faster; who waits does so by organization.
constexpr int kCommitSlots = 16;
constexpr int kWaitingPerOrganization = 256;
constexpr int kStatusConnections = 6;

// What every command needs: the database, brought up to date, and the store on it.
struct Base {
  explicit Base(const CommandLine& line)
      : pool({.connect = line.Database(), .size = kApiConnections}, clock::RealClock(), clock::CryptoRandom(),
             &metrics),
        ids(clock::RealClock(), clock::CryptoRandom()),
        backlog(line.outbox),
        wakeup(line.Database(), clock::CryptoRandom()),
        outbox(backlog, wakeup, ids),
        store({pool, outbox, ids, clock::RealClock(), metrics}),
        fleet(store),
        gate(kCommitSlots, kWaitingPerOrganization),
        sealer(clock::CryptoRandom()),
        undelete_window(line.undelete_window) {}

  CommandPorts Ports(Secrets& secrets) {
    return {store, fleet,          gate, waiters, secrets, sealer, clock::RealClock(), clock::CryptoRandom(),
            ids,   undelete_window};
  }

  metrics::Registry metrics;
  postgres::Pool pool;
  clock::RandomIdSource ids;
  bus::Backlog backlog;
  bus::RelayWakeup wakeup;
  bus::PgOutbox outbox;
  PgStore store;
  Fleet fleet;
  FairGate gate;
  OperationWaiters waiters;
  ScramKeySealer sealer;
  absl::Duration undelete_window;
};

absl::Status MigrateAll(const CommandLine& line) {
  RETURN_IF_ERROR(postgres::Migrate(line.Database(), "bus", bus::BusMigrations()));
  return postgres::Migrate(line.Database(), "provisioner", ProvisionerMigrations());
}

absl::StatusOr<PepperedSecrets> ReadSecrets(const CommandLine& line) {
  ASSIGN_OR_RETURN(const std::string pepper, pki::ReadPemFile(line.pepper_file, pki::kSecretMode));
  return PepperedSecrets::Create(std::string(absl::StripAsciiWhitespace(pepper)), clock::CryptoRandom());
}

absl::StatusOr<ApiServerOptions> ApiOptions(const CommandLine& line) {
  ASSIGN_OR_RETURN(const std::string certificate, pki::ReadPemFile(line.authority_certificate_file, pki::kPublicMode));
  ASSIGN_OR_RETURN(const std::string key, pki::ReadPemFile(line.authority_key_file, pki::kSecretMode));
  ASSIGN_OR_RETURN(pki::Authority authority, pki::Authority::FromPem(certificate, key));
  ASSIGN_OR_RETURN(const std::string pepper, pki::ReadPemFile(line.pepper_file, pki::kSecretMode));
  ApiServerOptions options{.pepper = pepper, .satellite_authority = std::move(authority)};
  options.satellite_certificate_lifetime = line.satellite_certificate_lifetime;
  options.limits = line.rate_limits;
  options.watch_backlog_events = line.watch_backlog_events;
  options.server.listen = line.listen;
  options.server.tls.certificate_file = line.tls_certificate_file;
  options.server.tls.key_file = line.tls_key_file;
  options.bus_bootstrap_servers = line.bus_bootstrap;
  options.events = line.Bus();
  return options;
}

// Two replicas on one machine cannot listen on one port.
std::string InstanceName(const CommandLine& line) {
  if (line.listen.ends_with(":0")) return "";
  std::string name = absl::StrCat(process::HostName(), "-", line.listen);
  // What Kafka allows in the name of a member.
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !absl::ascii_isalnum(c) && c != '.' && c != '-'; }, '-');
  return name;
}

// Also for data planes that an older release has set up: rights that are new are given to them too.
absl::Status EnsureBus(BusAdmin& bus, const Fleet& fleet) {
  constexpr absl::Duration kTimeout = absl::Seconds(20);
  RETURN_IF_ERROR(bus.EnsureEventTopics(kTimeout));
  RETURN_IF_ERROR(bus.EnsureServiceRights(kTimeout));
  // Held: another thread puts a new one in its place.
  const auto snapshot = fleet.Snapshot();
  for (const auto& [id, data_plane] : snapshot->data_planes) {
    if (data_plane.bus_ready) RETURN_IF_ERROR(bus.EnsureDataPlane(id, kTimeout));
  }
  return absl::OkStatus();
}

absl::Status Serve(const CommandLine& line, const sigset_t& signals) {
  RETURN_IF_ERROR(MigrateAll(line));
  ASSIGN_OR_RETURN(PepperedSecrets secrets, ReadSecrets(line));
  ASSIGN_OR_RETURN(ApiServerOptions api_options, ApiOptions(line));
  Base base(line);
  static clock::StopSignal stop;
  process::StopOnSignal(signals, stop);

  std::atomic<bool> serving = false;
  metrics::LoopBoard board("sluice_provisioner", base.metrics, clock::RealClock());
  ASSIGN_OR_RETURN(const std::unique_ptr<metrics::Exposer> exposer,
                   metrics::Exposer::Start(line.metrics_listen, base.metrics, [&] {
                     if (!serving) return absl::UnavailableError("the API does not serve yet");
                     return metrics::AllWell({base.pool.Ping(absl::Seconds(1)), board.Check()});
                   }));
  RETURN_IF_ERROR(base.fleet.Refresh(/*counts=*/true));
  ASSIGN_OR_RETURN(const std::unique_ptr<kafka_admin::AdminClient> admin_client,
                   kafka_admin::NewKafkaAdminClient(line.BusAdmin()));
  KafkaBusAdmin bus_admin(*admin_client);
  const CommandPorts ports = base.Ports(secrets);
  const LoopPorts loop_ports{ports, bus_admin, base.metrics, board};
  AuditLog audit(base.store, clock::RealClock());
  FleetLoop fleet_loop(loop_ports);
  DataPlaneLoop data_plane_loop(loop_ports);
  CellLoop cell_loop(loop_ports);
  PurgeLoop purge_loop(loop_ports);
  RepublishLoop republish_loop(loop_ports);

  // outbox -> Kafka
  bus::Relay relay({.database = line.Database(), .kafka = line.Bus(), .holder = process::HolderName()},
                   {clock::RealClock(), clock::CryptoRandom(), base.metrics, base.backlog, base.wakeup});
  // status topics -> PostgreSQL, on connections of their own
  postgres::Pool status_pool({.connect = line.Database(), .size = kStatusConnections}, clock::RealClock(),
                             clock::CryptoRandom(), nullptr);
  StatusConsumers consumers(
      {line.Bus(), line.retry_waits, InstanceName(line)},
      {{base.fleet, base.waiters, clock::RealClock(), clock::CryptoRandom(), base.ids, base.metrics},
       status_pool,
       [&base] { base.outbox.Committed(); }});

  absl::Status relay_end, consumers_end;
  std::vector<std::thread> threads;
  const auto run = [&](auto&& work) { threads.emplace_back(std::forward<decltype(work)>(work)); };
  run([&] {
    while (!stop.stopped() && !EnsureBus(bus_admin, base.fleet).ok()) stop.WaitFor(absl::Seconds(1));
  });
  run([&] {
    relay_end = relay.Run(stop);
    log::Info("the relay has ended", {{"status", relay_end.ToString()}});
    stop.Stop();
  });
  run([&] {
    consumers_end = consumers.Run(stop);
    log::Info("the status consumers have ended", {{"status", consumers_end.ToString()}});
    stop.Stop();
  });
  run([&] { fleet_loop.Run(stop); });
  run([&] { data_plane_loop.Run(stop); });
  run([&] { cell_loop.Run(stop); });
  run([&] { purge_loop.Run(stop); });
  run([&] { republish_loop.Run(stop); });
  run([&] { audit.Run(stop); });

  // callers -> commands
  absl::StatusOr<std::unique_ptr<ApiServer>> api =
      ApiServer::Start(std::move(api_options), {ports, audit, base.metrics});
  if (api.ok()) {
    (*api)->SetServing(true);
    serving = true;
    log::Info("serves", {{"port", (*api)->port()}, {"version", kServiceVersion}, {"metrics_port", exposer->port()}});
    while (!stop.WaitFor(absl::Hours(1))) {
    }
    (*api)->SetServing(false);
    (*api)->Shutdown(absl::Seconds(5));
  }
  stop.Stop();
  for (std::thread& thread : threads) thread.join();
  RETURN_IF_ERROR(api.status());
  RETURN_IF_ERROR(relay_end);
  return consumers_end;
}

absl::Status BootstrapAdmin(const CommandLine& line) {
  RETURN_IF_ERROR(MigrateAll(line));
  ASSIGN_OR_RETURN(PepperedSecrets secrets, ReadSecrets(line));
  Base base(line);
  const Caller caller{.principal = "system", .organization = "default"};
  ASSIGN_OR_RETURN(const CreatedOrganization created,
                   OrganizationCommands(base.Ports(secrets)).Bootstrap(caller, line.rotate));
  if (!line.key_file.empty()) return pki::WritePemFile(line.key_file, created.bearer + "\n", pki::kSecretMode);
  std::cout << created.bearer << "\n";
  return absl::OkStatus();
}

absl::Status PrintChecksums(const CommandLine& line) {
  Base base(line);
  PgRebuild rebuild(base.pool);
  ASSIGN_OR_RETURN(const std::vector<PgRebuild::Checksum> checksums, rebuild.Checksums());
  for (const PgRebuild::Checksum& checksum : checksums) {
    std::cout << checksum.kind << " " << checksum.rows << " " << checksum.sha256 << "\n";
  }
  return absl::OkStatus();
}

absl::Status Rebuild(const CommandLine& line) {
  RETURN_IF_ERROR(MigrateAll(line));
  Base base(line);
  PgRebuild rebuild(base.pool);
  RETURN_IF_ERROR(RebuildFromTopics(line.Bus(), rebuild));
  return PrintChecksums(line);
}

absl::Status ReplayParked(const CommandLine& line) {
  Base base(line);
  bus::ParkedRecords parked(base.pool);
  ASSIGN_OR_RETURN(const std::vector<bus::ParkedKey> keys, parked.List("", 10'000));
  for (const bus::ParkedKey& key : keys) {
    if (!line.parked_key.empty() && key.key != line.parked_key) continue;
    RETURN_IF_ERROR(parked.Release(key.consumer, key.topic, key.key));
    std::cout << key.topic << " " << key.key << " " << key.records << " records go on; last error: " << key.last_error
              << "\n";
  }
  return absl::OkStatus();
}

absl::Status Run(const CommandLine& line, const sigset_t& signals) {
  switch (line.command) {
    case CommandLine::Command::kServe:
      return Serve(line, signals);
    case CommandLine::Command::kBootstrapAdmin:
      return BootstrapAdmin(line);
    case CommandLine::Command::kRebuild:
      return Rebuild(line);
    case CommandLine::Command::kChecksums:
      return PrintChecksums(line);
    case CommandLine::Command::kReplayParked:
      return ReplayParked(line);
    case CommandLine::Command::kListFailPoints:
      for (const std::string& name : failpoint::List()) std::cout << name << "\n";
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace sluice::provisioner

int main(int argc, char** argv) {
  const sigset_t signals = sluice::process::BlockStopSignals();
  sluice::log::SetService("provisioner");
  const absl::StatusOr<sluice::provisioner::CommandLine> line = sluice::provisioner::ReadCommandLine(argc, argv);
  const absl::Status status = line.ok() ? sluice::provisioner::Run(*line, signals) : line.status();
  if (status.ok()) return 0;
  sluice::log::Error("cannot go on", {{"error", status.ToString()}});
  return line.ok() ? 1 : 2;
}
