#include "cli/plan/plan_explanation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::cli {
namespace {

using planner::Batch;
using planner::Plan;
using planner::Reason;
using planner::Snapshot;
using planner::Step;

constexpr size_t kShownSteps = 20;
constexpr size_t kShownBrokers = 30;
constexpr size_t kShownUnresolved = 20;

const char* DimensionForPeople(int dimension) {
  static constexpr const char* kNames[] = {
      "replicas", "leaders", "disk", "network in", "network out", "CPU", "network out, did it lead all"};
  return dimension >= 0 && dimension < planner::kDimensions ? kNames[dimension] : "";
}

std::string Counted(size_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

bool Countable(const Reason& reason) {
  return reason.dimension == planner::kReplicas || reason.dimension == planner::kLeaders;
}

// The reason without the figures: what steps are grouped by.
std::string Kind(const Reason& reason) {
  const char* dimension = DimensionForPeople(reason.dimension);
  switch (reason.kind) {
    case Reason::kBrokerDead:
      return "its broker is dead";
    case Reason::kBrokerLeaving:
      return "its broker leaves";
    case Reason::kRackRule:
      return "two replicas shared a rack";
    case Reason::kOverLimit:
      return absl::StrCat("over the limit for ", dimension);
    case Reason::kTooMuch:
      return absl::StrCat(Countable(reason) ? "too many " : "too much ", dimension, " where it was");
    case Reason::kTooLittle:
      return absl::StrCat(Countable(reason) ? "too few " : "too little ", dimension, " where it goes");
    case Reason::kLogDirFull:
      return "its log dir was too full";
    case Reason::kNone:
      break;
  }
  return "evens the leaders out";
}

std::string Why(const Reason& reason) {
  if (reason.kind != Reason::kTooMuch && reason.kind != Reason::kTooLittle) return Kind(reason);
  return absl::StrFormat("%s: %.2f × a fair share at the source, %.2f at the target",
                         DimensionForPeople(reason.dimension), reason.source, reason.destination);
}

// Where each partition is, as batch after batch is carried out.
class Journey {
 public:
  explicit Journey(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::vector<uint16_t> Now(uint32_t partition) const {
    const auto moved = now_.find(partition);
    if (moved != now_.end()) return moved->second;
    const auto replicas = snapshot_.ReplicasOf(partition);
    return {replicas.begin(), replicas.end()};
  }
  void Take(const Step& step) { now_[step.partition] = step.replicas; }

 private:
  const Snapshot& snapshot_;
  absl::flat_hash_map<uint32_t, std::vector<uint16_t>> now_;
};

std::string Ids(const Snapshot& snapshot, const std::vector<uint16_t>& brokers) {
  std::string text;
  for (uint16_t broker : brokers) absl::StrAppend(&text, text.empty() ? "" : ",", snapshot.brokers[broker].id);
  return text;
}

std::vector<uint16_t> Without(const std::vector<uint16_t>& brokers, const std::vector<uint16_t>& others) {
  std::vector<uint16_t> left;
  for (uint16_t broker : brokers) {
    if (std::find(others.begin(), others.end(), broker) == others.end()) left.push_back(broker);
  }
  return left;
}

// "5,1 → 2,0, 31 GB", "leader 3 → 4".
std::string What(const Snapshot& snapshot, const Step& step, const std::vector<uint16_t>& old) {
  std::string text;
  if (!step.adding.empty()) {
    text = absl::StrCat("copy to ", Ids(snapshot, step.adding), ", from ", Ids(snapshot, Without(old, step.replicas)),
                        ", ", MbForPeople(step.bytes_mb));
  }
  if (!step.moving_within.empty()) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", "to another log dir of ", Ids(snapshot, step.moving_within));
    if (step.adding.empty()) absl::StrAppend(&text, ", ", MbForPeople(step.bytes_mb));
  }
  if (old[0] != step.replicas[0] && step.adding.empty()) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", "leader ", snapshot.brokers[old[0]].id, " → ",
                    snapshot.brokers[step.replicas[0]].id);
  }
  return text.empty() ? "order of replicas" : text;
}

