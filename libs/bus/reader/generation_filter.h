#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace sluice::bus {

// Lets a key's records through only with a higher generation than before: a compacted topic's last value may be an old
// one for a while. Tombstones are remembered too, so that a late document does not raise the dead, up to a bound. Pure.
class GenerationFilter {
 public:
  explicit GenerationFilter(int max_tombstones) : max_tombstones_(max_tombstones) {}

  // True when the record is news. Records without a generation (0) are always.
  bool Admit(std::string_view key, std::int64_t generation, bool tombstone);
  std::size_t size() const { return generations_.size(); }

 private:
  struct Known {
    std::int64_t generation = 0;
    bool tombstone = false;
  };

  const int max_tombstones_;
  absl::flat_hash_map<std::string, Known> generations_;
  // Keys in the order of their tombstones, with the generation then.
  std::deque<std::pair<std::string, std::int64_t>> tombstones_;
};

}  // namespace sluice::bus
