#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
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
  struct Row {
    LoadVector inverse_share = {};
    LoadVector low = {};
    LoadVector high = {};
    LoadVector root_weight = {};
  };
  static double Penalty(const Row& row, int dimension, double value) {
    const double relative = value * row.inverse_share[dimension];
    const double outside = row.root_weight[dimension] *
                           std::max(0.0, std::max(relative - row.high[dimension], row.low[dimension] - relative));
    return outside * outside;
  }

 public:
  // `window`: 0.03 lets a broker be 3 % above or below its share; in (0, 1].
  BalanceGoal(const ClusterState& state, double window);

  // Moves the windows to where `state` has the mean of the brokers' uses. Where brokers differ in size that is not the
  // use of the mean, by which the windows begin, and shifts with what moves; where they do not this changes nothing.
  // False: nothing has changed by as much as matters.
  bool Recenter(const ClusterState& state);

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

  // CostWith of one broker and its present load, with all of it that does not depend on the change computed before: for
  // scans of many changes.
  template <int... Ks>
  class Gauge {
   public:
    Gauge(const BalanceGoal& goal, int broker, const LoadVector& load)
        : edges_{EdgesOf(goal.rows_[broker], Ks, load)...} {}
    double Cost() const { return CostWith({}, 0); }
    double CostWith(const LoadVector& change, double sign) const {
      double sum = 0;
      size_t i = 0;
      ((sum += edges_[i++].Penalty(sign * change[Ks])), ...);
      return sum;
    }

   private:
    struct Edges {
      double above, below;  // outside the window by so much now, each below 0 inside of it
      double per_unit;
      double Penalty(double change) const {
        const double step = change * per_unit;
        const double outside = std::max(0.0, std::max(above + step, below - step));
        return outside * outside;
      }
    };
    static Edges EdgesOf(const Row& row, int dimension, const LoadVector& load) {
      const double relative = load[dimension] * row.inverse_share[dimension];
      const double scale = row.root_weight[dimension];
      return {(relative - row.high[dimension]) * scale, (row.low[dimension] - relative) * scale,
              row.inverse_share[dimension] * scale};
    }
    std::array<Edges, sizeof...(Ks)> edges_;
  };

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
  void FindShares(const ClusterState& state);
  void FindRackLevels(const ClusterState& state);
  void SetWindows(const ClusterState& state);
  // What racks make of a broker's share of `dimension`: 1 where they force nothing.
  double LevelOf(int broker, int dimension) const;
  // Of the brokers' relative use of `dimension`, each taken to be at most `aimed` outside its level.
  double MiddleOf(const ClusterState& state, int dimension, double aimed) const;

  double window_;
  bool of_one_size_;
  double aimed_;  // of the level, to either side
  double good_enough_;
  LoadVector middle_ = {};  // the mean of the brokers' uses over the use of the mean
  bool cpu_has_shape_of_network_ = true;
  std::vector<Row> rows_;
  std::vector<LoadVector> share_;
  std::vector<LoadVector> limit_;
  std::vector<double> rack_level_;
};

}  // namespace sluice::planner