void AppendReasons(const Plan& plan, std::string& text) {
  struct Sum {
    size_t steps = 0;
    double mb = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Batch& batch : plan.batches) {
    for (const Step& step : batch.steps) {
      Sum& sum = sums[Kind(step.reason)];
      ++sum.steps;
      sum.mb += step.bytes_mb;
    }
  }
  std::vector<std::pair<std::string, Sum>> order(sums.begin(), sums.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.mb > b.second.mb; });
  text += "\nWhy\n";
  for (const auto& [kind, sum] : order) {
    absl::StrAppendFormat(&text, "  %7s  %6d %-10s %s\n", sum.mb > 0 ? MbForPeople(sum.mb) : "no data",
                          static_cast<int>(sum.steps), sum.steps == 1 ? "partition" : "partitions", kind);
  }
}

// What each broker sends away and takes in, those with most traffic first.
void AppendTraffic(const Snapshot& snapshot, const Plan& plan, std::string& text) {
  const size_t brokers = snapshot.brokers.size();
  std::vector<double> gets(brokers, 0), loses(brokers, 0);
  std::vector<int> leaders(brokers, 0);
  Journey journey(snapshot);
  for (const Batch& batch : plan.batches) {
    for (const Step& step : batch.steps) {
      const std::vector<uint16_t> old = journey.Now(step.partition);
      const size_t copies = step.adding.size() + step.moving_within.size();
      const double copy_mb = copies == 0 ? 0 : step.bytes_mb / copies;
      for (uint16_t broker : step.adding) gets[broker] += copy_mb;
      for (uint16_t broker : Without(old, step.replicas)) loses[broker] += copy_mb;
      --leaders[old[0]];
      ++leaders[step.replicas[0]];
      journey.Take(step);
    }
  }
  std::vector<size_t> order(brokers);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return gets[a] + loses[a] > gets[b] + loses[b]; });
  absl::StrAppendFormat(&text, "\n%-10s %10s %10s %9s\n", "Broker", "gets", "gives", "leaders");
  const size_t shown = std::min(kShownBrokers, brokers);
  for (size_t i = 0; i < shown; ++i) {
    const size_t b = order[i];
    absl::StrAppendFormat(&text, "%-10d %10s %10s %+9d\n", snapshot.brokers[b].id,
                          gets[b] > 0 ? MbForPeople(gets[b]) : "-", loses[b] > 0 ? MbForPeople(loses[b]) : "-",
                          leaders[b]);
  }
  if (shown < brokers) absl::StrAppend(&text, "… and ", brokers - shown, " brokers with less\n");
}

void AppendBatch(const Snapshot& snapshot, const Plan& plan, size_t number, bool all, Journey& journey,
                 std::string& text) {
  const Batch& batch = plan.batches[number];
  absl::StrAppendFormat(&text, "\nBatch %d of %d: %s, %s\n", static_cast<int>(number) + 1,
                        static_cast<int>(plan.batches.size()), Counted(batch.steps.size(), "partition", "partitions"),
                        batch.bytes_mb > 0
                            ? absl::StrCat(MbForPeople(batch.bytes_mb), ", ", HoursForPeople(batch.hours))
                            : "leaders only, no data");
  std::vector<const Step*> order;
  for (const Step& step : batch.steps) order.push_back(&step);
  std::stable_sort(order.begin(), order.end(), [](const Step* a, const Step* b) { return a->bytes_mb > b->bytes_mb; });
  const size_t shown = all ? order.size() : std::min(kShownSteps, order.size());
  for (size_t i = 0; i < shown; ++i) {
    const Step& step = *order[i];
    const std::string name =
        absl::StrCat(snapshot.topics[snapshot.topic_of[step.partition]], "-", snapshot.number_of[step.partition]);
    absl::StrAppendFormat(&text, "  %-20s %-34s on %-12s %s\n", name, What(snapshot, step, journey.Now(step.partition)),
                          Ids(snapshot, step.replicas), Why(step.reason));
  }
  if (shown < order.size()) absl::StrAppend(&text, "  … and ", order.size() - shown, " more (--explain=all)\n");
  for (const Step& step : batch.steps) journey.Take(step);
}

}  // namespace

