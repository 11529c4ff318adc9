#include "services/provisioner/app/loops.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/lifecycle/documents.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"
#include "services/provisioner/core/placement/cell_planner.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint set_up_before("provisioner.data_plane.1_before_topics");
failpoint::FailPoint set_up_after("provisioner.data_plane.2_after_topics");
failpoint::FailPoint cell_planned("provisioner.cell.1_planned");
failpoint::FailPoint cell_committed("provisioner.cell.2_committed");
failpoint::FailPoint purge_read("provisioner.purge.1_read");
failpoint::FailPoint purge_decided("provisioner.purge.2_decided");
failpoint::FailPoint purge_committed("provisioner.purge.3_committed");

constexpr absl::Duration kBusTimeout = absl::Seconds(20);
constexpr absl::Duration kReachTimeout = absl::Seconds(3);
constexpr int kPurgeBatch = 200;
// Rounds come each half second to three seconds, and one of them may wait kBusTimeout for Kafka.
constexpr absl::Duration kLongestSilence = absl::Minutes(1);

Caller System(const LoopPorts& ports) {
  return {.principal = "system", .organization = "", .deadline = ports.commands.clock.Now() + absl::Seconds(10)};
}

// Two replicas that do the same at once: one of them has done it.
absl::Status UnlessDone(const absl::Status& status) {
  return ErrorReason(status) == "VERSION_CONFLICT" ? absl::OkStatus() : status;
}

void Repeat(const LoopPorts& ports, const char* name, absl::Duration every, clock::StopSignal& stop,
            absl::FunctionRef<absl::Status()> step) {
  metrics::LoopBoard::Loop& loop = ports.board.Of(name, kLongestSilence);
  do {
    const absl::Status status = loop.Round(step);
    if (status.ok()) continue;
    log::Warn("a round failed; the next tries again", {{"loop", name}, {"error", status.ToString()}});
  } while (!stop.WaitFor(clock::Jittered(ports.commands.random, every, 0.2)));
}

}  // namespace

absl::Status FleetLoop::Step() { return ports_.commands.fleet.Refresh(/*counts=*/rounds_++ % 5 == 0); }

void FleetLoop::Run(clock::StopSignal& stop) {
  Repeat(ports_, "fleet", absl::Seconds(1), stop, [&] { return Step(); });
}

absl::Status DataPlaneLoop::SetUp(DataPlane data_plane) {
  // The intent is the row; the result is bus_ready. What is there already is left as it is.
  RETURN_IF_ERROR(set_up_before.Hit());
  RETURN_IF_ERROR(ports_.bus.EnsureDataPlane(data_plane.id, kBusTimeout));
  RETURN_IF_ERROR(set_up_after.Hit());
  data_plane.bus_ready = true;
  Mutation mutation =
      MutationFor(ports_.commands, System(ports_), "SetUpDataPlane", data_plane.meta.name, data_plane.meta.uid);
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), ports_.commands.clock.Now()));
  return UnlessDone(CommitAndTell(ports_.commands, System(ports_), mutation).status());
}

absl::Status DataPlaneLoop::TakeDown(const DataPlane& data_plane) {
  const auto fleet = ports_.commands.fleet.Snapshot();
  const bool has_clusters = std::any_of(fleet->physical_clusters.begin(), fleet->physical_clusters.end(),
                                        [&](const auto& entry) { return entry.second.data_plane == data_plane.id; });
  if (has_clusters) return absl::OkStatus();
  RETURN_IF_ERROR(ports_.bus.RemoveDataPlane(data_plane.id, kBusTimeout));
  Mutation mutation =
      MutationFor(ports_.commands, System(ports_), "RemoveDataPlane", data_plane.meta.name, data_plane.meta.uid);
  mutation.writes.push_back(ErasedRow(data_plane));
  ASSIGN_OR_RETURN(std::vector<Aggregate> statuses,
                   ports_.commands.store.FindByUids(Kind::kSeenStatus, {data_plane.id + ":data-plane"}));
  for (Aggregate& status : statuses) mutation.writes.push_back(ErasedRow(std::move(status)));
  return UnlessDone(CommitAndTell(ports_.commands, System(ports_), mutation).status());
}

absl::Duration DataPlaneLoop::SilenceOf(const DataPlane& data_plane) const {
  const absl::Time seen = ports_.commands.fleet.LastSeen(data_plane.id).value_or(listens_since_);
  return ports_.commands.clock.Now() - std::max(seen, listens_since_);
}

bool DataPlaneLoop::BusIsThere() {
  if (asked_bus_) return !bus_away_;
  asked_bus_ = true;
  const absl::Status reached = ports_.bus.Reach(kReachTimeout);
  if (reached.ok() && bus_away_) listens_since_ = ports_.commands.clock.Now();
  if (reached.ok() == bus_away_) log::Warn("the bus", {{"reachable", reached.ok()}, {"error", reached.ToString()}});
  bus_away_ = !reached.ok();
  return reached.ok();
}

