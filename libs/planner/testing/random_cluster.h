#pragma once

#include <cstdint>

#include "libs/planner/snapshot.h"

namespace sluice::planner::testing {

// A small cluster as a seed makes it, for properties that hold for all of them.
struct RandomClusterOptions {
  uint64_t seed = 1;
  int brokers = 9;
  int racks = 3;
  int partitions = 300;
  int replication = 3;
  int added = 0;    // NEW brokers, empty
  int leaving = 0;  // of `brokers`
  int dead = 0;     // of `brokers`
  bool unequal = false;
  double disk_use = 0.5;  // of capacity, on average
};

Snapshot RandomCluster(const RandomClusterOptions& options);

}  // namespace sluice::planner::testing
