#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libs/planner/cluster_state.h"
#include "libs/planner/reason.h"

namespace sluice::planner {

// A replica that is not where it was; ordered by the disk that it takes.
struct Moved {
  float disk;
  uint32_t slot;
  friend bool operator==(const Moved&, const Moved&) = default;
  // Not by <=>, which asks of every pair of floats whether they can be ordered: lists of these are sorted.
  friend bool operator<(const Moved& a, const Moved& b) { return a.disk != b.disk ? a.disk < b.disk : a.slot < b.slot; }
};

// By the broker that each is on now, in no order.
std::vector<std::vector<Moved>> Arrivals(const ClusterState& state, const ReasonLog& reasons);
// By the broker that each was on, in no order; only those that may come back: their broker stays and takes replicas,
// and they did not leave for the rack rule.
std::vector<std::vector<Moved>> Departures(const ClusterState& state, const ReasonLog& reasons);

// Of `sorted`, the `each_way` next smaller than `moved` and the `each_way` next that are not.
std::span<const Moved> Neighbours(std::span<const Moved> sorted, const Moved& moved, size_t each_way);

}  // namespace sluice::planner
