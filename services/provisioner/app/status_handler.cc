#include "services/provisioner/app/status_handler.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/failpoint/failpoint.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/app/placing.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"
#include "services/provisioner/core/lifecycle/documents.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint received("provisioner.status.1_received");
failpoint::FailPoint decided("provisioner.status.2_decided");
failpoint::FailPoint written("provisioner.status.3_written");

const char kDataPlaneKey[] = "data-plane";

template <typename T>
std::map<std::string, T> ByUid(std::vector<Aggregate> rows) {
  std::map<std::string, T> by_uid;
  for (Aggregate& row : rows) {
    std::string uid = MetaOf(row).uid;
    by_uid.emplace(std::move(uid), std::get<T>(std::move(row)));
  }
  return by_uid;
}

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

bool IsGone(const SeenStatus& status) {
  const auto* physical = std::get_if<SeenPhysical>(&status.seen);
  return physical != nullptr && physical->state == SeenPhysicalState::kGone;
}

}  // namespace

// The batch with everything that it touches.
struct StatusHandler::Work {
  absl::Time now;
  std::string data_plane_id;
  std::map<std::string, SeenStatus> newest;    // by row uid, those that are news
  std::map<std::string, SeenStatus> previous;  // by row uid
  std::map<std::string, ClusterFamily> before, families;
  std::map<std::string, PhysicalCluster> cells;      // by pkc-…, those of tenants' cells
  std::map<std::string, std::string> owners;         // of a DEDICATED one's pkc-… its lkc-…
  std::map<std::string, DesiredDocument> documents;  // of cells, by pkc-…
  std::optional<DataPlane> data_plane;
  std::vector<Write> writes;
};

StatusHandler::StatusHandler(StatusHandlerPorts ports)
    : ports_(ports),
      stale_(ports.metrics.CounterOf("sluice_provisioner_statuses_total", "Statuses by what became of them",
                                     {{"result", "stale"}})),
      ignored_(ports.metrics.CounterOf("sluice_provisioner_statuses_total", "Statuses by what became of them",
                                       {{"result", "ignored"}})),
      applied_(ports.metrics.CounterOf("sluice_provisioner_statuses_total", "Statuses by what became of them",
                                       {{"result", "applied"}})) {}

absl::Status StatusHandler::Load(StoreSession& session, Work& work) {
  ASSIGN_OR_RETURN(std::vector<Aggregate> rows, session.FindByUids(Kind::kSeenStatus, KeysOf(work.newest)));
  work.previous = ByUid<SeenStatus>(std::move(rows));
  const size_t all = work.newest.size();
  std::erase_if(work.newest, [&](const auto& entry) {
    const auto previous = work.previous.find(entry.first);
    return previous != work.previous.end() && !IsNewer(entry.second, previous->second);
  });
  stale_.Increment(static_cast<double>(all - work.newest.size()));

  std::vector<std::string> physical_uids;
  std::set<std::string> cluster_uids;
  for (const auto& [uid, status] : work.newest) {
    if (!status.cluster_uid.empty()) {
      cluster_uids.insert(status.cluster_uid);
    } else if (status.key != kDataPlaneKey) {
      physical_uids.push_back(status.key);
    }
  }
  ASSIGN_OR_RETURN(std::vector<Aggregate> physical, session.FindByUids(Kind::kPhysicalCluster, physical_uids));
  for (auto& [uid, cluster] : ByUid<PhysicalCluster>(std::move(physical))) {
    if (cluster.owner_cluster_uid.empty()) {
      work.cells.emplace(uid, std::move(cluster));
    } else {
      work.owners.emplace(uid, cluster.owner_cluster_uid);
      cluster_uids.insert(cluster.owner_cluster_uid);
    }
  }
  ASSIGN_OR_RETURN(std::vector<Aggregate> documents, session.FindByUids(Kind::kDesiredDocument, KeysOf(work.cells)));
  work.documents = ByUid<DesiredDocument>(std::move(documents));
  ASSIGN_OR_RETURN(work.before, session.Families({cluster_uids.begin(), cluster_uids.end()}, /*lock=*/true));
  work.families = work.before;
  if (work.newest.contains(absl::StrCat(work.data_plane_id, ":", kDataPlaneKey))) {
    ASSIGN_OR_RETURN(std::optional<Aggregate> row,
                     session.FindByName(Kind::kDataPlane, absl::StrCat("dataPlanes/", work.data_plane_id)));
    if (row) work.data_plane = std::get<DataPlane>(*std::move(row));
  }
  return absl::OkStatus();
}

absl::Status StatusHandler::ApplyToClusters(Work& work) {
  for (const auto& [uid, status] : work.newest) {
    std::string cluster_uid = status.cluster_uid;
    if (const auto owner = work.owners.find(status.key); owner != work.owners.end()) cluster_uid = owner->second;
    if (cluster_uid.empty()) continue;
    const auto family = work.families.find(cluster_uid);
    if (family == work.families.end() || family->second.erased) {
      ignored_.Increment();
      continue;
    }
    ApplyStatus(family->second, status, work.now);
    applied_.Increment();
    if (!WantsPlace(family->second)) continue;
    ASSIGN_OR_RETURN(const PlacementDecision decision,
                     Place(*ports_.fleet.Snapshot(), ports_.random, ports_.ids, family->second, work.now));
    if (!decision.placement) FailPlacement(family->second, std::string(NoPlacement(decision).message()), work.now);
  }
  return absl::OkStatus();
}

