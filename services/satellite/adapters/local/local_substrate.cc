#include "services/satellite/adapters/local/local_substrate.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/operator/server_properties.h"
#include "services/satellite/adapters/local/atomic_file.h"
#include "services/satellite/adapters/local/disk_usage.h"
#include "services/satellite/adapters/local/node_command.h"

namespace sluice::satellite {
namespace {

namespace fs = std::filesystem;

failpoint::FailPoint prepare_before_node("satellite.prepare.1_before_node");
failpoint::FailPoint prepare_after_node("satellite.prepare.2_after_node");
failpoint::FailPoint remove_before_rename("satellite.remove.1_before_rename");
failpoint::FailPoint remove_after_rename("satellite.remove.2_after_rename");

constexpr char kDeletingPrefix[] = ".deleting-";
constexpr absl::Duration kAwaitClassArchive = absl::Seconds(45);
constexpr int kStateLockTries = 50;
constexpr int kStateLockPauseUs = 50'000;
// A broker's own working space: under this much free disk no node is started.
constexpr int64_t kLeastFreeToStart = int64_t{64} << 20;

constexpr bool IsController(int32_t node_id) { return node_id >= op::kFirstControllerId; }

kafka_admin::BrokerAddress At(int32_t port) { return {"localhost", static_cast<uint16_t>(port)}; }

std::vector<int32_t> PortsOf(const NodePorts& ports) {
  std::vector<int32_t> list;
  for (int32_t port : {ports.client, ports.internal, ports.controller, ports.metrics}) {
    if (port != 0) list.push_back(port);
  }
  return list;
}

absl::Status NoCapacity(const std::string& message, const std::string& remedy) {
  return MakeError(absl::StatusCode::kResourceExhausted, message, {.reason = "NO_CAPACITY", .remedy = remedy});
}

std::string CertificateNameOf(const std::string& cluster) { return cluster + ".node"; }

// Its descriptor, or -1. A predecessor that was killed this moment may still be ending: it is waited for.
int LockStateFolder(const std::string& folder) {
  const int lock = open((folder + "/substrate.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  for (int tries = 0; lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == kStateLockTries) {
      close(lock);
      return -1;
    }
    usleep(kStateLockPauseUs);
  }
  return lock;
}

// What a crash left of a removal.
void EraseRemovedClusters(const std::string& clusters_folder) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator it(clusters_folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().rfind(kDeletingPrefix, 0) == 0) leftovers.push_back(it->path());
  }
  for (const fs::path& path : leftovers) fs::remove_all(path, error);
}

}  // namespace

// Everything that running one node takes.
struct LocalSubstrate::Plan {
  std::string properties_text;
  std::string digest;
  std::string certificate_fingerprint;
  NodeCommand command;
};

absl::StatusOr<std::unique_ptr<LocalSubstrate>> LocalSubstrate::Open(LocalSubstrateOptions options,
                                                                     const clock::Clock& clock) {
  std::error_code error;
  options.state_folder = fs::absolute(options.state_folder).lexically_normal();
  fs::create_directories(options.state_folder + "/clusters", error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", options.state_folder, ": ", error.message()));
  const int lock = LockStateFolder(options.state_folder);
  if (lock < 0) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, options.state_folder + " is used by another satellite",
        {.reason = "STATE_FOLDER_IN_USE", .remedy = "Stop the other satellite, or give this one its own."});
  }
  auto kafka = KafkaInstallation::Open(options.kafka_home, options.cache_folder);
  auto certificates =
      CellCertificates::Open(options.state_folder + "/data-plane-ca", options.certificate_lifetime, clock);
  for (const absl::Status& status : {kafka.status(), certificates.status()}) {
    if (status.ok()) continue;
    close(lock);
    return status;
  }
  EraseRemovedClusters(options.state_folder + "/clusters");
  std::unique_ptr<LocalSubstrate> opened(
      new LocalSubstrate(std::move(options), clock, *std::move(kafka), *std::move(certificates), lock));
  opened->HoldKnownPorts();
  opened->class_archive_ = std::make_unique<ClassArchive>(
      ClassArchive::Parts{opened->options_.cache_folder, opened->options_.state_folder + "/rehearsal",
                          opened->options_.java, opened->kafka_, *opened->certificates_, opened->ports_});
  return opened;
}

