#include "cli/plan/plan_explanation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::cli {
namespace {

constexpr size_t kShownSteps = 40;

std::string Why(const planner::Reason& reason) {
  const char* dimension = planner::kDimensionNames[reason.dimension];
  switch (reason.kind) {
    case planner::Reason::kBrokerDead:
      return "its broker is dead";
    case planner::Reason::kBrokerLeaving:
      return "its broker is leaving";
    case planner::Reason::kRackRule:
      return "two replicas were in one rack";
    case planner::Reason::kOverLimit:
      return absl::StrCat("the source is at its limit for ", dimension);
    case planner::Reason::kTooMuch:
      return absl::StrFormat("the source has %.2f of its share of %s, the destination %.2f", reason.source, dimension,
                             reason.destination);
    case planner::Reason::kTooLittle:
      return absl::StrFormat("the destination has %.2f of its share of %s, the source %.2f", reason.destination,
                             dimension, reason.source);
    case planner::Reason::kLogDirFull:
      return "its log dir is much fuller than its broker's others, or over its limit";
    case planner::Reason::kNone:
      break;
  }
  return "evens the leaders out";
}

std::string Brokers(const planner::Snapshot& snapshot, const std::vector<uint16_t>& indexes) {
  std::string text;
  for (uint16_t index : indexes) absl::StrAppend(&text, text.empty() ? "" : ",", snapshot.brokers[index].id);
  return text;
}

}  // namespace

std::string ExplainPlan(const planner::Snapshot& snapshot, const planner::Plan& plan, bool all) {
  std::string text = plan.summary + "\n";
  for (size_t i = 0; i < plan.batches.size(); ++i) {
    const planner::Batch& batch = plan.batches[i];
    absl::StrAppendFormat(&text, "\nBatch %d of %d: %d steps, %.0f MB, %.2f h\n", static_cast<int>(i) + 1,
                          static_cast<int>(plan.batches.size()), static_cast<int>(batch.steps.size()), batch.bytes_mb,
                          batch.hours);
    const size_t shown = all ? batch.steps.size() : std::min(kShownSteps, batch.steps.size());
    for (size_t j = 0; j < shown; ++j) {
      const planner::Step& step = batch.steps[j];
      const std::string name =
          absl::StrCat(snapshot.topics[snapshot.topic_of[step.partition]], "-", snapshot.number_of[step.partition]);
      const std::string what =
          step.adding.empty() ? absl::StrCat("leader ", snapshot.brokers[step.replicas[0]].id)
                              : absl::StrFormat("copy to %s, %.0f MB", Brokers(snapshot, step.adding), step.bytes_mb);
      absl::StrAppendFormat(&text, "  %-28s %-28s [%s]  %s\n", name, what, Brokers(snapshot, step.replicas),
                            Why(step.reason));
    }
    if (shown < batch.steps.size()) {
      absl::StrAppend(&text, "  … and ", batch.steps.size() - shown, " more (--explain=all)\n");
    }
  }
  for (const planner::Unresolved& left : plan.unresolved) {
    absl::StrAppend(&text, "Not done: ", snapshot.topics[snapshot.topic_of[left.partition]], "-",
                    snapshot.number_of[left.partition], " ", left.because, "\n");
  }
  return text;
}

std::string BalanceTable(const planner::Plan& plan) {
  std::string text = absl::StrFormat("%-16s %18s %18s\n", "", "before max/min", "after max/min");
  for (int k = 0; k < planner::kDimensions; ++k) {
    absl::StrAppendFormat(&text, "%-16s %9.3f %8.3f %9.3f %8.3f\n", planner::kDimensionNames[k], plan.before[k].most,
                          plan.before[k].least, plan.after[k].most, plan.after[k].least);
  }
  return text;
}

}  // namespace sluice::cli
