#include "services/provisioner/app/fleet.h"

#include <utility>

#include "libs/base/status.h"

namespace sluice::provisioner {
namespace {

constexpr int kPage = 1000;

template <typename T>
absl::StatusOr<std::vector<T>> All(Store& store, Kind kind) {
  std::vector<T> all;
  ListQuery query{.kind = kind, .limit = kPage};
  while (true) {
    ASSIGN_OR_RETURN(std::vector<Aggregate> page, store.List(query));
    for (Aggregate& aggregate : page) all.push_back(std::get<T>(std::move(aggregate)));
    if (static_cast<int>(page.size()) < kPage) return all;
    query.after = {OrderKey(all.back().meta, query.order), all.back().meta.uid};
  }
}

}  // namespace

absl::Status Fleet::Refresh(bool counts) {
  ASSIGN_OR_RETURN(std::vector<DataPlane> data_planes, All<DataPlane>(store_, Kind::kDataPlane));
  ASSIGN_OR_RETURN(std::vector<PhysicalCluster> physical, All<PhysicalCluster>(store_, Kind::kPhysicalCluster));
  std::map<std::string, int32_t> per_cell;
  if (counts) {
    ASSIGN_OR_RETURN(per_cell, store_.LogicalClustersPerCell());
  }
  std::vector<std::string> beats;
  for (const DataPlane& data_plane : data_planes) beats.push_back(data_plane.id + ":data-plane");
  ASSIGN_OR_RETURN(std::vector<Aggregate> seen, store_.FindByUids(Kind::kSeenStatus, beats));

  std::lock_guard lock(mutex_);
  FleetSnapshot next;
  for (DataPlane& data_plane : data_planes) {
    // What this process committed while the rows were read is newer.
    const auto known = current_.data_planes.find(data_plane.id);
    if (known != current_.data_planes.end() && known->second.meta.uid == data_plane.meta.uid &&
        known->second.meta.version > data_plane.meta.version) {
      data_plane = known->second;
    }
    next.data_planes[data_plane.id] = std::move(data_plane);
  }
  for (PhysicalCluster& cluster : physical) {
    const auto known = current_.physical_clusters.find(cluster.meta.uid);
    if (known != current_.physical_clusters.end() && known->second.meta.version > cluster.meta.version) {
      cluster = known->second;
    }
    next.physical_clusters[cluster.meta.uid] = std::move(cluster);
  }
  next.logical_clusters = counts ? std::move(per_cell) : std::move(current_.logical_clusters);
  next.last_seen = std::move(current_.last_seen);
  for (const Aggregate& aggregate : seen) {
    const auto& status = std::get<SeenStatus>(aggregate);
    absl::Time& last = next.last_seen[status.data_plane];
    last = std::max(last, status.meta.update_time);
  }
  current_ = std::move(next);
  Publish();
  return absl::OkStatus();
}

std::shared_ptr<const FleetSnapshot> Fleet::Snapshot() const {
  std::lock_guard lock(mutex_);
  return published_;
}

void Fleet::Publish() { published_ = std::make_shared<const FleetSnapshot>(current_); }

void Fleet::Put(const DataPlane& data_plane) {
  std::lock_guard lock(mutex_);
  current_.data_planes[data_plane.id] = data_plane;
  Publish();
}

void Fleet::Put(const PhysicalCluster& physical_cluster) {
  std::lock_guard lock(mutex_);
  current_.physical_clusters[physical_cluster.meta.uid] = physical_cluster;
  Publish();
}

void Fleet::Remove(Kind kind, const std::string& uid) {
  std::lock_guard lock(mutex_);
  if (kind == Kind::kPhysicalCluster) current_.physical_clusters.erase(uid);
  if (kind == Kind::kDataPlane) {
    std::erase_if(current_.data_planes, [&](const auto& entry) { return entry.second.meta.uid == uid; });
  }
  Publish();
}

void Fleet::Count(const std::string& physical_cluster, int delta) {
  std::lock_guard lock(mutex_);
  current_.logical_clusters[physical_cluster] += delta;
  // The published counts may be a little old: they are refreshed by the loop, and the copy would cost each create one
  // pass over the fleet. Small fleets are copied at once, so that one cell's last place is not given twice.
  if (current_.physical_clusters.size() <= 64) Publish();
}

void Fleet::Seen(const std::string& data_plane, absl::Time when) {
  std::lock_guard lock(mutex_);
  absl::Time& last = current_.last_seen[data_plane];
  last = std::max(last, when);
}

std::optional<DataPlane> Fleet::DataPlaneById(const std::string& id) const {
  const auto snapshot = Snapshot();
  const auto found = snapshot->data_planes.find(id);
  if (found == snapshot->data_planes.end()) return std::nullopt;
  return found->second;
}

std::optional<PhysicalCluster> Fleet::PhysicalClusterById(const std::string& pkc) const {
  const auto snapshot = Snapshot();
  const auto found = snapshot->physical_clusters.find(pkc);
  if (found == snapshot->physical_clusters.end()) return std::nullopt;
  return found->second;
}

std::optional<absl::Time> Fleet::LastSeen(const std::string& data_plane) const {
  std::lock_guard lock(mutex_);
  const auto found = current_.last_seen.find(data_plane);
  if (found == current_.last_seen.end()) return std::nullopt;
  return found->second;
}

}  // namespace sluice::provisioner
