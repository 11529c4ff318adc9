#include "libs/planner/cluster_state.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"

namespace sluice::planner {
namespace {

// Above the fair share of a topic's replicas, a broker may hold this many more before it counts as crowded.
constexpr int kTopicSlack = 2;

// Distinct values among a few; a partition's replicas are too few for a set to pay.
class FewDistinct {
 public:
  void Add(int value) {
    for (int i = 0; i < size_; ++i) {
      if (values_[i] == value) return;
    }
    if (size_ < static_cast<int>(values_.size())) values_[size_++] = value;
  }
  int size() const { return size_; }

 private:
  std::array<int, 32> values_;
  int size_ = 0;
};

}  // namespace

ClusterState::ClusterState(const Snapshot& snapshot)
    : snapshot_(snapshot),
      broker_of_(snapshot.replicas),
      leader_of_(snapshot.partitions()),
      partition_of_(snapshot.replicas.size()),
      place_(snapshot.replicas.size()),
      entries_(snapshot.brokers.size()),
      load_(snapshot.brokers.size(), LoadVector{}),
      topic_count_(snapshot.topics.size() * snapshot.brokers.size()),
      topic_limit_(snapshot.topics.size()),
      pinned_(snapshot.pinned),
      log_dir_of_(snapshot.log_dir_of) {
  absl::flat_hash_map<std::string, int> rack_index;
  std::vector<char> rack_stays;
  for (const Broker& broker : snapshot.brokers) {
    const int rack = rack_index.emplace(broker.rack, rack_index.size()).first->second;
    rack_.push_back(rack);
    rack_stays.resize(rack_index.size());
    rack_stays[rack] |= broker.stays();
    if (broker.stays()) staying_.push_back(static_cast<int>(stays_.size()));
    stays_.push_back(broker.stays());
    may_receive_.push_back(broker.stays() && !broker.excluded);
  }
  staying_racks_ = std::count(rack_stays.begin(), rack_stays.end(), 1);
  size_t least_replicas = SIZE_MAX;
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    least_replicas = std::min(least_replicas, snapshot.ReplicasOf(p).size());
  }
  racks_are_fixed_ = staying_racks_ > 1 && static_cast<size_t>(staying_racks_) <= least_replicas;

  std::vector<uint32_t> held(brokers());
  for (uint16_t broker : broker_of_) ++held[broker];
  for (size_t broker = 0; broker < brokers(); ++broker) entries_[broker].reserve(held[broker] + held[broker] / 4 + 64);

  std::vector<uint32_t> topic_total(snapshot.topics.size());
  for (uint32_t partition = 0; partition < snapshot.partitions(); ++partition) {
    leader_of_[partition] = FirstSlot(partition);
    for (uint32_t slot = FirstSlot(partition); slot < EndSlot(partition); ++slot) {
      partition_of_[slot] = partition;
      const int broker = broker_of_[slot];
      const LoadVector load = Contribution(slot);
      for (int k = 0; k < kDimensions; ++k) load_[broker][k] += load[k];
      Append(broker, slot);
      ++topic_count_[snapshot.topic_of[partition] * brokers() + broker];
      ++topic_total[snapshot.topic_of[partition]];
    }
  }
  for (const LoadVector& load : load_) mean_replica_mb_ += load[kDiskUse] / std::max<size_t>(1, broker_of_.size());
  for (size_t topic = 0; topic < topic_total.size(); ++topic) {
    topic_limit_[topic] = (topic_total[topic] + staying_brokers() - 1) / std::max(1, staying_brokers()) + kTopicSlack;
  }
  if (snapshot.has_several_log_dirs()) BuildLogDirs();
}

void ClusterState::BuildLogDirs() {
  for (size_t broker = 0; broker < brokers(); ++broker) {
    first_log_dir_.push_back(log_dir_limit_.size());
    for (int dir = 0; dir < LogDirsOf(broker); ++dir) log_dir_limit_.push_back(snapshot_.LogDirLimit(broker, dir));
  }
  log_dir_load_.assign(log_dir_limit_.size(), 0.0);
  for (size_t slot = 0; slot < broker_of_.size(); ++slot) {
    log_dir_load_[first_log_dir_[broker_of_[slot]] + log_dir_of_[slot]] += DiskOf(slot);
  }
}

int ClusterState::RoomiestLogDir(int broker, double disk_mb) const {
  int best = -1;
  double most_room = 0;
  for (int dir = 0; dir < LogDirsOf(broker); ++dir) {
    // The part of the disk that would be left, so that large and small ones fill alike.
    const double limit = LogDirLimit(broker, dir);
    const double room = (limit - LogDirLoad(broker, dir) - disk_mb) / std::max(1.0, limit);
    if (room < 0 || (best >= 0 && room <= most_room)) continue;
    best = dir;
    most_room = room;
  }
  return best;
}

void ClusterState::MoveWithin(uint32_t slot, int log_dir) {
  const uint32_t first = first_log_dir_[broker_of_[slot]];
  log_dir_load_[first + log_dir_of_[slot]] -= DiskOf(slot);
  log_dir_load_[first + log_dir] += DiskOf(slot);
  log_dir_of_[slot] = log_dir;
}

