#include "services/satellite/ports/load_board.h"

#include <utility>

namespace sluice::satellite {

void LoadBoard::Put(LoadReading reading) {
  std::lock_guard lock(mutex_);
  const std::string id = reading.sample.physical_cluster();
  readings_[id] = std::move(reading);
}

void LoadBoard::Remove(const std::string& physical_cluster) {
  std::lock_guard lock(mutex_);
  readings_.erase(physical_cluster);
}

std::optional<LoadReading> LoadBoard::Latest(const std::string& physical_cluster) const {
  std::lock_guard lock(mutex_);
  const auto found = readings_.find(physical_cluster);
  if (found == readings_.end()) return std::nullopt;
  return found->second;
}

}  // namespace sluice::satellite
