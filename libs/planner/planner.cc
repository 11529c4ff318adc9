#include "libs/planner/planner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/planner/balance_goal.h"
#include "libs/planner/batch_scheduler.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/evacuation.h"
#include "libs/planner/leader_balancer.h"
#include "libs/planner/relief.h"
#include "libs/planner/replica_balancer.h"
#include "libs/planner/replica_swapper.h"
#include "libs/planner/step_checker.h"
#include "libs/planner/work_budget.h"
#include "libs/planner/worst_first.h"

namespace sluice::planner {
namespace {

constexpr double kThrottlePart = 0.08;  // of the smallest link
constexpr int kThrottleHalvings = 4;
constexpr int64_t kWorkPerReplica = 300;
constexpr int64_t kLeastWork = 20'000'000;
constexpr int kPolishRounds = 6;
constexpr double kStillWorthwhile = 0.95;  // a round that leaves more of the penalty than this is the last

class NoObserver final : public StageObserver {
 public:
  void Reached(const char*) override {}
};

absl::Status CheckOptions(const PlanOptions& options) {
  auto invalid = [](std::string message, std::string field, std::string remedy) {
    return MakeError(absl::StatusCode::kInvalidArgument, message,
                     {.reason = "INVALID_OPTION", .field = std::move(field), .remedy = std::move(remedy)});
  };
  if (!(options.window > 0 && options.window <= 1)) {
    return invalid(absl::StrCat("window is ", options.window), "window",
                   "Give a share above 0, up to 1 (0.03 is 3 %).");
  }
  if (!(options.start_window >= 0) || (options.start_window > 0 && options.start_window < options.window)) {
    return invalid(absl::StrCat("start_window is ", options.start_window), "start_window",
                   "Give at least the window: what starts a plan must be further out than what ends it.");
  }
  if (!(options.throttle_kbps >= 0)) return invalid("throttle is negative", "throttle_kbps", "Give KB/s above 0.");
  if (options.work < 0) return invalid("work is negative", "work", "Give a count of looks above 0.");
  return absl::OkStatus();
}

double Throttle(const Snapshot& snapshot, const PlanOptions& options) {
  if (options.throttle_kbps > 0) return options.throttle_kbps;
  double smallest = std::numeric_limits<double>::infinity();
  for (const Broker& broker : snapshot.brokers) {
    smallest = std::min({smallest, broker.capacity[kNetworkIn], broker.capacity[kNetworkOut]});
  }
  return smallest * kThrottlePart;
}

double TotalCost(const ClusterState& state, const BalanceGoal& goal) {
  double total = 0;
  for (size_t b = 0; b < state.brokers(); ++b) {
    total += goal.Cost<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(b, state.Load(b));
  }
  return total;
}

// One search from the snapshot to an end state.
class Search {
 public:
  Search(const Snapshot& snapshot, const PlanOptions& options)
      : options_(options),
        state_(snapshot),
        goal_(state_, options.window),
        budget_(options.work > 0 ? options.work
                                 : kLeastWork + kWorkPerReplica * static_cast<int64_t>(snapshot.replicas.size())),
        evacuation_(state_, goal_, budget_, reasons_),
        replicas_(state_, goal_, budget_, reasons_),
        leaders_(state_, goal_, budget_, reasons_),
        swapper_(state_, goal_, budget_, reasons_) {
    for (size_t b = 0; b < state_.brokers(); ++b) {
      if (state_.Stays(b)) staying_.push_back(b);
    }
  }

  void Run() {
    switch (options_.mode) {
      case Mode::kEmpty:
        evacuation_.EmptyBrokersThatGo();
        return;
      case Mode::kRepair:
        evacuation_.EmptyBrokersThatGo();
        evacuation_.RepairRacks();
        return;
      case Mode::kRelieve:
        Relief(state_, goal_, budget_, reasons_).Run();
        return;
      case Mode::kFill:
        replicas_.FillNewBrokers();
        leaders_.Run();
        return;
      case Mode::kEvenOut:
        EvenOut();
        return;
    }
  }

