#include "services/balancer-planner/core/lifecycle/planned_batches.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::balancer_planner {
namespace {

constexpr double kBytesPerMb = 1e6;
constexpr double kBytesPerKb = 1e3;
constexpr double kSecondsPerHour = 3600;
constexpr size_t kMostUnmet = 20;
// Beyond any link: such a limit stands for none (cluster_picture.h).
constexpr double kNoLinkKbps = 5e8;

std::string StateOf(const planner::Broker& broker) {
  switch (broker.state) {
    case planner::BrokerState::kNew:
      return "NEW";
    case planner::BrokerState::kLeaving:
      return "LEAVING";
    case planner::BrokerState::kDead:
      return "DEAD";
    case planner::BrokerState::kAlive:
      break;
  }
  return "ALIVE";
}

BrokerShare ShareOf(const planner::LoadVector& load) {
  return {.replicas = std::llround(load[planner::kReplicas]),
          .leaders = std::llround(load[planner::kLeaders]),
          .disk_bytes = std::llround(load[planner::kDiskUse] * kBytesPerMb),
          .in_bytes_per_second = std::llround(load[planner::kIn] * kBytesPerKb),
          .out_bytes_per_second = std::llround(load[planner::kOut] * kBytesPerKb)};
}

std::vector<BrokerBalance> BrokersOf(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  std::vector<BrokerBalance> brokers;
  for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
    const planner::Broker& broker = snapshot.brokers[b];
    const double link = broker.capacity[planner::kNetworkIn];
    brokers.push_back(
        {.broker = broker.id,
         .rack = broker.rack,
         .state = StateOf(broker),
         .before = ShareOf(plan.loads_before[b]),
         .after = ShareOf(plan.loads_after[b]),
         .disk_limit_bytes = std::llround(std::max(0.0, snapshot.LimitOf(b, planner::kDisk)) * kBytesPerMb),
         .network_limit_bytes_per_second =
             link >= kNoLinkKbps
                 ? 0
                 : std::llround(std::max(0.0, snapshot.LimitOf(b, planner::kNetworkIn)) * kBytesPerKb)});
  }
  return brokers;
}

std::vector<int32_t> IdsOf(const planner::Snapshot& snapshot, std::span<const uint16_t> brokers) {
  std::vector<int32_t> ids;
  for (const uint16_t b : brokers) ids.push_back(snapshot.brokers[b].id);
  return ids;
}

std::string NameOf(const planner::Snapshot& snapshot, uint32_t partition) {
  return absl::StrCat(snapshot.topics[snapshot.topic_of[partition]], "-", snapshot.number_of[partition]);
}

void AddUnmet(const planner::Snapshot& snapshot, const planner::Plan& plan, PlanSummary& summary) {
  summary.unmet_count = static_cast<int64_t>(plan.unresolved.size() + plan.unmet.size());
  for (const planner::Unresolved& change : plan.unresolved) {
    if (summary.unmet.size() >= kMostUnmet) return;
    summary.unmet.push_back(absl::StrCat(NameOf(snapshot, change.partition), ": ", change.because));
  }
  for (const planner::Unmet& goal : plan.unmet) {
    if (summary.unmet.size() >= kMostUnmet) return;
    summary.unmet.push_back(absl::StrCat("broker ", snapshot.brokers[goal.broker].id, ", ",
                                         planner::kDimensionNames[goal.dimension], ": ", goal.because));
  }
}

}  // namespace

std::string Sentence(const planner::Snapshot& snapshot, const planner::Step& step) {
  const auto& before = snapshot.ReplicasOf(step.partition);
  std::string gone;
  for (const uint16_t b : before) {
    if (std::find(step.replicas.begin(), step.replicas.end(), b) == step.replicas.end()) {
      absl::StrAppend(&gone, gone.empty() ? "" : ", ", snapshot.brokers[b].id);
    }
  }
  if (gone.empty() && !before.empty()) gone = absl::StrCat(snapshot.brokers[before[0]].id);
  const std::string dimension = planner::kDimensionNames[step.reason.dimension % planner::kDimensions];
  switch (step.reason.kind) {
    case planner::Reason::kBrokerDead:
      return absl::StrCat("broker ", gone, " is dead");
    case planner::Reason::kBrokerLeaving:
      return absl::StrCat("broker ", gone, " leaves");
    case planner::Reason::kRackRule:
      return "for the rack rule";
    case planner::Reason::kOverLimit:
      return absl::StrCat("broker ", gone, " is over its limit of ", dimension);
    case planner::Reason::kTooMuch:
      return absl::StrFormat("broker %s has %.2f times its share of %s", gone, step.reason.source, dimension);
    case planner::Reason::kTooLittle:
      return absl::StrFormat("the other broker has %.2f times its share of %s", step.reason.destination, dimension);
    case planner::Reason::kLogDirFull:
      return "its log dir is fuller than others";
    case planner::Reason::kNone:
      break;
  }
  return "so that others fit";
}

int64_t EncodedBytesAtMost(const PlannedMove& move) {
  // Five bytes a varint, each field's tag and length, the batch's own.
  return 48 + static_cast<int64_t>(move.topic.size() + move.reason.size()) +
         5 * static_cast<int64_t>(move.replicas_before.size() + move.replicas.size());
}

int32_t WindowFrom(const std::vector<PlannedBatch>& batches, int32_t first) {
  int64_t bytes = 0;
  int32_t count = 0;
  for (size_t i = first; i < batches.size(); ++i) {
    bytes += 8;
    for (const PlannedMove& move : batches[i]) bytes += EncodedBytesAtMost(move);
    if (count > 0 && bytes > kWindowBytes) break;
    ++count;
  }
  return count;
}

PlanOutcome OutcomeOf(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  PlanOutcome outcome{.brokers = BrokersOf(snapshot, plan),
                      .throttle_bytes_per_second = std::llround(plan.throttle_kbps * kBytesPerKb)};
  std::map<uint32_t, std::vector<int32_t>> reached;
  for (const planner::Batch& batch : plan.batches) {
    PlannedBatch planned;
    int64_t bytes = 0;
    for (const planner::Step& step : batch.steps) {
      PlannedMove move{.topic = snapshot.topics[snapshot.topic_of[step.partition]],
                       .partition = snapshot.number_of[step.partition],
                       .replicas = IdsOf(snapshot, step.replicas),
                       .bytes = std::llround(step.bytes_mb * kBytesPerMb),
                       .reason = Sentence(snapshot, step)};
      const auto before = reached.find(step.partition);
      move.replicas_before =
          before != reached.end() ? before->second : IdsOf(snapshot, snapshot.ReplicasOf(step.partition));
      reached[step.partition] = move.replicas;
      outcome.summary.bytes += move.bytes;
      ++outcome.summary.moves;
      if (!planned.empty() && bytes + EncodedBytesAtMost(move) > kBatchBytes) {
        outcome.batches.push_back(std::exchange(planned, {}));
        bytes = 0;
      }
      bytes += EncodedBytesAtMost(move);
      planned.push_back(std::move(move));
    }
    if (!planned.empty()) outcome.batches.push_back(std::move(planned));
  }
  outcome.summary.summary = plan.summary;
  outcome.summary.replica_moves = plan.replica_moves;
  outcome.summary.leader_changes = plan.leader_changes;
  outcome.summary.batches = static_cast<int32_t>(outcome.batches.size());
  outcome.summary.seconds = plan.hours * kSecondsPerHour;
  AddUnmet(snapshot, plan, outcome.summary);
  return outcome;
}

}  // namespace sluice::balancer_planner
