#include "services/satellite/ports/cell_directory.h"

#include <utility>

namespace sluice::satellite {

void CellDirectory::Subscribe(Listener listener) {
  std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void CellDirectory::Put(Cell cell) {
  const std::string id = cell.physical_cluster;
  {
    std::lock_guard lock(mutex_);
    cells_[id] = std::move(cell);
  }
  Tell(id);
}

void CellDirectory::Remove(const std::string& physical_cluster) {
  {
    std::lock_guard lock(mutex_);
    if (cells_.erase(physical_cluster) == 0) return;
  }
  Tell(physical_cluster);
}

std::optional<Cell> CellDirectory::Find(const std::string& physical_cluster) const {
  std::lock_guard lock(mutex_);
  const auto found = cells_.find(physical_cluster);
  if (found == cells_.end()) return std::nullopt;
  return found->second;
}

std::vector<Cell> CellDirectory::All() const {
  std::lock_guard lock(mutex_);
  std::vector<Cell> cells;
  for (const auto& [id, cell] : cells_) cells.push_back(cell);
  return cells;
}

void CellDirectory::Tell(const std::string& physical_cluster) {
  std::vector<Listener> listeners;
  {
    std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const Listener& listener : listeners) listener(physical_cluster);
}

}  // namespace sluice::satellite
