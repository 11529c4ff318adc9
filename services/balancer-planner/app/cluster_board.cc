#include "services/balancer-planner/app/cluster_board.h"

#include <algorithm>
#include <cmath>

namespace sluice::balancer_planner {
namespace {

constexpr absl::Duration kMovedRemembered = absl::Hours(6);

std::set<int32_t> Sorted(const std::vector<int32_t>& replicas) { return {replicas.begin(), replicas.end()}; }

// Notes whose set of replicas is another than before.
void NoteMoves(const SeenLoad& before, const SeenLoad& now, std::map<PartitionName, absl::Time>& moved) {
  std::map<std::pair<std::string_view, int32_t>, const SeenPartition*> old;
  for (const SeenPartition& partition : before.partitions) old[{partition.topic, partition.partition}] = &partition;
  for (const SeenPartition& partition : now.partitions) {
    const auto found = old.find({partition.topic, partition.partition});
    if (found == old.end() || found->second->replicas == partition.replicas) continue;
    if (Sorted(found->second->replicas) != Sorted(partition.replicas)) {
      moved[{partition.topic, partition.partition}] = now.time;
    }
  }
  std::erase_if(moved, [&](const auto& entry) { return entry.second < now.time - kMovedRemembered; });
}

}  // namespace

ClusterBoard::Entry* ClusterBoard::EntryOf(const ClusterKey& key) {
  const auto found = clusters_.find(key);
  if (found != clusters_.end()) return &found->second;
  const auto first = clusters_.lower_bound({key.data_plane, ""});
  size_t of_data_plane = 0;
  for (auto it = first; it != clusters_.end() && it->first.data_plane == key.data_plane; ++it) ++of_data_plane;
  return of_data_plane >= kMostClusters ? nullptr : &clusters_[key];
}

const ClusterBoard::Entry* ClusterBoard::Find(const ClusterKey& key) const {
  const auto found = clusters_.find(key);
  return found == clusters_.end() ? nullptr : &found->second;
}

void ClusterBoard::PutStatus(SeenStatus status) {
  std::lock_guard lock(mutex_);
  if (Entry* entry = EntryOf({status.data_plane, status.physical_cluster})) entry->status = std::move(status);
}

void ClusterBoard::PutLife(const std::string& data_plane, absl::Time time) {
  std::lock_guard lock(mutex_);
  lives_[data_plane] = time;
}

void ClusterBoard::PutLoad(const std::string& data_plane, SeenLoad load, int32_t part, int32_t parts) {
  std::lock_guard lock(mutex_);
  Entry* entry = EntryOf({data_plane, load.physical_cluster});
  if (entry == nullptr) return;
  std::optional<SeenLoad> whole = entry->assembly.Add(std::move(load), part, parts);
  if (!whole) return;
  if (entry->load != nullptr) NoteMoves(*entry->load, *whole, entry->moved);
  entry->load = std::make_shared<const SeenLoad>(*std::move(whole));
}

void ClusterBoard::Forget(const ClusterKey& key) {
  std::lock_guard lock(mutex_);
  clusters_.erase(key);
}

void ClusterBoard::ForgetDataPlane(const std::string& data_plane) {
  std::lock_guard lock(mutex_);
  std::erase_if(clusters_, [&](const auto& entry) { return entry.first.data_plane == data_plane; });
  lives_.erase(data_plane);
}

std::vector<ClusterKey> ClusterBoard::Clusters() const {
  std::lock_guard lock(mutex_);
  std::vector<ClusterKey> keys;
  for (const auto& [key, entry] : clusters_) keys.push_back(key);
  return keys;
}

std::optional<SeenStatus> ClusterBoard::StatusOf(const ClusterKey& key) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Find(key);
  if (entry == nullptr || !entry->status) return std::nullopt;
  SeenStatus status = *entry->status;
  const auto life = lives_.find(key.data_plane);
  if (life != lives_.end()) status.heard = life->second;
  return status;
}

std::shared_ptr<const SeenLoad> ClusterBoard::LoadOf(const ClusterKey& key) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Find(key);
  return entry == nullptr ? nullptr : entry->load;
}

std::set<PartitionName> ClusterBoard::MovedSince(const ClusterKey& key, absl::Time since) const {
  std::lock_guard lock(mutex_);
  std::set<PartitionName> names;
  const Entry* entry = Find(key);
  if (entry == nullptr) return names;
  for (const auto& [name, time] : entry->moved) {
    if (time >= since) names.insert(name);
  }
  return names;
}

std::map<int32_t, BrokerShare> ClusterBoard::SharesOf(const ClusterKey& key) const {
  std::map<int32_t, BrokerShare> shares;
  const std::shared_ptr<const SeenLoad> load = LoadOf(key);
  if (load == nullptr) return shares;
  for (const SeenBrokerLoad& broker : load->brokers) {
    BrokerShare& share = shares[broker.id];
    for (const SeenLogDir& dir : broker.log_dirs) share.disk_bytes += dir.used_bytes;
    share.in_bytes_per_second = std::llround(broker.in_bytes_per_second + broker.replication_in_bytes_per_second);
    share.out_bytes_per_second = std::llround(broker.out_bytes_per_second + broker.replication_out_bytes_per_second);
  }
  for (const SeenPartition& partition : load->partitions) {
    for (size_t i = 0; i < partition.replicas.size(); ++i) {
      const auto share = shares.find(partition.replicas[i]);
      if (share == shares.end()) continue;
      ++share->second.replicas;
      share->second.leaders += i == 0 ? 1 : 0;
    }
  }
  return shares;
}

void ClusterBoard::SetVerdict(const ClusterKey& key, std::string verdict) {
  std::lock_guard lock(mutex_);
  const auto found = clusters_.find(key);
  if (found != clusters_.end()) found->second.verdict = std::move(verdict);
}

std::string ClusterBoard::VerdictOf(const ClusterKey& key) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Find(key);
  return entry == nullptr ? Entry().verdict : entry->verdict;
}

}  // namespace sluice::balancer_planner
