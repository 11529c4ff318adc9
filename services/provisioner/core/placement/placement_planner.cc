#include "services/provisioner/core/placement/placement_planner.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

// Reasons given at most: a fleet may have thousands of cells.
constexpr size_t kMaxReasons = 12;

void Because(PlacementDecision& decision, std::string reason) {
  if (decision.reasons.size() < kMaxReasons) decision.reasons.push_back(std::move(reason));
}

bool IsRefused(const PlacementRequest& request, const std::string& data_plane, const std::string& cell) {
  return std::any_of(request.refused_by.begin(), request.refused_by.end(), [&](const Placement& refused) {
    return refused.data_plane == data_plane && (cell.empty() || refused.physical_cluster == cell);
  });
}

// Why a data plane will take nothing, however long it is asked; empty when it may. One that is silent may come back.
std::string Unfit(const DataPlane& data_plane) {
  switch (data_plane.state) {
    case DataPlaneState::kConnected:
    case DataPlaneState::kUnreachable:
      return "";
    case DataPlaneState::kRegistered:
      return "its satellite has not enrolled";
    case DataPlaneState::kDeleting:
      return "it is being deleted";
  }
  return "its state is unknown";
}

bool IsSilent(const DataPlane& data_plane) { return data_plane.state == DataPlaneState::kUnreachable; }

bool InRegion(const PlacementRequest& request, const DataPlane& data_plane) {
  return request.region.empty() || data_plane.region == request.region;
}

enum class Fitness { kNo, kLater, kNow };

Fitness FitnessOf(const PhysicalCluster& cell) {
  if (!cell.spec.shared || cell.refused || cell.meta.delete_time) return Fitness::kNo;
  switch (cell.state) {
    case PhysicalState::kUp:
    case PhysicalState::kExpanding:
    case PhysicalState::kShrinking:
    case PhysicalState::kRolling:
    case PhysicalState::kRebalancing:
      return Fitness::kNow;
    case PhysicalState::kProvisioning:
    case PhysicalState::kDegraded:
      return Fitness::kLater;
    case PhysicalState::kDown:
    case PhysicalState::kDeleting:
      return Fitness::kNo;
  }
  return Fitness::kNo;
}

int32_t CountOn(const FleetSnapshot& fleet, const std::string& cell) {
  const auto found = fleet.logical_clusters.find(cell);
  return found == fleet.logical_clusters.end() ? 0 : found->second;
}

PlacementDecision PlanOnCell(const FleetSnapshot& fleet, const PlacementRequest& request) {
  PlacementDecision decision;
  std::vector<const PhysicalCluster*> now, later;
  for (const auto& [uid, cell] : fleet.physical_clusters) {
    const auto data_plane = fleet.data_planes.find(cell.data_plane);
    if (!cell.spec.shared || data_plane == fleet.data_planes.end() || !InRegion(request, data_plane->second)) continue;
    const Fitness fitness = FitnessOf(cell);
    if (const std::string unfit = Unfit(data_plane->second); !unfit.empty()) {
      Because(decision, absl::StrCat(uid, " not: data plane ", cell.data_plane, ": ", unfit));
    } else if (IsRefused(request, cell.data_plane, uid)) {
      Because(decision, absl::StrCat(uid, " not: it refused this cluster"));
    } else if (fitness == Fitness::kNo) {
      Because(decision, absl::StrCat(uid, " not: it is down, going or was refused"));
    } else if (!HasRoom(fleet, cell)) {
      Because(decision, absl::StrCat(uid, " not: full with ", CountOn(fleet, uid), " logical clusters"));
    } else if (IsSilent(data_plane->second)) {
      Because(decision, absl::StrCat(uid, " not: data plane ", cell.data_plane, ": its satellite is silent"));
      decision.may_come_back = true;
    } else {
      (fitness == Fitness::kNow ? now : later).push_back(&cell);
    }
  }
  const auto& candidates = now.empty() ? later : now;
  if (candidates.empty()) return decision;
  const PhysicalCluster* first = candidates[request.chance[0] % candidates.size()];
  const PhysicalCluster* second = candidates[request.chance[1] % candidates.size()];
  const int32_t on_first = CountOn(fleet, first->meta.uid), on_second = CountOn(fleet, second->meta.uid);
  const PhysicalCluster* chosen = on_second < on_first ? second : first;
  decision.placement = Placement{.data_plane = chosen->data_plane, .physical_cluster = chosen->meta.uid};
  decision.reasons.insert(
      decision.reasons.begin(),
      absl::StrCat(chosen->meta.uid, " on ", chosen->data_plane, ": of ", candidates.size(),
                   " cells with room two were drawn, ", first->meta.uid, " (", on_first, ") and ", second->meta.uid,
                   " (", on_second, "); this one is the emptier", now.empty() ? "; it is not up yet" : ""));
  return decision;
}

