#include "libs/bus/reader/generation_filter.h"

namespace sluice::bus {

bool GenerationFilter::Admit(std::string_view key, std::int64_t generation, bool tombstone) {
  if (generation <= 0) return true;
  Known& known = generations_[std::string(key)];
  if (generation <= known.generation) return false;
  known = {generation, tombstone};
  if (!tombstone) return true;
  tombstones_.emplace_back(key, generation);
  while (static_cast<int>(tombstones_.size()) > max_tombstones_) {
    const auto& [oldest, at] = tombstones_.front();
    auto found = generations_.find(oldest);
    // Unless the key lives again, or died again later.
    if (found != generations_.end() && found->second.tombstone && found->second.generation == at) {
      generations_.erase(found);
    }
    tombstones_.pop_front();
  }
  return true;
}

}  // namespace sluice::bus
