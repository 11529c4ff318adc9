#include "libs/planner/planner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/planner/balance_goal.h"
#include "libs/planner/batch_scheduler.h"
#include "libs/planner/cluster_state.h"
#include "libs/planner/end_state.h"
#include "libs/planner/search/best_search.h"
#include "libs/planner/search/search.h"
#include "libs/planner/step_checker.h"
#include "libs/planner/unmet_goals.h"

namespace sluice::planner {
namespace {

constexpr double kThrottlePart = 0.08;  // of the smallest link
constexpr int kThrottleHalvings = 4;
constexpr int64_t kWorkPerReplica = 300;
constexpr int64_t kLeastWork = 60'000'000;
constexpr int kMostRounds = 6;  // two or three do, nearly always

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
      plan.log_dir_moves += step.moving_within.size();
      const double copy_mb = snapshot.follower_load[step.partition][kDisk];
      for (uint16_t b : step.adding) received[b] += copy_mb;
      for (uint16_t b : step.moving_within) received[b] += copy_mb;
      sent[leader[step.partition]] += copy_mb * step.adding.size();
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
    if (!plan.unresolved.empty()) return absl::StrCat("Nothing can be done: ", plan.unresolved[0].because, ".");
    if (!plan.unmet.empty()) return absl::StrCat("Nothing can be done: ", plan.unmet[0].because, ".");
    return "Nothing to do: every broker is where it should be.";
  }
  std::string text = absl::StrFormat(
      "%d replicas (%.0f MB) and %d leaders move in %d batches, %.2f h at %.0f KB/s a broker.", plan.replica_moves,
      plan.bytes_mb, plan.leader_changes, static_cast<int>(plan.batches.size()), plan.hours, plan.throttle_kbps);
  if (!plan.unresolved.empty()) {
    absl::StrAppend(&text, " ", plan.unresolved.size(), " changes cannot be made: ", plan.unresolved[0].because, ".");
  }
  if (!plan.unmet.empty()) {
    absl::StrAppend(&text, " ", plan.unmet.size(), " goals stay unmet: ", plan.unmet[0].because, ".");
  }
  return text;
}

// The loads when all batches have ended.
std::vector<LoadVector> LoadsAfter(const Snapshot& snapshot, std::vector<LoadVector> loads,
                                   const std::vector<Batch>& batches) {
  auto add = [&](uint32_t p, uint16_t broker, bool leads, double sign) {
    const auto& load = leads ? snapshot.leader_load[p] : snapshot.follower_load[p];
    const double values[] = {1,
                             leads ? 1.0 : 0.0,
                             load[kDisk],
                             load[kNetworkIn],
                             load[kNetworkOut],
                             load[kCpu],
                             snapshot.leader_load[p][kNetworkOut]};
    for (int k = 0; k < kDimensions; ++k) loads[broker][k] += sign * values[k];
  };
  absl::flat_hash_map<uint32_t, const Step*> last;
  for (const Batch& batch : batches) {
    for (const Step& step : batch.steps) last[step.partition] = &step;
  }
  // In the order of partitions, so that the sums are the same bytes each time.
  for (uint32_t p = 0; p < snapshot.partitions(); ++p) {
    const auto found = last.find(p);
    if (found == last.end()) continue;
    const auto before = snapshot.ReplicasOf(p);
    for (size_t i = 0; i < before.size(); ++i) add(p, before[i], i == 0, -1);
    const std::vector<uint16_t>& after = found->second->replicas;
    for (size_t i = 0; i < after.size(); ++i) add(p, after[i], i == 0, 1);
  }
  return loads;
}

// The batches that lead to where the search has come to, as far as an order of steps can be found.
void Order(const Search& search, const PlanOptions& options, Plan& plan) {
  auto order = [&](double throttle_kbps, BatchScheduler::Steps wanted) {
    return BatchScheduler(search.state(), search.reasons(), throttle_kbps).Run(wanted);
  };
  auto loads_after = [&](const std::vector<Batch>& batches) {
    return LoadsAfter(search.state().snapshot(), plan.loads_before, batches);
  };
  plan.throttle_kbps = Throttle(search.state().snapshot(), options);
  BatchScheduler::Result ordered = order(plan.throttle_kbps, BatchScheduler::Steps::kAll);
  // A link too full for the default throttle may still bear a part of it; a person's own choice is kept.
  for (int i = 0; i < kThrottleHalvings && !ordered.unresolved.empty() && options.throttle_kbps == 0; ++i) {
    BatchScheduler::Result slower = order(plan.throttle_kbps / 2, BatchScheduler::Steps::kAll);
    if (slower.unresolved.size() >= ordered.unresolved.size()) break;
    ordered = std::move(slower);
    plan.throttle_kbps /= 2;
  }
  plan.loads_after = loads_after(ordered.batches);
  if (!ordered.unresolved.empty()) {
    BatchScheduler::Result needed = order(plan.throttle_kbps, BatchScheduler::Steps::kNeeded);
    std::vector<LoadVector> after_needed = loads_after(needed.batches);
    if (!search.IsWorthwhile(plan.loads_after, after_needed)) {
      ordered.batches = std::move(needed.batches);
      plan.loads_after = std::move(after_needed);
    }
  }
  plan.batches = std::move(ordered.batches);
  plan.unresolved = std::move(ordered.unresolved);
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options) {
  NoObserver observer;
  return MakePlan(snapshot, options, observer);
}

absl::StatusOr<Plan> MakePlan(const Snapshot& snapshot, const PlanOptions& options, StageObserver& observer) {
  RETURN_IF_ERROR(CheckOptions(options));
  WorkBudget budget(options.work > 0 ? options.work
                                     : kLeastWork + kWorkPerReplica * static_cast<int64_t>(snapshot.replicas.size()));
  const std::unique_ptr<Search> best = BestSearch(snapshot, options, budget);
  Search& search = *best;
  Plan plan;
  plan.loads_before = search.loads_before();
  // What a next plan would do is done now.
  for (int round = 0; round < kMostRounds && search.MayGoOn() && !budget.spent(); ++round) {
    const Snapshot reached = SnapshotOf(search.state());
    Search next(reached, options, budget);
    next.Run();
    if (!search.Adopt(next)) break;
  }
  observer.Reached("target");
  plan.work_spent = search.work_spent();

  Order(search, options, plan);
  for (const Obstacle& obstacle : search.obstacles()) {
    plan.unresolved.push_back({obstacle.partition,
                               absl::StrCat("on broker ", snapshot.brokers[obstacle.broker].id, ": ", obstacle.because),
                               obstacle.constraint});
  }
  for (int k = 0; k < kDimensions; ++k) {
    plan.before[k] = SpreadOf(search.state(), search.goal(), plan.loads_before, k);
    plan.after[k] = SpreadOf(search.state(), search.goal(), plan.loads_after, k);
  }
  plan.intermediate_violations = CheckSteps(snapshot, plan.batches, plan.throttle_kbps).total();
  plan.unmet = FindUnmetGoals(search.state(), search.start_goal(), plan, options.mode);
  CountSteps(snapshot, plan);
  plan.summary = Summarize(plan);
  observer.Reached("plan");
  return plan;
}

}  // namespace sluice::planner
