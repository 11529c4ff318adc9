#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libs/planner/load_vector.h"
#include "libs/planner/snapshot.h"

namespace sluice::planner {

// The assignment that a search works on: where each replica is now, who leads, and what that puts on every broker.
// Moves and leader changes are O(replicas of one partition). Not thread-safe; one search owns it.
class ClusterState {
 public:
  // One replica as its broker's list holds it: what scanning needs, without a jump to the partition's own arrays.
  struct Entry {
    uint32_t slot;  // its place in Snapshot::replicas
    float disk;
    float in;
    float potential_out;
  };

  explicit ClusterState(const Snapshot& snapshot);

  const Snapshot& snapshot() const { return snapshot_; }
  size_t brokers() const { return load_.size(); }
  const LoadVector& Load(int broker) const { return load_[broker]; }
  std::span<const Entry> On(int broker) const { return entries_[broker]; }
  uint32_t PartitionOf(uint32_t slot) const { return partition_of_[slot]; }
  int TopicOf(uint32_t slot) const { return snapshot_.topic_of[partition_of_[slot]]; }
  int BrokerOf(uint32_t slot) const { return broker_of_[slot]; }
  int OriginalBrokerOf(uint32_t slot) const { return snapshot_.replicas[slot]; }
  bool Leads(uint32_t slot) const { return leader_of_[partition_of_[slot]] == slot; }
  uint32_t LeaderSlot(uint32_t partition) const { return leader_of_[partition]; }
  uint32_t FirstSlot(uint32_t partition) const { return snapshot_.first_replica[partition]; }
  uint32_t EndSlot(uint32_t partition) const { return snapshot_.first_replica[partition + 1]; }

  // What the replica puts on the broker that holds it, in its present role.
  LoadVector Contribution(uint32_t slot) const;
  // What leadership adds to a broker that holds the partition anyway.
  LoadVector LeadershipOf(uint32_t partition) const;
  float DiskOf(uint32_t slot) const;

  // Left alone, but for what must leave a broker.
  bool IsPinned(uint32_t partition) const { return pinned_[partition]; }
  void Pin(uint32_t partition) { pinned_[partition] = true; }
  // May the replica lead where it is: on a broker that may get something, and in sync or a copy that the plan makes.
  bool IsHeir(uint32_t slot) const {
    const int broker = broker_of_[slot];
    return may_receive_[broker] && (broker != OriginalBrokerOf(slot) || snapshot_.InSync(slot));
  }

  bool Holds(uint32_t partition, int broker) const;
  // Different racks under the partition's replicas, those on brokers that do not stay left out.
  int RacksOf(uint32_t partition) const;
  // The most racks that it can be on.
  int RacksWanted(uint32_t partition) const;
  // May the replica go to `broker`: it stays, is not cordoned, does not hold the partition, has a log dir with
  // room, and the rack rule is kept or comes nearer to being kept.
  bool MayMove(uint32_t slot, int broker) const;
  // The same without asking that the rack rule comes nearer: for a replica that must leave and has nowhere better.
  bool MayMoveToAnyRack(uint32_t slot, int broker) const;
  bool MayReceive(int broker) const { return may_receive_[broker]; }
  bool Stays(int broker) const { return stays_[broker]; }
  bool IsNew(int broker) const { return snapshot_.brokers[broker].state == BrokerState::kNew; }
  // Those that stay, in the order of the snapshot.
  const std::vector<int>& staying() const { return staying_; }
  int RackOf(int broker) const { return rack_[broker]; }
  int staying_racks() const { return staying_racks_; }
  // No partition has fewer replicas than there are racks, and these are several: a replica can only go to a broker of
  // its own rack.
  bool racks_are_fixed() const { return racks_are_fixed_; }
  // At the start; 0 when there are none.
  double mean_replica_mb() const { return mean_replica_mb_; }
  int staying_brokers() const { return static_cast<int>(staying_.size()); }

  // How much the topic is over its fair share on brokers: the change of Σ max(0, count − (⌈mean⌉ + 2)) when a replica
  // of `topic` goes from one broker to another: −1, 0 or 1.
  int SpreadChange(int topic, int from, int to) const;

  // The same when the replicas change brokers.
  int SpreadChangeOfExchange(uint32_t slot, uint32_t other) const {
    const int here = broker_of_[slot], there = broker_of_[other];
    return SpreadChange(TopicOf(slot), here, there) + SpreadChange(TopicOf(other), there, here);
  }