LocalSubstrate::LocalSubstrate(LocalSubstrateOptions options, const clock::Clock& clock, KafkaInstallation kafka,
                               std::unique_ptr<CellCertificates> certificates, int state_lock)
    : options_(std::move(options)),
      clusters_folder_(options_.state_folder + "/clusters"),
      clock_(clock),
      kafka_(std::move(kafka)),
      certificates_(std::move(certificates)),
      ports_(options_.first_port, options_.last_port),
      state_lock_(state_lock) {}

LocalSubstrate::~LocalSubstrate() {
  class_archive_.reset();
  close(state_lock_);
}

void LocalSubstrate::HoldKnownPorts() {
  const auto clusters = Clusters();
  if (!clusters.ok()) return;
  for (const std::string& cluster : *clusters) {
    const auto records = Records(cluster);
    if (!records.ok()) {
      log::Warn("a cluster's records cannot be read", {{"cluster", cluster}, {"error", records.status().ToString()}});
      continue;
    }
    for (const auto& [id, record] : *records) ports_.Hold(PortsOf(record.ports));
  }
}

LocalNode LocalSubstrate::NodeOf(const std::string& cluster, int32_t node_id) const {
  // The state folder's path makes it unique among the satellites of a machine.
  const std::string marker =
      absl::StrCat(op::Digest(options_.state_folder), "/", cluster, "/", std::to_string(node_id));
  return LocalNode(absl::StrCat(FolderOf(cluster), "/", node_id), MarkerArgument(marker), clock_);
}

