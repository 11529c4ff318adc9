#include "libs/planner/balance_goal.h"

#include <cmath>
#include <limits>

namespace sluice::planner {
namespace {

// The search aims a little inside the window, so that what is left over at its edge is still within. Further inside
// where brokers differ in size: the last moves still shift the mean of their uses, by which people judge.
constexpr double kAimedPart = 0.95;
constexpr double kAimedPartWhenUnequal = 0.92;
// A shift of the mean of uses that is less than this part of the window is left for the next time.
constexpr double kLeastShift = 0.01;
// Outside the aim so much of the window is tolerated: the last of it is the dearest to find.
constexpr double kTolerated = 0.045;
constexpr double kToleratedWhenUnequal = 0.06;
// CPU follows from the others; it is evened where that is free.
constexpr double kCpuWeight = 0.3;
// What a failure could put on a link is worth no bytes: it is evened out at the end, where that is free.
constexpr double kPotentialWeight = 0;
// Loads are summed from floats, in an order that whoever checks a plan does not know: the search stays this much of a
// limit below it.
constexpr double kBelowLimit = 1e-7;
// Capacities whose ratio differs less than this between brokers count as of one shape.
constexpr double kSameShape = 1e-6;

constexpr int kResourceOf[kDimensions] = {-1, -1, kDisk, kNetworkIn, kNetworkOut, kCpu, kNetworkOut};

// Every replica carries these, so the rack rule bounds them; the others follow the leader, who may be in any rack.
bool FollowsReplicas(int dimension) { return dimension == kReplicas || dimension == kDiskUse || dimension == kIn; }

// Counts go by the size of the disks.
int CapacityOf(int dimension) { return kResourceOf[dimension] < 0 ? kDisk : kResourceOf[dimension]; }

bool AllOfOneSize(const ClusterState& state) {
  const Broker* first = nullptr;
  for (size_t b = 0; b < state.brokers(); ++b) {
    if (!state.Stays(b)) continue;
    const Broker& broker = state.snapshot().brokers[b];
    if (first == nullptr) first = &broker;
    for (int r = 0; r < kResources; ++r) {
      if (std::abs(broker.capacity[r] / first->capacity[r] - 1) > kSameShape) return false;
    }
  }
  return true;
}

}  // namespace

BalanceGoal::BalanceGoal(const ClusterState& state, double window)
    : window_(window),
      of_one_size_(AllOfOneSize(state)),
      aimed_(window * (of_one_size_ ? kAimedPart : kAimedPartWhenUnequal)),
      good_enough_(std::pow(window * (of_one_size_ ? kTolerated : kToleratedWhenUnequal), 2)),
      rows_(state.brokers()),
      share_(state.brokers()),
      limit_(state.brokers()),
      rack_level_(state.brokers(), 1.0) {
  FindRackLevels(state);
  FindShares(state);
  middle_.fill(1);
  // Brokers outside the window will end at its edge, about; the others stay where they are.
  for (int k = 0; k < kDimensions && !of_one_size_; ++k) middle_[k] = MiddleOf(state, k, aimed_);
  SetWindows(state);
}

bool BalanceGoal::Recenter(const ClusterState& state) {
  if (of_one_size_) return false;
  bool shifted = false;
  for (int k = 0; k < kDimensions; ++k) {
    const double middle = MiddleOf(state, k, std::numeric_limits<double>::infinity());
    shifted |= std::abs(middle - middle_[k]) > kLeastShift * window_;
    middle_[k] = middle;
  }
  SetWindows(state);
  return shifted;
}

double BalanceGoal::MiddleOf(const ClusterState& state, int dimension, double aimed) const {
  double sum = 0, weighted = 0, weight = 0;
  for (int b : state.staying()) {
    const double share = share_[b][dimension];
    if (share <= 0) return 1;
    const double level = LevelOf(b, dimension);
    const double use = std::clamp(state.Load(b)[dimension] / share, std::min(1.0, level) * (1 - aimed),
                                  std::max(1.0, level) * (1 + aimed));
    sum += use;
    weighted += use * share;
    weight += share;
  }
  return sum / state.staying_brokers() / (weighted / weight);
}

void BalanceGoal::FindShares(const ClusterState& state) {
  const Snapshot& snapshot = state.snapshot();
  LoadVector total = {}, capacity = {};
  for (size_t b = 0; b < state.brokers(); ++b) {
    for (int k = 0; k < kDimensions; ++k) {
      total[k] += state.Load(b)[k];
      if (state.Stays(b)) capacity[k] += snapshot.brokers[b].capacity[CapacityOf(k)];
    }
    for (int r = 0; r < kResources; ++r) limit_[b][kDiskUse + r] = snapshot.LimitOf(b, r) * (1 - kBelowLimit);
  }
  // Processors that do not grow with the links cannot be even where the links are: then CPU is only a limit.
  for (int b : state.staying()) {
    const ResourceVector& c = snapshot.brokers[b].capacity;
    const double cpu = c[kCpu] / capacity[kCpuUse], network = c[kNetworkIn] / capacity[kIn];
    cpu_has_shape_of_network_ &= std::abs(cpu - network) < kSameShape;
    for (int k = 0; k < kDimensions; ++k) share_[b][k] = total[k] * c[CapacityOf(k)] / capacity[k];
  }
}

void BalanceGoal::SetWindows(const ClusterState& state) {
  for (int b : state.staying()) {
    for (int k = 0; k < kDimensions; ++k) {
      if (share_[b][k] <= 0) continue;  // nobody has any of it
      Row& row = rows_[b];
      row.inverse_share[k] = 1 / share_[b][k];
      const double level = LevelOf(b, k);
      row.high[k] = std::max(1.0, level) * middle_[k] * (1 + aimed_);
      row.low[k] = std::min(1.0, level) * middle_[k] * (1 - aimed_);
      row.root_weight[k] = 1;
      if (k == kCpuUse) row.root_weight[k] = cpu_has_shape_of_network_ ? std::sqrt(kCpuWeight) : 0;
      if (kResourceOf[k] < 0) continue;
      const double limit = limit_[b][kDiskUse + kResourceOf[k]] / share_[b][k];
      if (k == kPotentialOut) {
        // Only what would be too much matters, and where the mean is too much already nothing can be done about it.
        row.low[k] = -1;
        row.high[k] = std::max(limit, 1 + aimed_);
        row.root_weight[k] = std::sqrt(kPotentialWeight);
      } else {
        row.high[k] = std::min(row.high[k], std::max(limit, 1.0));
      }
    }
  }
}

double BalanceGoal::LevelOf(int broker, int dimension) const {
  return FollowsReplicas(dimension) ? rack_level_[broker] : 1.0;
}

void BalanceGoal::FindRackLevels(const ClusterState& state) {
  const Snapshot& snapshot = state.snapshot();
  size_t most_replicas = 0;
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    most_replicas = std::max(most_replicas, snapshot.ReplicasOf(p).size());
  }
  if (most_replicas == 0) return;
  std::vector<double> share(state.brokers(), 0.0);  // by rack: an upper bound for how many there are
  double capacity = 0;
  for (size_t b = 0; b < state.brokers(); ++b) {
    if (!state.Stays(b)) continue;
    share[state.RackOf(b)] += snapshot.brokers[b].capacity[kDisk];
    capacity += snapshot.brokers[b].capacity[kDisk];
  }
  for (double& s : share) s /= capacity;
  const int racks = state.staying_racks();
  std::vector<double> level(share.size(), 1.0);
  if (racks <= static_cast<int>(most_replicas)) {
    // Every rack holds one replica of each partition: the same load, whatever its capacity.
    for (size_t r = 0; r < share.size(); ++r) {
      if (share[r] > 0) level[r] = 1.0 / racks / share[r];
    }
  } else {
    // A rack holds at most one of a partition's replicas. Racks with a larger share are full at that; the rest is for
    // the others, which may fill the next one: at most `racks` rounds.
    const double most = 1.0 / most_replicas;
    std::vector<char> full(share.size(), 0);
    for (bool changed = true; changed;) {
      changed = false;
      double load = 1, room = 0;
      for (size_t r = 0; r < share.size(); ++r) {
        if (full[r]) {
          load -= most;
        } else {
          room += share[r];
        }
      }
      const double rest = room > 0 ? load / room : 1.0;
      for (size_t r = 0; r < share.size(); ++r) {
        if (full[r]) {
          level[r] = most / share[r];
        } else if (share[r] > 0) {
          level[r] = rest;
          if (share[r] * rest > most + 1e-12) full[r] = changed = true;
        }
      }
    }
  }
  for (size_t b = 0; b < state.brokers(); ++b) rack_level_[b] = level[state.RackOf(b)];
}

}  // namespace sluice::planner