  const ClusterState& state() const { return state_; }
  const BalanceGoal& goal() const { return goal_; }
  const ReasonLog& reasons() const { return reasons_; }
  const std::vector<Obstacle>& obstacles() const { return evacuation_.obstacles(); }
  bool work_spent() const { return budget_.spent(); }

 private:
  // The worst dimension of the worst broker, as a part of its share outside [1 - w, 1 + w] of its rack's level.
  bool WorthStarting() const {
    if (options_.start_window <= options_.window) return true;
    const BalanceGoal wide(state_, options_.start_window);
    return TotalCost(state_, wide) > 0;
  }

  void EvenOut() {
    evacuation_.EmptyBrokersThatGo();
    evacuation_.RepairRacks();
    if (!WorthStarting()) return;
    replicas_.Run();
    leaders_.Run();
    Polish();
    replicas_.Trim();
    leaders_.Trim();
  }

  bool AllWithin() const {
    return std::all_of(staying_.begin(), staying_.end(), [&](int b) {
      return goal_.Cost<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(b, state_.Load(b)) <= goal_.good_enough();
    });
  }

  // All dimensions at once: leaders where that is enough, then single moves, then exchanges.
  void Polish() {
    auto cost = [&](int b) { return goal_.Cost<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(b, state_.Load(b)); };
    for (int round = 0; round < kPolishRounds && !budget_.spent(); ++round) {
      const double before = TotalCost(state_, goal_);
      if (AllWithin()) return;
      WorstFirst(staying_, goal_.good_enough(), budget_, cost, [&](int b, std::vector<int>& touched) {
        return leaders_.Improve(b, touched) || replicas_.Improve(b, true, touched);
      });
      WorstFirst(staying_, goal_.good_enough(), budget_, cost, [&](int b, std::vector<int>& touched) {
        return swapper_.Improve(b, touched) || leaders_.Improve(b, touched);
      });
      if (TotalCost(state_, goal_) > before * kStillWorthwhile) return;
    }
  }