void StatusHandler::ApplyToCells(Work& work) {
  for (auto& [uid, cell] : work.cells) {
    const SeenStatus& status = work.newest.at(absl::StrCat(work.data_plane_id, ":", uid));
    const auto document = work.documents.find(uid);
    if (cell.data_plane != work.data_plane_id || document == work.documents.end()) {
      ignored_.Increment();
      continue;
    }
    const bool gone =
        IsGone(status) && document->second.deleted && status.observed_generation >= document->second.meta.generation;
    if (gone) {
      work.writes.push_back(ErasedRow(cell));
      work.writes.push_back(ErasedRow(document->second));
      if (const auto previous = work.previous.find(status.meta.uid); previous != work.previous.end()) {
        work.writes.push_back(ErasedRow(previous->second));
      }
      work.newest.erase(status.meta.uid);
      continue;
    }
    const PhysicalCluster before = cell;
    ApplyToPhysical(cell, status);
    if (!(before == cell)) work.writes.push_back(UpdatedRow(cell, work.now));
    applied_.Increment();
  }
}

void StatusHandler::ApplyToDataPlane(Work& work) {
  if (!work.data_plane) return;
  const SeenStatus& status = work.newest.at(absl::StrCat(work.data_plane_id, ":", kDataPlaneKey));
  const auto& seen = std::get<SeenDataPlane>(status.seen);
  const DataPlane before = *work.data_plane;
  DataPlane& data_plane = *work.data_plane;
  if (data_plane.state != DataPlaneState::kDeleting) data_plane.state = DataPlaneState::kConnected;
  data_plane.satellite_version = seen.satellite_version;
  data_plane.kafka_versions = seen.kafka_versions;
  data_plane.satellite_max_brokers = seen.max_brokers;
  if (!seen.sealing_public_key.empty()) data_plane.sealing_public_key = seen.sealing_public_key;
  data_plane.conditions = {{.type = "Connected",
                            .status = ConditionStatus::kTrue,
                            .reason = "SatelliteSpeaks",
                            .message = "",
                            .last_transition_time = work.now,
                            .observed_generation = data_plane.meta.generation}};
  if (!before.conditions.empty() && before.conditions.front().status == ConditionStatus::kTrue) {
    data_plane.conditions = before.conditions;
  }
  if (!(before == data_plane)) work.writes.push_back(UpdatedRow(data_plane, work.now));
}

void StatusHandler::Collect(Work& work, Mutation& mutation) {
  mutation.writes = std::move(work.writes);
  for (const auto& [physical, owner] : work.owners) {
    // Brokers of a DEDICATED cluster that are gone: so is what was last said of them.
    const auto family = work.families.find(owner);
    if (family == work.families.end() || FindPhysical(family->second, physical) != nullptr) continue;
    const std::string uid = absl::StrCat(work.data_plane_id, ":", physical);
    if (const auto previous = work.previous.find(uid); previous != work.previous.end()) {
      mutation.writes.push_back(ErasedRow(previous->second));
    }
    work.newest.erase(uid);
  }
  for (auto& [uid, family] : work.families) {
    AddChanges(work.before.at(uid), std::move(family), work.now, mutation);
  }
  // Of a logical cluster the family keeps the status; here those of cells, of DEDICATED brokers and of the data plane.
  for (auto& [uid, status] : work.newest) {
    const bool known = work.cells.contains(status.key) || work.owners.contains(status.key) || work.data_plane;
    if (!status.cluster_uid.empty() || !known) continue;
    const auto previous = work.previous.find(uid);
    if (previous == work.previous.end()) {
      mutation.writes.push_back(NewRow(std::move(status)));
      continue;
    }
    status.meta.version = previous->second.meta.version;
    mutation.writes.push_back(UpdatedRow(std::move(status), work.now));
  }
}

absl::Status StatusHandler::Handle(StoreSession& session, const StatusBatch& batch) {
  last_ = {};
  RETURN_IF_ERROR(received.Hit());
  Work work{.now = ports_.clock.Now(), .data_plane_id = batch.data_plane};
  for (const SeenStatus& status : batch.statuses) {
    const auto [known, is_new] = work.newest.try_emplace(status.meta.uid, status);
    if (!is_new && IsNewer(status, known->second)) known->second = status;
  }
  if (work.newest.contains(absl::StrCat(batch.data_plane, ":", kDataPlaneKey))) {
    ports_.fleet.Seen(batch.data_plane, work.now);
  }
  RETURN_IF_ERROR(Load(session, work));
  RETURN_IF_ERROR(ApplyToClusters(work));
  ApplyToCells(work);
  ApplyToDataPlane(work);
  Mutation mutation{.name = "StatusSeen", .traceparent = batch.traceparent};
  mutation.audit = batch.dropped;
  Collect(work, mutation);
  RETURN_IF_ERROR(decided.Hit());
  if (mutation.writes.empty() && mutation.audit.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(session.Commit(mutation).status());
  RETURN_IF_ERROR(written.Hit());
  last_ = std::move(mutation);
  return absl::OkStatus();
}

void StatusHandler::Committed() {
  Tell(ports_.fleet, ports_.waiters, last_);
  last_ = {};
}

}  // namespace sluice::provisioner
