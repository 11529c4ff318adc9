#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/balancer-planner/core/model/rebalance.h"
#include "services/balancer-planner/core/model/seen_cluster.h"
#include "services/balancer-planner/core/picture/cluster_picture.h"
#include "services/balancer-planner/core/picture/load_assembly.h"

namespace sluice::balancer_planner {

// What satellites said last of each cluster: written by each data plane's readers, read by the loop and by calls. All
// of it comes again from Kafka after a restart, but for who was moved lately and the verdict. Thread-safe.
class ClusterBoard {
 public:
  // Further ones of a data plane are not taken in.
  static constexpr size_t kMostClusters = 5000;

  void PutStatus(SeenStatus status);
  // A sign of life of the data plane's satellite.
  void PutLife(const std::string& data_plane, absl::Time time);
  // One part of a sample of `data_plane`'s.
  void PutLoad(const std::string& data_plane, SeenLoad load, int32_t part, int32_t parts);
  // Nothing is left of it.
  void Forget(const ClusterKey& key);
  void ForgetDataPlane(const std::string& data_plane);

  std::vector<ClusterKey> Clusters() const;
  std::optional<SeenStatus> StatusOf(const ClusterKey& key) const;
  // Null before its first sample.
  std::shared_ptr<const SeenLoad> LoadOf(const ClusterKey& key) const;
  // Partitions whose replicas were seen to change since `since`.
  std::set<PartitionName> MovedSince(const ClusterKey& key, absl::Time since) const;
  // What each broker has by the last sample.
  std::map<int32_t, BrokerShare> SharesOf(const ClusterKey& key) const;

  // What the loop thinks of the cluster, for people.
  void SetVerdict(const ClusterKey& key, std::string verdict);
  std::string VerdictOf(const ClusterKey& key) const;

 private:
  struct Entry {
    std::optional<SeenStatus> status;
    std::shared_ptr<const SeenLoad> load;
    LoadAssembly assembly;
    std::map<PartitionName, absl::Time> moved;
    std::string verdict = "its data plane has not told of it lately";
  };
  // Null where there is no room for one more. Under mutex_.
  Entry* EntryOf(const ClusterKey& key);
  const Entry* Find(const ClusterKey& key) const;

  mutable std::mutex mutex_;
  std::map<ClusterKey, Entry> clusters_;
  std::map<std::string, absl::Time> lives_;  // by data plane
};

}  // namespace sluice::balancer_planner
