#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

// One cluster's sample from the parts that it comes in. A sample without all of its parts is never given out: what a
// part does not name would look gone.
class LoadAssembly {
 public:
  // Beyond these a sample is no cluster's, and its parts are dropped.
  static constexpr int32_t kMostParts = 1000;
  static constexpr size_t kMostPartitions = 2'000'000;

  // Part `part` of `parts`, counted from 1. The whole once its last missing part has come. A part of a newer sample
  // gives up an older one that is not whole; an older one's, or one that came already, is ignored.
  std::optional<SeenLoad> Add(SeenLoad load, int32_t part, int32_t parts);

 private:
  absl::Time time_ = absl::InfinitePast();
  int32_t parts_ = 0;
  std::map<int32_t, SeenLoad> have_;
  size_t partitions_ = 0;
};

}  // namespace sluice::balancer_planner
