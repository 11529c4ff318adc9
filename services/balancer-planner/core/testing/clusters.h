#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner::testing {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A cluster as its satellite tells of it at kNow: brokers 1 to n, UP, each ready for an hour, with a disk of 100 GB and
// a link of 100 MB/s.
struct Cluster {
  SeenStatus status;
  SeenLoad load;

  SeenBroker& Broker(int32_t id);
  SeenBrokerLoad& LoadOf(int32_t id);
  // Its process is gone since `since`: no load is told of it either, and its replicas are not in sync.
  void Lose(int32_t id, absl::Time since);
  // A new broker without replicas.
  void Add(int32_t id);
  // With leader first; all in sync.
  void Put(const std::string& topic, int32_t partition, std::vector<int32_t> replicas, int64_t size_bytes = 1'000'000,
           double in_bytes_per_second = 1000);
  void SetTime(absl::Time time);
};

Cluster ClusterOf(int32_t brokers);

// `partitions` of the topic "even" with three replicas, spread round robin over all brokers: nothing to do.
Cluster EvenCluster(int32_t brokers, int32_t partitions);

}  // namespace sluice::balancer_planner::testing
