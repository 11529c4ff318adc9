#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "libs/planner/cluster_state.h"

namespace sluice::planner {

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
