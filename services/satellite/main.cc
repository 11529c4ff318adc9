#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/bus/topics.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/failpoint/failpoint.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/log/log.h"
#include "libs/metrics/loop_board.h"
#include "libs/metrics/metrics.h"
#include "libs/process/stop_signals.h"
#include "services/satellite/adapters/grpc/grpc_enrolment_client.h"
#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"
#include "services/satellite/adapters/load/http_broker_scraper.h"
#include "services/satellite/adapters/local/local_substrate.h"
#include "services/satellite/adapters/state/epoch_file.h"
#include "services/satellite/adapters/state/file_desired_store.h"
#include "services/satellite/adapters/state/file_rebalance_store.h"
#include "services/satellite/adapters/state/file_tenant_record_store.h"
#include "services/satellite/app/bus/bus_session.h"
#include "services/satellite/app/bus/desired_intake.h"
#include "services/satellite/app/bus/plan_intake.h"
#include "services/satellite/app/enrolment/enrolment.h"
#include "services/satellite/app/load/load_loop.h"
#include "services/satellite/app/physical/physical_clusters.h"
#include "services/satellite/app/tenancy/tenant_reconciler.h"
#include "services/satellite/flags.h"
#include "services/satellite/satellite_version.h"

namespace sluice::satellite {
namespace {

absl::StatusOr<std::shared_ptr<kafka_admin::AdminClient>> ConnectToCell(const Cell& cell) {
  kafka_admin::AdminClientOptions options{.client_id = "sluice-satellite", .tls = cell.admin_tls};
  for (const CellBroker& broker : cell.brokers) options.bootstrap.push_back(broker.internal);
  ASSIGN_OR_RETURN(std::unique_ptr<kafka_admin::AdminClient> client, kafka_admin::NewKafkaAdminClient(options));
  return std::shared_ptr<kafka_admin::AdminClient>(std::move(client));
}

// The present identity, for whoever makes a client of the bus.
class BusConnection {
 public:
  explicit BusConnection(SatelliteIdentity identity) : identity_(std::move(identity)) {}
  void Set(SatelliteIdentity identity) {
    std::lock_guard lock(mutex_);
    identity_ = std::move(identity);
  }
  kafka_client::ConnectionOptions Options() const {
    std::lock_guard lock(mutex_);
    return {.bootstrap_servers = identity_.bus_bootstrap_servers,
            .tls = kafka_client::TlsFiles{identity_.ca_file, identity_.certificate_file, identity_.private_key_file},
            .client_id = "satellite-" + identity_.data_plane};
  }

