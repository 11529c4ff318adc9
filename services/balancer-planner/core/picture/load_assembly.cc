#include "services/balancer-planner/core/picture/load_assembly.h"

#include <iterator>
#include <utility>

namespace sluice::balancer_planner {

std::optional<SeenLoad> LoadAssembly::Add(SeenLoad load, int32_t part, int32_t parts) {
  if (parts < 1 || parts > kMostParts || part < 1 || part > parts || load.time < time_) return std::nullopt;
  if (load.time > time_ || parts != parts_) {
    time_ = load.time;
    parts_ = parts;
    have_.clear();
    partitions_ = 0;
  }
  partitions_ += load.partitions.size();
  if (partitions_ > kMostPartitions || !have_.try_emplace(part, std::move(load)).second ||
      static_cast<int32_t>(have_.size()) < parts_) {
    return std::nullopt;
  }
  SeenLoad whole = std::move(have_.begin()->second);
  for (auto next = std::next(have_.begin()); next != have_.end(); ++next) {
    SeenLoad& more = next->second;
    whole.brokers.insert(whole.brokers.end(), std::make_move_iterator(more.brokers.begin()),
                         std::make_move_iterator(more.brokers.end()));
    whole.partitions.insert(whole.partitions.end(), std::make_move_iterator(more.partitions.begin()),
                            std::make_move_iterator(more.partitions.end()));
  }
  // A repeat of the same sample gives it out again: the same facts, so no harm.
  have_.clear();
  partitions_ = 0;
  return whole;
}

}  // namespace sluice::balancer_planner
