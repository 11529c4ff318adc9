#pragma once

#include <algorithm>
#include <vector>

#include "libs/planner/cluster_state.h"
#include "libs/planner/load_vector.h"

namespace sluice::planner {

// How even is even enough, as a penalty: for each broker and dimension there is a window around the broker's fair
// share, and what lies outside costs its squared relative distance. Inside the window nothing is gained, so nothing
// moves.
//
// The fair share follows capacity. Where racks are few or unequal a rack cannot hold more than one replica of each
// partition, so its brokers cannot reach the mean: their window reaches from the mean's to the rack's own level.
class BalanceGoal {
 public:
  // `window`: 0.03 lets a broker be 3 % above or below its share; in (0, 1].
  BalanceGoal(const ClusterState& state, double window);

  // The penalty of `broker` over the dimensions Ks, were its load `load + sign * change`.
  template <int... Ks>
  double CostWith(int broker, const LoadVector& load, const LoadVector& change, double sign) const {
    const Row& row = rows_[broker];
    return (... + Penalty(row, Ks, load[Ks] + sign * change[Ks]));
  }
  template <int... Ks>
  double Cost(int broker, const LoadVector& load) const {
    const Row& row = rows_[broker];
    return (... + Penalty(row, Ks, load[Ks]));
  }

  // `value` relative to the broker's fair share: 1 is even.
  double Relative(int broker, int dimension, double value) const {
    return value * rows_[broker].inverse_share[dimension];
  }
  double Share(int broker, int dimension) const { return share_[broker][dimension]; }
  double Low(int broker, int dimension) const { return rows_[broker].low[dimension]; }
  double High(int broker, int dimension) const { return rows_[broker].high[dimension]; }
  // Would the broker's use of any resource be above its limit?
  bool OverLimit(int broker, const LoadVector& load, const LoadVector& change) const {
    const LoadVector& limit = limit_[broker];
    return load[kDiskUse] + change[kDiskUse] > limit[kDiskUse] || load[kIn] + change[kIn] > limit[kIn] ||
           load[kOut] + change[kOut] > limit[kOut] || load[kCpuUse] + change[kCpuUse] > limit[kCpuUse];
  }
  double Limit(int broker, int dimension) const { return limit_[broker][dimension]; }
  // The broker's level over all brokers' mean that its rack forces: 1 where racks force nothing.
  double RackLevel(int broker) const { return rack_level_[broker]; }
  double window() const { return window_; }
  // The penalty below which a broker needs no more work: a little outside the aim, and still inside the window.
  double good_enough() const { return good_enough_; }

 private:
  struct Row {
    LoadVector inverse_share = {};
    LoadVector low = {};
    LoadVector high = {};
    LoadVector weight = {};
  };
  static double Penalty(const Row& row, int dimension, double value) {
    const double relative = value * row.inverse_share[dimension];
    const double outside = std::max(0.0, std::max(relative - row.high[dimension], row.low[dimension] - relative));
    return row.weight[dimension] * outside * outside;
  }
  void FindRackLevels(const ClusterState& state);
  double ForecastMiddleOfDisk(const ClusterState& state, double aimed) const;

  double window_;
  double good_enough_ = 0;
  std::vector<Row> rows_;
  std::vector<LoadVector> share_;
  std::vector<LoadVector> limit_;
  std::vector<double> rack_level_;
};

}  // namespace sluice::planner