 private:
  mutable std::mutex mutex_;
  SatelliteIdentity identity_;
};

v1::DataPlaneStatus DescribeDataPlane(PhysicalClusters& physical, const sealed::SealingKeyPair& keys) {
  const SubstrateCapacity capacity = physical.Capacity();
  v1::DataPlaneStatus status;
  status.set_satellite_version(kServiceVersion);
  for (const std::string& version : capacity.kafka_versions) status.add_kafka_versions(version);
  status.set_max_brokers(capacity.max_brokers);
  status.set_brokers(capacity.brokers);
  status.set_substrate(capacity.substrate);
  status.set_sealing_public_key(keys.public_key);
  return status;
}

// Until SIGTERM or SIGINT. Nodes go on when it ends.
absl::Status Run(const Flags& flags, clock::StopSignal& stop) {
  const clock::Clock& clock = clock::RealClock();
  clock::Random& random = clock::CryptoRandom();
  metrics::Registry metrics;
  metrics::LoopBoard board("sluice_satellite", metrics, clock);
  const std::filesystem::path state = flags.state_folder;
  HttpBrokerScraper scraper;
  ASSIGN_OR_RETURN(const auto exposer,
                   metrics::Exposer::Start(flags.metrics_listen, metrics, [&board] { return board.Check(); }));

  // Takes the state folder for this process alone, and says first what is missing on the machine.
  ASSIGN_OR_RETURN(const auto substrate, LocalSubstrate::Open({.state_folder = flags.state_folder,
                                                               .kafka_home = flags.kafka_home,
                                                               .cache_folder = flags.cache_folder,
                                                               .java = flags.java,
                                                               .first_port = flags.first_port,
                                                               .last_port = flags.last_port,
                                                               .max_brokers = flags.max_brokers,
                                                               .racks = flags.racks},
                                                              clock));

  // control plane -> identity
  IdentityStore identities(state / "identity");
  ASSIGN_OR_RETURN(const auto control_plane,
                   GrpcEnrolmentClient::Connect(flags.control_endpoint, flags.api_ca_file, kServiceVersion));
  const EnrolmentPorts enrolment{*control_plane, identities, clock, random, stop};
  ASSIGN_OR_RETURN(const SatelliteIdentity identity, EnsureEnrolled(flags.enrolment_token_file, enrolment));
  const std::string& data_plane = identity.data_plane;
  BusConnection connection(identity);

  // everything -> status topic
  ASSIGN_OR_RETURN(const int64_t epoch, NextEpoch(state / "epoch", absl::ToUnixSeconds(clock.Now())));
  clock::RandomIdSource ids(clock, random);
  SwitchingPublisher publisher;
  StatusPublisher statuses({.data_plane = data_plane, .epoch = epoch}, {publisher, clock, metrics});

  // physical clusters -> cells; brokers' agents -> load board -> safety gate
  CellDirectory cells;
  LoadBoard loads;
  RealKafkaProbeFactory probes(clock);
  FileRebalanceStore rebalances(state / "plans");
  PhysicalClusters physical({.substrate = *substrate,
                             .probes = probes,
                             .status = statuses,
                             .cells = cells,
                             .load = loads,
                             .rebalances = rebalances,
                             .metrics = metrics,
                             .clock = clock,
                             .random = random});

  // desired topic -> intake -> disk -> physical clusters, tenants
  FileDesiredStore desired(state / "desired");
  FileTenantRecordStore records(state / "tenants");
  DesiredIndex index;
  TenantReconciler tenants(
      {.sealing_keys = identity.sealing_keys, .max_replicas_per_broker = flags.max_replicas_per_broker},
      {records, statuses, loads, clock, random, metrics},
      {.cells = cells,
       .connect = ConnectToCell,
       .is_gone = [&](const std::string& id) { return index.IsGone(id); },
       .documents_complete = [&] { return index.complete(); }},
      cells);
  DesiredIntake intake(data_plane, {desired, index, physical, tenants, metrics});
  PlanIntake plans(data_plane, {rebalances, physical, metrics});
  RETURN_IF_ERROR(intake.Start());
  RETURN_IF_ERROR(plans.Start());
  RETURN_IF_ERROR(physical.Start());

  const auto read = [&](std::string topic) {
    return bus::NewCompactedReader({.kafka = connection.Options(),
                                    .group_id = bus::DataPlanePrefix(data_plane) + "satellite",
                                    .topic = std::move(topic)},
                                   metrics);
  };
  BusSession session(
      {.intakes = {{.name = "bus_intake",
                    .new_source = [&] { return read(bus::DesiredTopic(data_plane)); },
                    .accept = [&](const bus::ReceivedEvent& event) { return intake.Accept(event); },
                    .caught_up =
                        [&] {
                          index.SetComplete();
                          return absl::OkStatus();
                        }},
                   {.name = "bus_plans",
                    .new_source = [&] { return read(bus::PlansTopic(data_plane)); },
                    .accept = [&](const bus::ReceivedEvent& event) { return plans.Accept(event); },
                    .caught_up = [&] { return plans.CaughtUp(); }}},
       .new_publisher =
           [&] {
             return bus::NewKafkaPublisher({.kafka = connection.Options()}, {clock, ids, metrics});
           }},
      {statuses, publisher, [&] { return DescribeDataPlane(physical, identity.sealing_keys); }, clock, random, &board});
  RenewalLoop renewal(identity, enrolment, metrics, [&](const SatelliteIdentity& renewed) {
    connection.Set(renewed);
    session.Reconnect();
  });
  LoadLoop load({.data_plane = data_plane}, {cells, ConnectToCell, scraper, loads, publisher, clock, metrics, &board});

  log::Info("serving", {{"data_plane", data_plane}, {"epoch", epoch}, {"metrics_port", exposer->port()}});
  while (!stop.WaitFor(absl::Hours(1))) {
  }
  log::Info("stopping; the nodes go on");
  physical.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace sluice::satellite

int main(int argc, char** argv) {
  using sluice::Std;
  sluice::log::SetService("satellite");
  // Before any thread, so that all inherit it: signals are taken by one thread that waits for them.
  const sigset_t signals = sluice::process::BlockStopSignals();

  const auto flags = sluice::satellite::ParseFlags(argc, argv, sluice::kServiceVersion);
  if (!flags.ok()) {
    std::cerr << "satellite: " << Std(flags.status().message()) << "\n";
    return 2;
  }
  if (!*flags) return 0;
  if ((*flags)->list_fail_points) {
    for (const std::string& name : sluice::failpoint::List()) std::cout << name << "\n";
    return 0;
  }
  sluice::clock::StopSignal stop;
  std::thread([&stop, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.Stop();
  }).detach();
  const absl::Status status = sluice::satellite::Run(**flags, stop);
  if (status.ok() || absl::IsCancelled(status)) return 0;
  sluice::log::Error("cannot go on", {{"error", Std(status.message())}, {"reason", sluice::ErrorReason(status)}});
  std::cerr << "satellite: " << Std(status.message()) << "\n";
  return 1;
}