absl::StatusOr<std::vector<std::string>> LocalSubstrate::Clusters() {
  std::error_code error;
  std::vector<std::string> clusters;
  for (fs::directory_iterator it(clusters_folder_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (!name.empty() && name[0] != '.' && it->is_directory(error)) clusters.push_back(name);
  }
  if (error) return absl::InternalError(absl::StrCat("cannot list ", clusters_folder_, ": ", error.message()));
  std::sort(clusters.begin(), clusters.end());
  return clusters;
}

absl::StatusOr<std::vector<int32_t>> LocalSubstrate::NodeIds(const std::string& cluster) const {
  std::error_code error;
  std::vector<int32_t> ids;
  if (!fs::exists(FolderOf(cluster), error)) return ids;
  for (fs::directory_iterator it(FolderOf(cluster), error), end; !error && it != end; it.increment(error)) {
    int32_t id = 0;
    if (absl::SimpleAtoi(it->path().filename().string(), &id) && id > 0) ids.push_back(id);
  }
  if (error) return absl::InternalError(absl::StrCat("cannot list ", FolderOf(cluster), ": ", error.message()));
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<NodeRecord> LocalSubstrate::RecordOf(const std::string& cluster, int32_t node_id, std::string* message) {
  LocalNode node = NodeOf(cluster, node_id);
  absl::StatusOr<NodeRecord> record = node.Refresh();
  const bool corrupt = absl::IsDataLoss(record.status());
  if (!corrupt && !absl::IsNotFound(record.status())) return record;
  record = node.Rebuild(node_id);
  if (!record.ok()) return record;
  if (message != nullptr) *message = "its record was unreadable and was rebuilt";
  if (record->ports.metrics == 0) {
    ASSIGN_OR_RETURN(const std::vector<int32_t> port, ports_.Take(1));
    record->ports.metrics = port[0];
    RETURN_IF_ERROR(node.Save(*record));
  }
  ports_.Hold(PortsOf(record->ports));
  return node.Refresh();
}

absl::StatusOr<std::map<int32_t, NodeRecord>> LocalSubstrate::Records(const std::string& cluster) {
  ASSIGN_OR_RETURN(const std::vector<int32_t> ids, NodeIds(cluster));
  std::map<int32_t, NodeRecord> records;
  for (int32_t id : ids) {
    absl::StatusOr<NodeRecord> record = RecordOf(cluster, id, nullptr);
    // A folder that was made and no more: not prepared.
    if (absl::IsNotFound(record.status())) continue;
    if (!record.ok()) return record.status();
    records.emplace(id, *std::move(record));
  }
  return records;
}

absl::StatusOr<ClusterSight> LocalSubstrate::Look(const std::string& cluster) {
  ClusterSight sight;
  std::error_code error;
  sight.anything_left = fs::exists(FolderOf(cluster), error);
  sight.provisioned = LoadClusterRecord(FolderOf(cluster)).provisioned;
  ASSIGN_OR_RETURN(const std::vector<int32_t> ids, NodeIds(cluster));
  for (int32_t id : ids) {
    NodeSight node;
    absl::StatusOr<NodeRecord> found = RecordOf(cluster, id, &node.message);
    if (absl::IsNotFound(found.status())) continue;
    if (!found.ok()) return found.status();
    const NodeRecord& record = *found;
    node.node_id = id;
    node.role = record.role;
    node.client = At(record.ports.client);
    node.internal = At(record.ports.internal);
    node.controller = At(record.ports.controller);
    node.metrics = {"127.0.0.1", static_cast<uint16_t>(record.ports.metrics)};
    node.run = record.run;
    node.restarts = record.restarts;
    if (record.process) {
      const bool stopping = record.stop_asked_at_ms != 0;
      node.process = stopping ? op::NodeSeen::Process::kStopping : op::NodeSeen::Process::kRunning;
      node.version = record.version;
      node.running_digest = record.digest;
      node.started_at = absl::Milliseconds(record.started_at_ms);
      if (stopping) node.stop_asked_at = absl::Milliseconds(record.stop_asked_at_ms);
    }
    if (record.exited_at_ms != 0) {
      node.last_exit =
          op::NodeExit{absl::Milliseconds(record.exited_at_ms), record.exit_wanted, record.exit_description};
    }
    sight.nodes.push_back(std::move(node));
  }
  return sight;
}

absl::Status LocalSubstrate::AdmitDisk(const std::string& cluster, int64_t wanted_bytes) {
  const int64_t free = BytesFree(clusters_folder_);
  if (free < 0) return absl::InternalError("the free disk space cannot be told");
  int64_t promised = options_.disk_kept_free_mib << 20;
  ASSIGN_OR_RETURN(const std::vector<std::string> clusters, Clusters());
  for (const std::string& other : clusters) {
    const ClusterRecord record = LoadClusterRecord(FolderOf(other));
    const int64_t used = std::max<int64_t>(0, BytesOnDisk(FolderOf(other)));
    promised += std::max<int64_t>(0, (record.brokers * record.broker_disk_mib << 20) - used);
  }
  if (free - promised >= wanted_bytes) return absl::OkStatus();
  return NoCapacity(absl::StrCat(cluster, " needs ", wanted_bytes >> 20, " MiB of disk, ",
                                 std::max<int64_t>(0, free - promised) >> 20, " MiB are neither used nor promised"),
                    "Ask for a smaller disk, delete a cluster, or give the state folder a larger disk.");
}

absl::Status LocalSubstrate::Admit(const std::string& cluster, const op::PhysicalSpec& spec) {
  if (spec.kafka_version != kafka_.version()) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     absl::StrCat("Kafka ", spec.kafka_version, " is not installed here"),
                     {.reason = "KAFKA_VERSION_UNKNOWN", .remedy = absl::StrCat("Ask for ", kafka_.version(), ".")});
  }
  std::lock_guard lock(admission_mutex_);
  ASSIGN_OR_RETURN(const auto records, Records(cluster));
  int32_t brokers = 0, controllers = 0;
  for (const auto& [id, record] : records) ++(IsController(id) ? controllers : brokers);
  const int32_t more = std::max(0, spec.brokers - brokers);
  const int32_t more_controllers = std::max(0, spec.controllers - controllers);
  ClusterRecord promised = LoadClusterRecord(FolderOf(cluster));
  const bool disks_known = brokers > 0 && promised.broker_disk_mib > 0;
  const int64_t larger = disks_known ? std::max<int64_t>(0, spec.broker_disk_mib - promised.broker_disk_mib) : 0;
  if (more == 0 && more_controllers == 0 && larger == 0) return absl::OkStatus();
  const int32_t now = Capacity().brokers;
  if (now + more > options_.max_brokers) {
    return NoCapacity(absl::StrCat(cluster, " needs ", more, " more brokers; ", now, " of at most ",
                                   options_.max_brokers, " are there"),
                      "Delete a cluster, or give the satellite a higher --max-brokers.");
  }
  if (more * 3 + more_controllers * 2 > ports_.Left()) {
    return NoCapacity(absl::StrCat(cluster, " needs more ports than are left"),
                      "Give the satellite a wider --port-range.");
  }
  RETURN_IF_ERROR(AdmitDisk(cluster, (more * spec.broker_disk_mib + brokers * larger) << 20));
  if (larger == 0) return absl::OkStatus();
  promised.broker_disk_mib = spec.broker_disk_mib;
  return SaveClusterRecord(FolderOf(cluster), promised);
}

