#include "libs/planner/search/least_bytes.h"

#include <algorithm>
#include <map>

namespace sluice::planner {

double LeastBytesMb(const ClusterState& start, const BalanceGoal& goal) {
  struct Forced {
    double leave = 0, come = 0;
  };
  std::map<int, Forced> forced;  // by rack where each is on its own, else all under one key
  for (size_t b = 0; b < start.brokers(); ++b) {
    Forced& here = forced[start.racks_are_fixed() ? start.RackOf(b) : 0];
    const double disk = start.Load(b)[kDiskUse];
    if (!start.Stays(b)) {
      here.leave += disk;
      continue;
    }
    const double share = goal.Share(b, kDiskUse);
    here.leave += std::max(0.0, disk - goal.High(b, kDiskUse) * share);
    here.come += std::max(0.0, goal.Low(b, kDiskUse) * share - disk);
  }
  double sum = 0;
  for (const auto& [rack, here] : forced) sum += std::max(here.leave, here.come);
  return sum;
}

}  // namespace sluice::planner
