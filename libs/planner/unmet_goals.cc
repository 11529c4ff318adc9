#include "libs/planner/unmet_goals.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::planner {
namespace {

constexpr double kRounding = 1e-6;  // relative
constexpr int kLimited[] = {kDiskUse, kIn, kOut, kCpuUse};
constexpr int kEvened[] = {kReplicas, kLeaders, kDiskUse, kIn, kOut};

class Finder {
 public:
  Finder(const ClusterState& end, const BalanceGoal& goal, const Plan& plan) : end_(end), goal_(goal), plan_(plan) {}

  void OverLimits() {
    for (size_t b = 0; b < end_.brokers(); ++b) {
      for (int k : kLimited) {
        const double limit = goal_.Limit(b, k), load = plan_.loads_after[b][k];
        if (end_.Stays(b) && load > limit * (1 + kRounding)) Add(b, k, limit > 0 ? load / limit : load, 1, true);
      }
    }
  }
  void Uneven(bool new_brokers_only) {
    for (size_t b = 0; b < end_.brokers(); ++b) {
      if (!end_.Stays(b) || (new_brokers_only && !end_.IsNew(b))) continue;
      for (int k : kEvened) {
        if (new_brokers_only && (k == kLeaders || k == kOut)) continue;
        if (goal_.Share(b, k) <= 0) continue;
        const double relative = goal_.Relative(b, k, plan_.loads_after[b][k]);
        if (relative < goal_.Low(b, k) - kRounding) Add(b, k, relative, goal_.Low(b, k), false);
        if (relative > goal_.High(b, k) + kRounding && !new_brokers_only) Add(b, k, relative, goal_.High(b, k), false);
      }
    }
  }
  std::vector<Unmet> Take() { return std::move(unmet_); }

 private:
  void Add(size_t broker, int dimension, double value, double bound, bool over_limit) {
    Unmet unmet{static_cast<uint16_t>(broker), dimension, value, bound, over_limit};
    const std::string why = Why(broker, unmet.constraint);
    unmet.because = absl::StrFormat("broker %d stays at %.2f of its %s of %s where %.2f was asked for: %s",
                                    end_.snapshot().brokers[broker].id, value, over_limit ? "limit" : "share",
                                    kDimensionNames[dimension], bound, why);
    unmet_.push_back(std::move(unmet));
  }
  std::string Why(size_t broker, Constraint& constraint) const {
    size_t pinned = 0;
    for (const ClusterState::Entry& entry : end_.On(broker)) pinned += end_.IsPinned(end_.PartitionOf(entry.slot));
    if (plan_.work_spent) {
      constraint = Constraint::kWork;
      return "the work was spent";
    }
    if (!plan_.unresolved.empty() && plan_.unresolved[0].constraint == Constraint::kOrder) {
      constraint = Constraint::kOrder;
      return absl::StrCat(plan_.unresolved.size(), " steps had to be left out");
    }
    if (pinned * 2 > end_.On(broker).size()) {
      constraint = Constraint::kPinned;
      return absl::StrCat(pinned, " of its ", end_.On(broker).size(), " replicas may not be moved");
    }
    constraint = Constraint::kSearch;
    return "no move, change of leader or exchange betters it and keeps the limits and the rack rule";
  }

  const ClusterState& end_;
  const BalanceGoal& goal_;
  const Plan& plan_;
  std::vector<Unmet> unmet_;
};

}  // namespace

std::vector<Unmet> FindUnmetGoals(const ClusterState& end, const BalanceGoal& goal, const Plan& plan, Mode mode) {
  Finder finder(end, goal, plan);
  if (mode == Mode::kEvenOut || mode == Mode::kRelieve) finder.OverLimits();
  if (mode == Mode::kEvenOut || mode == Mode::kFill) finder.Uneven(mode == Mode::kFill);
  return finder.Take();
}

}  // namespace sluice::planner