absl::Status DataPlaneLoop::WriteConnected(DataPlane data_plane, const char* mutation, Condition condition) {
  const absl::Time now = ports_.commands.clock.Now();
  condition.type = "Connected";
  condition.last_transition_time = now;
  condition.observed_generation = data_plane.meta.generation;
  data_plane.conditions = {std::move(condition)};
  Mutation write = MutationFor(ports_.commands, System(ports_), mutation, data_plane.meta.name, data_plane.meta.uid);
  write.writes.push_back(UpdatedRow(std::move(data_plane), now));
  return UnlessDone(CommitAndTell(ports_.commands, System(ports_), write).status());
}

absl::Status DataPlaneLoop::MarkUnheard(DataPlane data_plane) {
  const bool said = !data_plane.conditions.empty() && data_plane.conditions.front().reason == "BusUnreachable";
  if (said) return absl::OkStatus();
  return WriteConnected(std::move(data_plane), "DataPlaneUnheard",
                        {.status = ConditionStatus::kUnknown,
                         .reason = "BusUnreachable",
                         .message = "the control plane's own Kafka is out of reach: what is shown may be out of date"});
}

absl::Status DataPlaneLoop::MarkSilent(DataPlane data_plane) {
  if (!bus_away_ && SilenceOf(data_plane) < kSilence) return absl::OkStatus();
  if (!BusIsThere()) return MarkUnheard(std::move(data_plane));
  if (SilenceOf(data_plane) < kSilence) return absl::OkStatus();
  log::Warn("data plane is silent", {{"data_plane", data_plane.id}});
  data_plane.state = DataPlaneState::kUnreachable;
  return WriteConnected(std::move(data_plane), "DataPlaneSilent",
                        {.status = ConditionStatus::kFalse,
                         .reason = "SatelliteSilent",
                         .message = "no word from its satellite for 15 s"});
}

absl::Status DataPlaneLoop::Step() {
  asked_bus_ = false;
  const auto fleet = ports_.commands.fleet.Snapshot();
  absl::Status first;
  for (const auto& [id, data_plane] : fleet->data_planes) {
    absl::Status status;
    if (data_plane.state == DataPlaneState::kDeleting) {
      status = TakeDown(data_plane);
    } else if (!data_plane.bus_ready) {
      status = SetUp(data_plane);
    } else if (data_plane.state == DataPlaneState::kConnected) {
      status = MarkSilent(data_plane);
    }
    first.Update(status);
  }
  return first;
}

void DataPlaneLoop::Run(clock::StopSignal& stop) {
  Repeat(ports_, "data_plane", absl::Milliseconds(500), stop, [&] { return Step(); });
}

absl::Status CellLoop::Begin(const FleetSnapshot& fleet, const std::string& data_plane_id, const PhysicalSpec& spec,
                             const std::string& reason) {
  const absl::Time now = ports_.commands.clock.Now();
  DataPlane data_plane = fleet.data_planes.at(data_plane_id);
  ++data_plane.cells_planned;
  PhysicalCluster cell;
  const std::string uid = absl::StrCat("pkc-", ports_.commands.ids.NewSuffix(10));
  cell.meta = {.uid = uid, .name = uid, .generation = 1, .create_time = now, .update_time = now};
  cell.data_plane = data_plane_id;
  cell.region = data_plane.region;
  cell.spec = spec;
  RETURN_IF_ERROR(cell_planned.Hit());
  log::Info("a cell begins", {{"cell", uid}, {"data_plane", data_plane_id}, {"reason", reason}});
  Mutation mutation = MutationFor(ports_.commands, System(ports_), "BeginCell", uid, uid);
  mutation.requires_live = {data_plane.meta.name};
  mutation.writes.push_back(
      NewRow(NewDocument(uid, {.data_plane = data_plane_id, .physical_cluster = uid}, /*cluster_uid=*/"", spec, now)));
  mutation.writes.push_back(NewRow(std::move(cell)));
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), now));
  RETURN_IF_ERROR(UnlessDone(CommitAndTell(ports_.commands, System(ports_), mutation).status()));
  return cell_committed.Hit();
}