float ClusterState::DiskOf(uint32_t slot) const {
  const uint32_t partition = partition_of_[slot];
  return Leads(slot) ? snapshot_.leader_load[partition][kDisk] : snapshot_.follower_load[partition][kDisk];
}

bool ClusterState::Holds(uint32_t partition, int broker) const {
  for (uint32_t slot = FirstSlot(partition); slot < EndSlot(partition); ++slot) {
    if (broker_of_[slot] == broker) return true;
  }
  return false;
}

int ClusterState::RacksOf(uint32_t partition) const {
  FewDistinct racks;
  for (uint32_t slot = FirstSlot(partition); slot < EndSlot(partition); ++slot) {
    if (stays_[broker_of_[slot]]) racks.Add(rack_[broker_of_[slot]]);
  }
  return racks.size();
}

int ClusterState::RacksWanted(uint32_t partition) const {
  return std::min<int>(EndSlot(partition) - FirstSlot(partition), staying_racks_);
}

bool ClusterState::MayMove(uint32_t slot, int broker) const {
  if (!may_receive_[broker] || !FitsLogDir(slot, broker)) return false;
  const uint32_t partition = partition_of_[slot];
  FewDistinct before, after;
  for (uint32_t other = FirstSlot(partition); other < EndSlot(partition); ++other) {
    const int holder = broker_of_[other];
    if (holder == broker) return false;
    if (stays_[holder]) before.Add(rack_[holder]);
    if (other == slot) {
      after.Add(rack_[broker]);
    } else if (stays_[holder]) {
      after.Add(rack_[holder]);
    }
  }
  if (after.size() >= RacksWanted(partition)) return true;
  // While other replicas are still on brokers that go, or the rule was broken before: nearer to it.
  return after.size() > before.size();
}

bool ClusterState::MayMoveToAnyRack(uint32_t slot, int broker) const {
  return may_receive_[broker] && !Holds(partition_of_[slot], broker) && FitsLogDir(slot, broker);
}

int ClusterState::SpreadChange(int topic, int from, int to) const {
  const uint16_t* count = &topic_count_[static_cast<size_t>(topic) * brokers()];
  const int limit = topic_limit_[topic];
  return (count[to] + 1 > limit) - (count[from] > limit);
}

ClusterState::Entry ClusterState::MakeEntry(uint32_t slot) const {
  const uint32_t partition = partition_of_[slot];
  const auto& load = Leads(slot) ? snapshot_.leader_load[partition] : snapshot_.follower_load[partition];
  return {slot, load[kDisk], load[kNetworkIn], snapshot_.leader_load[partition][kNetworkOut]};
}

void ClusterState::Append(int broker, uint32_t slot) {
  place_[slot] = entries_[broker].size();
  entries_[broker].push_back(MakeEntry(slot));
}

void ClusterState::Move(uint32_t slot, int broker) {
  const int from = broker_of_[slot];
  const LoadVector load = Contribution(slot);
  for (int k = 0; k < kDimensions; ++k) {
    load_[from][k] -= load[k];
    load_[broker][k] += load[k];
  }
  std::vector<Entry>& list = entries_[from];
  list[place_[slot]] = list.back();
  place_[list.back().slot] = place_[slot];
  list.pop_back();
  if (!log_dir_of_.empty()) {
    log_dir_load_[first_log_dir_[from] + log_dir_of_[slot]] -= DiskOf(slot);
    const int home = broker == OriginalBrokerOf(slot) ? snapshot_.log_dir_of[slot] : -1;
    const bool fits_home = home >= 0 && LogDirLoad(broker, home) + DiskOf(slot) <= LogDirLimit(broker, home);
    log_dir_of_[slot] = fits_home ? home : std::max(0, RoomiestLogDir(broker, DiskOf(slot)));
    log_dir_load_[first_log_dir_[broker] + log_dir_of_[slot]] += DiskOf(slot);
  }
  broker_of_[slot] = broker;
  Append(broker, slot);
  uint16_t* count = &topic_count_[static_cast<size_t>(snapshot_.topic_of[partition_of_[slot]]) * brokers()];
  --count[from];
  ++count[broker];
}

void ClusterState::Lead(uint32_t slot) {
  const uint32_t partition = partition_of_[slot];
  const uint32_t before = leader_of_[partition];
  const LoadVector leadership = LeadershipOf(partition);
  if (!log_dir_of_.empty()) {
    log_dir_load_[first_log_dir_[broker_of_[before]] + log_dir_of_[before]] -= leadership[kDiskUse];
    log_dir_load_[first_log_dir_[broker_of_[slot]] + log_dir_of_[slot]] += leadership[kDiskUse];
  }
  for (int k = 0; k < kDimensions; ++k) {
    load_[broker_of_[before]][k] -= leadership[k];
    load_[broker_of_[slot]][k] += leadership[k];
  }
  leader_of_[partition] = slot;
  for (uint32_t changed : {before, slot}) entries_[broker_of_[changed]][place_[changed]] = MakeEntry(changed);
}

}  // namespace sluice::planner