  const PlanOptions& options_;
  ClusterState state_;
  BalanceGoal goal_;
  WorkBudget budget_;
  ReasonLog reasons_;
  Evacuation evacuation_;
  ReplicaBalancer replicas_;
  LeaderBalancer leaders_;
  ReplicaSwapper swapper_;
  std::vector<int> staying_;
};

Spread SpreadOf(const ClusterState& shape, const BalanceGoal& goal, const std::vector<LoadVector>& loads,
                int dimension) {
  Spread spread{.most = 0, .least = std::numeric_limits<double>::infinity()};
  double sum = 0;
  int count = 0;
  for (size_t b = 0; b < loads.size(); ++b) {
    if (!shape.Stays(b)) continue;
    const double relative = goal.Relative(b, dimension, loads[b][dimension]);
    spread.most = std::max(spread.most, relative);
    spread.least = std::min(spread.least, relative);
    sum += relative;
    ++count;
  }
  if (sum <= 0) return {1, 1};
  return {spread.most * count / sum, spread.least * count / sum};
}

void CountSteps(const Snapshot& snapshot, Plan& plan) {
  std::vector<double> received(snapshot.brokers.size()), sent(snapshot.brokers.size());
  std::vector<uint16_t> leader(snapshot.partitions());
  for (size_t p = 0; p < snapshot.partitions(); ++p) leader[p] = snapshot.ReplicasOf(p)[0];
  std::vector<uint16_t> first_leader = leader;
  std::vector<uint32_t> led_anew;
  for (const Batch& batch : plan.batches) {
    plan.hours += batch.hours;
    plan.bytes_mb += batch.bytes_mb;
    for (const Step& step : batch.steps) {
      plan.replica_moves += step.adding.size();
      for (uint16_t b : step.adding) received[b] += snapshot.follower_load[step.partition][kDisk];
      sent[leader[step.partition]] += step.bytes_mb;
      if (step.replicas[0] != leader[step.partition]) led_anew.push_back(step.partition);
      leader[step.partition] = step.replicas[0];
    }
  }
  std::sort(led_anew.begin(), led_anew.end());
  led_anew.erase(std::unique(led_anew.begin(), led_anew.end()), led_anew.end());
  plan.leader_changes =
      std::count_if(led_anew.begin(), led_anew.end(), [&](uint32_t p) { return leader[p] != first_leader[p]; });
  double busiest = 0;
  for (size_t b = 0; b < received.size(); ++b) busiest = std::max({busiest, received[b], sent[b]});
  plan.hours_bound = busiest * 1000 / plan.throttle_kbps / 3600;
}

std::string Summarize(const Plan& plan) {
  if (plan.batches.empty()) {
    return plan.unresolved.empty() ? "Nothing to do: every broker is within its window."
                                   : absl::StrCat("Nothing can be done: ", plan.unresolved[0].because, ".");
  }
  std::string text = absl::StrFormat(
      "%d replicas (%.0f MB) and %d leaders move in %d batches, %.2f h at %.0f KB/s a broker.", plan.replica_moves,
      plan.bytes_mb, plan.leader_changes, static_cast<int>(plan.batches.size()), plan.hours, plan.throttle_kbps);
  if (!plan.unresolved.empty()) {
    absl::StrAppend(&text, " ", plan.unresolved.size(), " changes cannot be made: ", plan.unresolved[0].because, ".");
  }
  return text;
}

// The loads when all batches have ended; not the search's end state where steps had to be left out.
std::vector<LoadVector> LoadsAfter(const ClusterState& end, const std::vector<Unresolved>& left_out) {
  ClusterState reached = end;
  for (const Unresolved& step : left_out) {
    const uint32_t first = reached.FirstSlot(step.partition);
    for (uint32_t slot = first; slot < reached.EndSlot(step.partition); ++slot) {
      if (reached.BrokerOf(slot) != reached.OriginalBrokerOf(slot)) reached.Move(slot, reached.OriginalBrokerOf(slot));
    }
    reached.Lead(first);
  }
  std::vector<LoadVector> loads;
  for (size_t b = 0; b < reached.brokers(); ++b) loads.push_back(reached.Load(b));
  return loads;
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options) {
  NoObserver observer;
  return MakePlan(snapshot, options, observer);
}

absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options, StageObserver& observer) {
  RETURN_IF_ERROR(CheckOptions(options));
  Search search(snapshot, options);
  Plan plan;
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) plan.loads_before.push_back(search.state().Load(b));
  search.Run();
  observer.Reached("target");
  plan.work_spent = search.work_spent();

  // A link too full for the default throttle may still bear a part of it; a person's own choice is kept.
  plan.throttle_kbps = Throttle(snapshot, options);
  BatchScheduler::Result ordered = BatchScheduler(search.state(), search.reasons(), plan.throttle_kbps).Run();
  for (int i = 0; i < kThrottleHalvings && !ordered.unresolved.empty() && options.throttle_kbps == 0; ++i) {
    BatchScheduler::Result slower = BatchScheduler(search.state(), search.reasons(), plan.throttle_kbps / 2).Run();
    if (slower.unresolved.size() >= ordered.unresolved.size()) break;
    ordered = std::move(slower);
    plan.throttle_kbps /= 2;
  }
  plan.batches = std::move(ordered.batches);
  plan.loads_after = LoadsAfter(search.state(), ordered.unresolved);
  plan.unresolved = std::move(ordered.unresolved);
  for (const Obstacle& obstacle : search.obstacles()) {
    plan.unresolved.push_back(
        {obstacle.partition, absl::StrCat("on broker ", snapshot.brokers[obstacle.broker].id, ": ", obstacle.because)});
  }
  for (int k = 0; k < kDimensions; ++k) {
    plan.before[k] = SpreadOf(search.state(), search.goal(), plan.loads_before, k);
    plan.after[k] = SpreadOf(search.state(), search.goal(), plan.loads_after, k);
  }
  plan.intermediate_violations = CheckSteps(snapshot, plan.batches, plan.throttle_kbps).total();
  CountSteps(snapshot, plan);
  plan.summary = Summarize(plan);
  observer.Reached("plan");
  return plan;
}

}  // namespace sluice::planner