std::string MbForPeople(double mb) {
  static constexpr const char* kUnits[] = {"MB", "GB", "TB", "PB"};
  int unit = 0;
  for (; mb >= 999.5 && unit < 3; ++unit) mb /= 1000;
  return mb < 9.95 && mb > 0 ? absl::StrFormat("%.1f %s", mb, kUnits[unit])
                             : absl::StrFormat("%.0f %s", mb, kUnits[unit]);
}

std::string HoursForPeople(double hours) {
  const int64_t seconds = std::llround(hours * 3600);
  if (seconds < 100) return absl::StrCat(seconds, " s");
  const int64_t minutes = (seconds + 30) / 60;
  if (minutes < 60) return absl::StrCat(minutes, " min");
  return absl::StrCat(minutes / 60, " h ", minutes % 60, " min");
}

std::string ExplainPlan(const Snapshot& snapshot, const Plan& plan, bool all) {
  std::string text;
  if (plan.batches.empty()) {
    text = plan.summary + "\n";
  } else {
    absl::StrAppend(&text, Counted(plan.replica_moves, "replica", "replicas"), " (", MbForPeople(plan.bytes_mb),
                    ") and ", Counted(plan.leader_changes, "leader", "leaders"), " move in ",
                    Counted(plan.batches.size(), "batch", "batches"), "; ", HoursForPeople(plan.hours), " at ",
                    MbForPeople(plan.throttle_kbps / 1000), "/s a broker.\n");
    AppendReasons(plan, text);
    AppendTraffic(snapshot, plan, text);
  }
  Journey journey(snapshot);
  for (size_t i = 0; i < plan.batches.size(); ++i) AppendBatch(snapshot, plan, i, all, journey, text);
  const size_t shown = all ? plan.unresolved.size() : std::min(kShownUnresolved, plan.unresolved.size());
  if (shown > 0) text += "\nNot done\n";
  for (size_t i = 0; i < shown; ++i) {
    const planner::Unresolved& left = plan.unresolved[i];
    absl::StrAppend(&text, "  ", snapshot.topics[snapshot.topic_of[left.partition]], "-",
                    snapshot.number_of[left.partition], " ", left.because, "\n");
  }
  if (shown < plan.unresolved.size()) {
    absl::StrAppend(&text, "  … and ", plan.unresolved.size() - shown, " more (--explain=all)\n");
  }
  if (!plan.unmet.empty()) text += "\nStill uneven\n";
  for (size_t i = 0; i < plan.unmet.size() && (all || i < kShownUnresolved); ++i) {
    const planner::Unmet& left = plan.unmet[i];
    absl::StrAppendFormat(&text, "  broker %d: %.2f × %s of %s (%.2f was asked for): %s\n",
                          snapshot.brokers[left.broker].id, left.value, left.over_limit ? "the limit" : "a fair share",
                          DimensionForPeople(left.dimension), left.bound, left.because);
  }
  return text;
}

std::string BalanceTable(const Plan& plan) {
  std::string text = absl::StrFormat("%-30s %15s   %15s\n", "max and min ÷ mean", "before", "after");
  for (int k = 0; k < planner::kDimensions; ++k) {
    absl::StrAppendFormat(&text, "%-30s %7.3f %7.3f   %7.3f %7.3f\n", DimensionForPeople(k), plan.before[k].most,
                          plan.before[k].least, plan.after[k].most, plan.after[k].least);
  }
  return text;
}

}  // namespace sluice::cli