absl::StatusOr<PlacementDecision> PlanOwn(const FleetSnapshot& fleet, const PlacementRequest& request) {
  PlacementDecision decision;
  const DataPlane* best = nullptr;
  bool version_known = request.kafka_version.empty();
  bool any_version = false;
  for (const auto& [id, data_plane] : fleet.data_planes) {
    if (!InRegion(request, data_plane)) continue;
    const auto& versions = data_plane.kafka_versions;
    any_version = any_version || !versions.empty();
    const bool runs_version = request.kafka_version.empty() ||
                              std::find(versions.begin(), versions.end(), request.kafka_version) != versions.end();
    version_known = version_known || runs_version;
    const int32_t free = FreeBrokers(fleet, data_plane);
    if (const std::string unfit = Unfit(data_plane); !unfit.empty()) {
      Because(decision, absl::StrCat(id, " not: ", unfit));
    } else if (!runs_version) {
      Because(decision, absl::StrCat(id, " not: it does not run Kafka ", request.kafka_version));
    } else if (IsRefused(request, id, "")) {
      Because(decision, absl::StrCat(id, " not: it refused this cluster"));
    } else if (free < request.brokers) {
      Because(decision, absl::StrCat(id, " not: room for ", free, " brokers, ", request.brokers, " needed"));
    } else if (IsSilent(data_plane)) {
      Because(decision, absl::StrCat(id, " not: its satellite is silent"));
      decision.may_come_back = true;
    } else if (best == nullptr || free > FreeBrokers(fleet, *best)) {
      best = &data_plane;
    }
  }
  if (!version_known && any_version) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("no data plane runs Kafka ", request.kafka_version),
                     {.reason = "UNSUPPORTED_VERSION",
                      .field = "kafka_cluster.kafka_version",
                      .remedy = "take one of the data planes' kafka_versions, or leave it empty"});
  }
  if (best == nullptr) return decision;
  decision.placement = Placement{.data_plane = best->id, .physical_cluster = ""};
  decision.reasons.insert(decision.reasons.begin(),
                          absl::StrCat(best->id, ": most room, for ", FreeBrokers(fleet, *best), " brokers"));
  return decision;
}

}  // namespace

bool HasRoom(const FleetSnapshot& fleet, const PhysicalCluster& cell) {
  const auto data_plane = fleet.data_planes.find(cell.data_plane);
  if (data_plane == fleet.data_planes.end()) return false;
  const int32_t most = data_plane->second.max_logical_clusters_per_cell;
  return CountOn(fleet, cell.meta.uid) < (most > 0 ? most : kDefaultLogicalClustersPerCell);
}

int32_t FreeBrokers(const FleetSnapshot& fleet, const DataPlane& data_plane) {
  int32_t most = data_plane.satellite_max_brokers;
  if (data_plane.max_brokers > 0 && (most == 0 || data_plane.max_brokers < most)) most = data_plane.max_brokers;
  for (const auto& [uid, physical] : fleet.physical_clusters) {
    // One that was refused runs nothing.
    if (physical.data_plane == data_plane.id && !physical.refused) most -= physical.spec.brokers;
  }
  return std::max(most, 0);
}

absl::Status CheckRoomToGrow(const FleetSnapshot& fleet, const std::string& data_plane, int32_t more) {
  const auto found = fleet.data_planes.find(data_plane);
  const int32_t free = found == fleet.data_planes.end() ? 0 : FreeBrokers(fleet, found->second);
  if (more <= free) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("data plane ", data_plane, " has room for ", free, " more brokers, ", more, " are needed"),
      {.reason = "NO_CAPACITY",
       .field = "kafka_cluster.brokers",
       .remedy = "ask for fewer, or later; a data plane of yours may need a higher max_brokers"});
}

std::string NewestVersion(const std::vector<std::string>& versions) {
  const auto parts = [](const std::string& version) {
    std::vector<int> numbers;
    for (absl::string_view part : absl::StrSplit(version, '.')) {
      int number = 0;
      numbers.push_back(absl::SimpleAtoi(part, &number) ? number : 0);
    }
    return numbers;
  };
  const auto newest = std::max_element(versions.begin(), versions.end(),
                                       [&](const auto& a, const auto& b) { return parts(a) < parts(b); });
  return newest == versions.end() ? "" : *newest;
}

absl::StatusOr<PlacementDecision> PlanPlacement(const FleetSnapshot& fleet, const PlacementRequest& request) {
  const bool region_known =
      request.region.empty() || std::any_of(fleet.data_planes.begin(), fleet.data_planes.end(),
                                            [&](const auto& entry) { return InRegion(request, entry.second); });
  if (!region_known) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("there is no region ", request.region),
                     {.reason = "REGION_NOT_FOUND",
                      .field = "kafka_cluster.region",
                      .remedy = "leave it empty, or ask which regions there are"});
  }
  return request.type == ClusterType::kServerless ? PlanOnCell(fleet, request) : PlanOwn(fleet, request);
}

absl::Status NoPlacement(const PlacementDecision& decision) {
  if (decision.may_come_back) {
    return MakeError(
        absl::StatusCode::kUnavailable,
        absl::StrCat("no data plane that can be reached has room: ", absl::StrJoin(decision.reasons, "; ")),
        {.reason = "DATA_PLANE_SILENT",
         .remedy = "ask again in some seconds, or try another region; see `sluice dataplane describe` when it lasts",
         .retry_after = absl::Seconds(2)});
  }
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("no data plane has room: ",
                                decision.reasons.empty() ? "none has a cell" : absl::StrJoin(decision.reasons, "; ")),
                   {.reason = "NO_CAPACITY",
                    .remedy = "try another region, or later; a data plane of yours may need more brokers or cells"});
}

}  // namespace sluice::provisioner