absl::Status LocalSubstrate::PrepareNode(const std::string& cluster, int32_t node_id, const std::string& rack) {
  RETURN_IF_ERROR(prepare_before_node.Hit());
  ASSIGN_OR_RETURN(const std::vector<int32_t> taken, ports_.Take(IsController(node_id) ? 2 : 3));
  NodePorts ports;
  ports.metrics = taken.back();
  if (IsController(node_id)) {
    ports.controller = taken[0];
  } else {
    ports.client = taken[0];
    ports.internal = taken[1];
  }
  LocalNode node = NodeOf(cluster, node_id);
  if (absl::Status created = node.Create(node_id, ports, rack); !created.ok()) {
    ports_.Release(taken);
    return created;
  }
  return prepare_after_node.Hit();
}

absl::Status LocalSubstrate::Prepare(const std::string& cluster, const op::PhysicalSpec& spec) {
  std::lock_guard lock(admission_mutex_);
  ASSIGN_OR_RETURN(const auto records, Records(cluster));
  std::error_code error;
  fs::create_directories(FolderOf(cluster), error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", FolderOf(cluster), ": ", error.message()));
  ClusterRecord record = LoadClusterRecord(FolderOf(cluster));
  record.brokers = std::max(record.brokers, spec.brokers);
  record.broker_disk_mib = spec.broker_disk_mib;
  RETURN_IF_ERROR(SaveClusterRecord(FolderOf(cluster), record));
  for (int32_t id = op::kFirstControllerId; id < op::kFirstControllerId + spec.controllers; ++id) {
    if (!records.contains(id)) RETURN_IF_ERROR(PrepareNode(cluster, id, ""));
  }
  std::map<std::string, int> brokers_of_rack;
  for (const auto& [id, known] : records) ++brokers_of_rack[known.rack];
  for (int32_t id = op::kFirstBrokerId; id < op::kFirstBrokerId + spec.brokers; ++id) {
    if (records.contains(id)) continue;
    const auto emptiest = std::min_element(
        options_.racks.begin(), options_.racks.end(),
        [&](const std::string& x, const std::string& y) { return brokers_of_rack[x] < brokers_of_rack[y]; });
    const std::string rack = emptiest == options_.racks.end() ? "" : *emptiest;
    RETURN_IF_ERROR(PrepareNode(cluster, id, rack));
    ++brokers_of_rack[rack];
  }
  return absl::OkStatus();
}

int32_t LocalSubstrate::HeapOf(const op::PhysicalSpec& spec, op::NodeRole role) const {
  if (role == op::NodeRole::kController) return options_.controller_heap_mib;
  return spec.broker_heap_mib > 0 ? spec.broker_heap_mib : options_.broker_heap_mib;
}

absl::StatusOr<LocalSubstrate::Plan> LocalSubstrate::PlanNode(const std::string& cluster, const op::PhysicalSpec& spec,
                                                              int32_t node_id,
                                                              const std::map<int32_t, NodeRecord>& records) {
  const auto found = records.find(node_id);
  if (found == records.end()) return absl::FailedPreconditionError(absl::StrCat(node_id, " is not prepared"));
  const NodeRecord& record = found->second;
  const LocalNode node = NodeOf(cluster, node_id);
  op::NodePlace place;
  place.node_id = node_id;
  place.role = record.role;
  place.certificate_name = CertificateNameOf(cluster);
  place.rack = record.rack;
  place.client_port = record.ports.client;
  place.internal_port = record.ports.internal;
  place.controller_port = record.ports.controller;
  place.data_folder = node.data_folder();
  place.keystore_file = node.keystore_file();
  place.truststore_file = certificates_->ca_file();
  place.heap_mib = HeapOf(spec, record.role);
  std::vector<std::string> first_quorum;
  for (const auto& [id, other] : records) {
    if (!IsController(id)) continue;
    place.controllers.push_back(absl::StrCat("localhost:", other.ports.controller));
    first_quorum.push_back(
        absl::StrCat(id, "@", place.controllers.back(), ":", KafkaIdOf(absl::StrCat(cluster, "/", id))));
  }
  Plan plan;
  ASSIGN_OR_RETURN(plan.certificate_fingerprint,
                   certificates_->EnsureKeystore(place.keystore_file, place.certificate_name, absl::ZeroDuration()));
  plan.properties_text = absl::StrCat("# metrics_port=", record.ports.metrics, "\n",
                                      op::RenderProperties(op::ServerProperties(spec, place)));
  plan.digest = op::Digest(absl::StrCat(spec.kafka_version, "\n", place.heap_mib, "\n", plan.properties_text, "\n",
                                        IsController(node_id) ? plan.certificate_fingerprint : ""));
  plan.command = {.java = options_.java,
                  .heap_mib = place.heap_mib,
                  .folder = node.folder(),
                  .marker = absl::StrCat(op::Digest(options_.state_folder), "/", cluster, "/", node_id),
                  .kafka_cluster_id = KafkaIdOf(cluster),
                  .initial_controllers = IsController(node_id) ? absl::StrJoin(first_quorum, ",") : "",
                  .metrics_port = record.ports.metrics,
                  .properties_file = node.properties_file()};
  return plan;
}

std::string LocalSubstrate::WantedDigest(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) {
  const auto records = Records(cluster);
  if (!records.ok()) return "";
  const auto plan = PlanNode(cluster, spec, node_id, *records);
  return plan.ok() ? plan->digest : "";
}

absl::Status LocalSubstrate::Start(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) {
  ASSIGN_OR_RETURN(const auto records, Records(cluster));
  ASSIGN_OR_RETURN(Plan plan, PlanNode(cluster, spec, node_id, records));
  if (records.at(node_id).process) return absl::OkStatus();
  if (const int64_t free = BytesFree(FolderOf(cluster)); free >= 0 && free < kLeastFreeToStart) {
    return MakeError(absl::StatusCode::kResourceExhausted, absl::StrCat("only ", free >> 20, " MiB of disk are free"),
                     {.reason = "DISK_FULL", .remedy = "Free space on the disk that holds the state folder."});
  }
  LocalNode node = NodeOf(cluster, node_id);
  RETURN_IF_ERROR(WriteFileAtomically(node.properties_file(), plan.properties_text, 0600));
  plan.command.class_archive = class_archive_->Await(kAwaitClassArchive);
  return node
      .Start({.arguments = ArgumentsOf(plan.command, kafka_),
              .version = spec.kafka_version,
              .digest = plan.digest,
              .certificate_fingerprint = plan.certificate_fingerprint})
      .status();
}

absl::Status LocalSubstrate::Stop(const std::string& cluster, int32_t node_id) {
  return NodeOf(cluster, node_id).Stop();
}

absl::Status LocalSubstrate::Kill(const std::string& cluster, int32_t node_id) {
  return NodeOf(cluster, node_id).Kill();
}

// Out of sight in one step; a crash in the middle leaves what the next start erases.
absl::Status LocalSubstrate::EraseFolder(const std::string& folder, const std::string& aside_name) {
  std::error_code error;
  const std::string aside = absl::StrCat(clusters_folder_, "/", kDeletingPrefix, aside_name);
  fs::remove_all(aside, error);
  if (fs::exists(folder)) fs::rename(folder, aside, error);
  if (error) return absl::InternalError(absl::StrCat("cannot move ", folder, " aside: ", error.message()));
  RETURN_IF_ERROR(remove_after_rename.Hit());
  fs::remove_all(aside, error);
  if (error) return absl::InternalError(absl::StrCat("cannot erase ", aside, ": ", error.message()));
  return absl::OkStatus();
}

absl::Status LocalSubstrate::RemoveNode(const std::string& cluster, int32_t node_id) {
  std::lock_guard lock(admission_mutex_);
  ASSIGN_OR_RETURN(auto records, Records(cluster));
  const auto found = records.find(node_id);
  if (found == records.end()) return absl::OkStatus();
  if (found->second.process) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("node ", node_id, " of ", cluster, " runs"),
                     {.reason = "NODE_RUNNING"});
  }
  const std::vector<int32_t> ports = PortsOf(found->second.ports);
  records.erase(found);
  // First what was promised: a crash after it leaves a node too many on the record's account, which Look shows.
  ClusterRecord record = LoadClusterRecord(FolderOf(cluster));
  record.brokers = static_cast<int32_t>(
      std::count_if(records.begin(), records.end(), [](const auto& one) { return !IsController(one.first); }));
  RETURN_IF_ERROR(SaveClusterRecord(FolderOf(cluster), record));
  RETURN_IF_ERROR(EraseFolder(absl::StrCat(FolderOf(cluster), "/", node_id), absl::StrCat(cluster, "-", node_id)));
  ports_.Release(ports);
  return absl::OkStatus();
}

