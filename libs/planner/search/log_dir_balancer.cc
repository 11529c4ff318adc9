#include "libs/planner/search/log_dir_balancer.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::planner {
namespace {

// A log dir is left alone until it is fuller than its broker's mean by the first, and then brought to the second, both
// in parts of its limit: apart, so that the log dirs do not swing.
constexpr double kUnevenStart = 0.15;
constexpr double kUnevenStop = 0.05;
constexpr double kNothingMb = 1e-3;
constexpr double kClear = 0.98;  // of the limit, when a log dir was over it

}  // namespace

LogDirBalancer::LogDirBalancer(ClusterState& state, WorkBudget& budget, ReasonLog& reasons)
    : state_(state), budget_(budget), reasons_(reasons) {}

double LogDirBalancer::Use(int broker, int log_dir) const {
  return state_.LogDirLoad(broker, log_dir) / std::max(1.0, state_.LogDirLimit(broker, log_dir));
}

void LogDirBalancer::KeepWhatStays() {
  const Snapshot& snapshot = state_.snapshot();
  if (!snapshot.has_several_log_dirs()) return;
  for (uint32_t partition = 0; partition < snapshot.partitions(); ++partition) {
    for (uint32_t slot = state_.FirstSlot(partition); slot < state_.EndSlot(partition); ++slot) {
      for (uint32_t was = state_.FirstSlot(partition); was < state_.EndSlot(partition); ++was) {
        if (state_.OriginalBrokerOf(was) == state_.BrokerOf(slot)) state_.MoveWithin(slot, snapshot.LogDirOf(was));
      }
    }
  }
}

void LogDirBalancer::Relieve() {
  if (!state_.snapshot().has_several_log_dirs()) return;
  for (size_t broker = 0; broker < state_.brokers(); ++broker) {
    if (!state_.Stays(broker)) continue;
    for (int dir = 0; dir < state_.LogDirsOf(broker); ++dir) {
      const double load = state_.LogDirLoad(broker, dir), limit = state_.LogDirLimit(broker, dir);
      if (load > limit) MoveOut(broker, dir, load - limit * kClear);
    }
  }
}

void LogDirBalancer::EvenOut() {
  Relieve();
  if (!state_.snapshot().has_several_log_dirs()) return;
  for (size_t broker = 0; broker < state_.brokers(); ++broker) {
    if (state_.Stays(broker) && state_.LogDirsOf(broker) > 1) LevelBroker(broker);
  }
}

void LogDirBalancer::LevelBroker(int broker) {
  double load = 0, limit = 0;
  for (int dir = 0; dir < state_.LogDirsOf(broker); ++dir) {
    load += state_.LogDirLoad(broker, dir);
    limit += std::max(1.0, state_.LogDirLimit(broker, dir));
  }
  const double mean = load / limit;
  for (int dir = 0; dir < state_.LogDirsOf(broker); ++dir) {
    if (Use(broker, dir) <= mean + kUnevenStart) continue;
    MoveOut(broker, dir, (Use(broker, dir) - mean - kUnevenStop) * std::max(1.0, state_.LogDirLimit(broker, dir)));
  }
}

void LogDirBalancer::MoveOut(int broker, int from, double excess_mb) {
  std::vector<std::pair<double, uint32_t>> largest_first;
  for (const ClusterState::Entry& entry : state_.On(broker)) {
    if (state_.LogDirOf(entry.slot) != from || state_.IsPinned(state_.PartitionOf(entry.slot))) continue;
    largest_first.emplace_back(-entry.disk, entry.slot);
  }
  std::sort(largest_first.begin(), largest_first.end());
  budget_.Spend(largest_first.size());
  // The least that helps: first what is no larger than the excess, then the smallest that is.
  for (const auto& [minus_disk, slot] : largest_first) {
    if (-minus_disk <= excess_mb && TryMove(broker, slot)) excess_mb += minus_disk;
  }
  for (auto entry = largest_first.rbegin(); entry != largest_first.rend() && excess_mb > kNothingMb; ++entry) {
    if (state_.LogDirOf(entry->second) == from && TryMove(broker, entry->second)) excess_mb += entry->first;
  }
}

bool LogDirBalancer::TryMove(int broker, uint32_t slot) {
  const int from = state_.LogDirOf(slot);
  const double disk = state_.DiskOf(slot);
  if (disk <= 0) return false;
  int best = -1;
  double emptiest = Use(broker, from);
  for (int dir = 0; dir < state_.LogDirsOf(broker); ++dir) {
    const double after = state_.LogDirLoad(broker, dir) + disk;
    if (dir == from || after > state_.LogDirLimit(broker, dir)) continue;
    const double use = after / std::max(1.0, state_.LogDirLimit(broker, dir));
    if (use < emptiest) emptiest = use, best = dir;
  }
  budget_.Spend(state_.LogDirsOf(broker));
  if (best < 0) return false;
  state_.MoveWithin(slot, best);
  if (state_.BrokerOf(slot) == state_.OriginalBrokerOf(slot)) reasons_.copies[slot] = {Reason::kLogDirFull, kDiskUse};
  return true;
}

}  // namespace sluice::planner