  // Does the broker hold more of the topic than its fair share and a little?
  bool IsCrowded(int topic, int broker) const {
    return topic_count_[static_cast<size_t>(topic) * brokers() + broker] > topic_limit_[topic];
  }

  // To the log dir with the most room, or to where it came from.
  void Move(uint32_t slot, int broker);
  void Lead(uint32_t slot);

  // Log dirs: all 0, and none has a limit of its own, where no broker has several.
  int LogDirOf(uint32_t slot) const { return log_dir_of_.empty() ? 0 : log_dir_of_[slot]; }
  double LogDirLoad(int broker, int log_dir) const { return log_dir_load_[first_log_dir_[broker] + log_dir]; }
  double LogDirLimit(int broker, int log_dir) const { return log_dir_limit_[first_log_dir_[broker] + log_dir]; }
  int LogDirsOf(int broker) const { return snapshot_.LogDirsOf(broker); }
  void MoveWithin(uint32_t slot, int log_dir);

 private:
  void Append(int broker, uint32_t slot);
  void BuildLogDirs();
  // The log dir of `broker` with the most room after `disk_mb` more; -1 where it fits into none.
  int RoomiestLogDir(int broker, double disk_mb) const;
  bool FitsLogDir(uint32_t slot, int broker) const {
    return log_dir_of_.empty() || RoomiestLogDir(broker, DiskOf(slot)) >= 0;
  }
  Entry MakeEntry(uint32_t slot) const;

  const Snapshot& snapshot_;
  std::vector<uint16_t> broker_of_;     // by slot
  std::vector<uint32_t> leader_of_;     // by partition: a slot
  std::vector<uint32_t> partition_of_;  // by slot
  std::vector<uint32_t> place_;         // by slot: its place in its broker's list
  std::vector<std::vector<Entry>> entries_;
  std::vector<LoadVector> load_;
  std::vector<int> rack_;
  std::vector<char> stays_;
  std::vector<int> staying_;
  std::vector<char> may_receive_;
  std::vector<uint16_t> topic_count_;  // topic × broker
  std::vector<uint16_t> topic_limit_;
  std::vector<bool> pinned_;
  // Of all log dirs, those of one broker side by side; empty where no broker has several.
  std::vector<uint8_t> log_dir_of_;  // by slot
  std::vector<uint32_t> first_log_dir_;
  std::vector<double> log_dir_load_, log_dir_limit_;
  int staying_racks_ = 0;
  bool racks_are_fixed_ = false;
  double mean_replica_mb_ = 0;
};

inline LoadVector ClusterState::Contribution(uint32_t slot) const {
  const uint32_t partition = partition_of_[slot];
  const bool leads = leader_of_[partition] == slot;
  const auto& load = leads ? snapshot_.leader_load[partition] : snapshot_.follower_load[partition];
  return {1,
          leads ? 1.0 : 0.0,
          load[kDisk],
          load[kNetworkIn],
          load[kNetworkOut],
          load[kCpu],
          snapshot_.leader_load[partition][kNetworkOut]};
}

inline LoadVector ClusterState::LeadershipOf(uint32_t partition) const {
  const auto& leader = snapshot_.leader_load[partition];
  const auto& follower = snapshot_.follower_load[partition];
  return {0,
          1,
          leader[kDisk] - follower[kDisk],
          leader[kNetworkIn] - follower[kNetworkIn],
          leader[kNetworkOut] - follower[kNetworkOut],
          leader[kCpu] - follower[kCpu],
          0};
}

// Calls `visit` for about `sample` of the entries, or for all where they are few, in blocks of one cache line spread
// evenly over them; `turn` shifts the blocks, so that the next look sees others. Returns how many it visited.
template <typename Visit>
size_t VisitSample(std::span<const ClusterState::Entry> entries, size_t sample, size_t turn, Visit visit) {
  constexpr size_t kBlock = 64 / sizeof(ClusterState::Entry);
  const size_t blocks = (entries.size() + kBlock - 1) / kBlock;
  const size_t stride = std::max<size_t>(1, entries.size() / sample);
  size_t visited = 0;
  for (size_t block = turn % stride; block < blocks; block += stride) {
    const size_t end = std::min(entries.size(), (block + 1) * kBlock);
    for (size_t i = block * kBlock; i < end; ++i) visit(entries[i]);
    visited += end - block * kBlock;
  }
  return visited;
}

}  // namespace sluice::planner