absl::Status LocalSubstrate::Remove(const std::string& cluster) {
  std::lock_guard lock(admission_mutex_);
  ASSIGN_OR_RETURN(const auto records, Records(cluster));
  for (const auto& [id, record] : records) {
    if (!record.process) continue;
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("node ", id, " of ", cluster, " runs"),
                     {.reason = "NODE_RUNNING"});
  }
  RETURN_IF_ERROR(remove_before_rename.Hit());
  RETURN_IF_ERROR(EraseFolder(FolderOf(cluster), cluster));
  for (const auto& [id, record] : records) ports_.Release(PortsOf(record.ports));
  return absl::OkStatus();
}

absl::Status LocalSubstrate::MarkProvisioned(const std::string& cluster) {
  ClusterRecord record = LoadClusterRecord(FolderOf(cluster));
  if (record.provisioned) return absl::OkStatus();
  record.provisioned = true;
  return SaveClusterRecord(FolderOf(cluster), record);
}

absl::StatusOr<std::vector<StaleCertificate>> LocalSubstrate::RenewCertificates(const std::string& cluster,
                                                                                absl::Duration ahead) {
  RETURN_IF_ERROR(certificates_->EnsureAdmin(ahead));
  ASSIGN_OR_RETURN(const auto records, Records(cluster));
  std::vector<StaleCertificate> stale;
  for (const auto& [id, record] : records) {
    const LocalNode node = NodeOf(cluster, id);
    ASSIGN_OR_RETURN(const std::string fingerprint,
                     certificates_->EnsureKeystore(node.keystore_file(), CertificateNameOf(cluster), ahead));
    const bool told = !record.process || record.certificate_fingerprint == fingerprint;
    if (!IsController(id) && !told) stale.push_back({id, node.keystore_file(), fingerprint});
  }
  return stale;
}

absl::Status LocalSubstrate::CertificateLoaded(const std::string& cluster, const StaleCertificate& certificate) {
  LocalNode node = NodeOf(cluster, certificate.node_id);
  ASSIGN_OR_RETURN(NodeRecord record, node.Refresh());
  record.certificate_fingerprint = certificate.fingerprint;
  return node.Save(record);
}

absl::StatusOr<ClusterAccess> LocalSubstrate::Access(const std::string&) {
  return ClusterAccess{certificates_->AdminTls(), certificates_->ca_file(), certificates_->ca_pem()};
}

SubstrateCapacity LocalSubstrate::Capacity() {
  SubstrateCapacity capacity{{kafka_.version()}, options_.max_brokers, 0, "LOCAL"};
  const auto clusters = Clusters();
  if (!clusters.ok()) return capacity;
  for (const std::string& cluster : *clusters) capacity.brokers += LoadClusterRecord(FolderOf(cluster)).brokers;
  return capacity;
}

}  // namespace sluice::satellite
