#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/metrics/metrics.h"
#include "libs/operator/cluster_planner.h"
#include "libs/operator/moves/rebalance_machine.h"
#include "services/satellite/app/physical/moves/kafka_moves.h"
#include "services/satellite/ports/load_board.h"
#include "services/satellite/ports/plan_handler.h"
#include "services/satellite/ports/rebalance_store.h"

namespace sluice::satellite {

struct RebalanceRunnerParts {
  const LoadBoard& load;
  RebalanceStore& store;
  metrics::Registry& metrics;
  const clock::Clock& clock;
  op::RebalancePolicy policy;
  // How far copies are is asked for so often.
  absl::Duration sizes_again = absl::Seconds(5);
  absl::Duration call_timeout = absl::Seconds(10);
};

// Carries one cluster's plan out, round by round: op::DecideRebalance decides, and here is done what it says. Used by
// the cluster's thread alone.
class RebalanceRunner {
 public:
  RebalanceRunner(std::string cluster, RebalanceRunnerParts parts);
  ~RebalanceRunner();
  RebalanceRunner(const RebalanceRunner&) = delete;
  RebalanceRunner& operator=(const RebalanceRunner&) = delete;

  // What the round knows besides the plan.
  struct Sight {
    const op::Snapshot& snapshot;
    // What is done to the nodes in this round.
    const op::Plan& plan;
    // Null while nobody can be asked.
    kafka_admin::AdminClient* admin = nullptr;
  };

  // One round under `plan` (null: none). True when something was done, so that Kafka looks different now.
  absl::StatusOr<bool> Round(const PlanPointer& plan, const Sight& sight);

  // By the last round: nothing else disruptive may begin.
  bool under_way() const { return decision_.under_way; }
  // There is something to be looked at more often.
  bool active() const;
  const op::RebalanceProgress& progress() const { return decision_.progress; }
  // Of the plan that the progress is of; null: none.
  const PlanPointer& plan() const { return plan_; }

 private:
  absl::Status TakeUp(const PlanPointer& plan);
  op::RebalanceInput InputOf(const Sight& sight) const;
  std::optional<op::MoveLoad> LoadNow() const;
  void NoteSample(const op::Snapshot& snapshot);
  void AskSizes(kafka_admin::AdminClient& admin);
  absl::StatusOr<bool> Act(KafkaMoves kafka);
  absl::Status Remember();
  void Tell(const op::RebalanceProgress& before);
  void RemoveMetrics();

  const std::string cluster_;
  const RebalanceRunnerParts parts_;
  const metrics::Labels labels_;
  bool measured_ = false;
  PlanPointer plan_;
  std::optional<op::RebalanceWish> wish_;
  // As it is on disk; unset before it was read.
  std::optional<op::RebalanceMemory> stored_;
  std::set<op::PartitionId> refused_;
  std::map<op::PartitionId, int64_t> copied_;
  std::optional<op::Moment> sizes_asked_at_;
  // What moved in the newest sample and in the one before.
  std::optional<op::Moment> sample_;
  std::set<op::PartitionId> moving_, moved_before_;
  op::RebalanceDecision decision_;
};

}  // namespace sluice::satellite