absl::Status CellLoop::Delete(const std::string& uid) {
  const absl::Time now = ports_.commands.clock.Now();
  ASSIGN_OR_RETURN(std::optional<Aggregate> row, ports_.commands.store.FindByUid(Kind::kPhysicalCluster, uid));
  ASSIGN_OR_RETURN(std::optional<Aggregate> wish, ports_.commands.store.FindByUid(Kind::kDesiredDocument, uid));
  if (!row || !wish) return absl::OkStatus();
  PhysicalCluster cell = std::get<PhysicalCluster>(*std::move(row));
  DesiredDocument document = std::get<DesiredDocument>(*std::move(wish));
  if (document.deleted) return absl::OkStatus();
  cell.state = PhysicalState::kDeleting;
  cell.meta.delete_time = now;
  Say(document, document.wish, /*deleted=*/true, now);
  Mutation mutation = MutationFor(ports_.commands, System(ports_), "DeleteCell", uid, uid);
  mutation.writes.push_back(UpdatedRow(std::move(cell), now));
  mutation.writes.push_back(UpdatedRow(std::move(document), now));
  return UnlessDone(CommitAndTell(ports_.commands, System(ports_), mutation).status());
}

absl::Status CellLoop::Step() {
  const auto fleet = ports_.commands.fleet.Snapshot();
  absl::Status first;
  for (const CellPlan& plan : PlanCells(*fleet, ports_.commands.clock.Now())) {
    first.Update(Begin(*fleet, plan.data_plane, plan.spec, plan.reason));
  }
  for (const std::string& cell : CellsToDelete(*fleet)) first.Update(Delete(cell));
  return first;
}

void CellLoop::Run(clock::StopSignal& stop) {
  Repeat(ports_, "cell", absl::Milliseconds(500), stop, [&] { return Step(); });
}

absl::Status PurgeLoop::Step() {
  const absl::Time now = ports_.commands.clock.Now();
  ASSIGN_OR_RETURN(const std::vector<Aggregate> clusters,
                   ports_.commands.store.Due(Kind::kKafkaCluster, now, kPurgeBatch));
  absl::Status first;
  for (const Aggregate& cluster : clusters) {
    const absl::Status status = ChangeFamily(ports_.commands, System(ports_), MetaOf(cluster).name,
                                             {"PurgeKafkaCluster", "", purge_read, purge_decided, purge_committed},
                                             [&](ClusterFamily& family) {
                                               PurgeCluster(family, now);
                                               return absl::OkStatus();
                                             })
                                    .status();
    if (!absl::IsNotFound(status)) first.Update(status);
  }
  ASSIGN_OR_RETURN(std::vector<Aggregate> operations, ports_.commands.store.Due(Kind::kOperation, now, kPurgeBatch));
  if (!operations.empty()) {
    Mutation mutation{.name = "ExpireOperations"};
    for (Aggregate& operation : operations) mutation.writes.push_back(ErasedRow(std::move(operation)));
    first.Update(UnlessDone(CommitAndTell(ports_.commands, System(ports_), mutation).status()));
  }
  first.Update(ports_.commands.store.PruneRequests(now - kRequestRetention, 5'000).status());
  return first;
}

void PurgeLoop::Run(clock::StopSignal& stop) {
  Repeat(ports_, "purge", absl::Seconds(1), stop, [&] { return Step(); });
}

absl::Status RepublishLoop::OfDataPlane(const std::string& data_plane) {
  const absl::Time now = ports_.commands.clock.Now();
  ASSIGN_OR_RETURN(std::vector<UntakenDocument> untaken,
                   ports_.commands.store.Untaken(data_plane, now - kPatience, kBatch));
  std::vector<DesiredDocument> again;
  for (UntakenDocument& waiting : untaken) {
    Said& said = said_[waiting.document.meta.uid];
    if (said.generation != waiting.document.meta.generation) said = {.generation = waiting.document.meta.generation};
    if (said.next > now) continue;
    said.next = now + clock::Jittered(ports_.commands.random, said.pause);
    said.pause = std::min(said.pause * 2, kLongestPause);
    again.push_back(std::move(waiting.document));
  }
  if (again.empty()) return absl::OkStatus();
  ports_.metrics.CounterOf("sluice_provisioner_republished_total", "Desired documents said again")
      .Increment(static_cast<double>(again.size()));
  return ports_.commands.store.Republish(again);
}

absl::Status RepublishLoop::Step() {
  const auto fleet = ports_.commands.fleet.Snapshot();
  absl::Status first;
  for (const auto& [id, data_plane] : fleet->data_planes) {
    // To one that is silent nothing new can be told.
    if (data_plane.state != DataPlaneState::kUnreachable && data_plane.bus_ready) first.Update(OfDataPlane(id));
  }
  // What was taken meanwhile is forgotten with time.
  const absl::Time now = ports_.commands.clock.Now();
  std::erase_if(said_, [&](const auto& entry) { return now - entry.second.next > 2 * kLongestPause; });
  return first;
}

void RepublishLoop::Run(clock::StopSignal& stop) {
  Repeat(ports_, "republish", absl::Seconds(3), stop, [&] { return Step(); });
}

}  // namespace sluice::provisioner
