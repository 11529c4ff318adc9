#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/operator/cluster_state.h"
#include "libs/operator/restart_policy.h"
#include "libs/operator/safety_gate.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

struct PlannerPolicy {
  RestartPolicy restart;
  GatePolicy gate;
  // Kafka's own controlled shutdown may take 5 minutes; only then is a node that was asked to stop killed.
  absl::Duration longest_stop = absl::Seconds(330);
  // A start that takes longer is reported, and stops every roll; nothing is done to the node.
  absl::Duration longest_start = absl::Seconds(300);
};

// One thing to do now. All steps of one plan may be done in any order, or at once.
struct Step {
  enum class Kind {
    // Folder, ports, certificates, configuration. Idempotent.
    kPrepare,
    // Formats new storage, then runs it. A node that runs already is left alone.
    kStart,
    // Asks a healthy node to stop, by the gate's leave. The only disruptive step: ask the gate again, with a new
    // sample,
    // in the same breath.
    kStopForRoll,
    // Ends a process that is to go with its data, or one that overran its stop.
    kKill,
    // Sets Snapshot::dynamic_configs to DynamicConfigsOf(spec).
    kApplyConfigs,
    // Nothing new is placed on a broker that is to go, or again on one that stays after all.
    kCordon,
    kUncordon,
    // Unregisters, ends and erases a broker that holds nothing. Ask AskRetire again, with a new sample, in the same
    // breath.
    kRetire,
    // Erases all that is left. No process runs.
    kRemoveAll,
  };
  Kind kind = Kind::kPrepare;
  // 0 where the step is for the whole cluster.
  int32_t node_id = 0;
  std::string reason;

  friend bool operator==(const Step&, const Step&) = default;
};

// Something that is wished and is not done now.
struct Wait {
  // What waits: "restart", "expand", "shrink", "roll", "controllers", "configs", "delete".
  std::string what;
  int32_t node_id = 0;
  std::string reason;  // UPPER_SNAKE_CASE
  std::string message;
};

struct Plan {
  // Brokers above the wished number: they are emptied, and then go.
  std::vector<int32_t> leaving;
  ClusterState state = ClusterState::kProvisioning;
  std::map<int32_t, NodeState> nodes;
  std::vector<Step> steps;
  std::vector<Wait> waits;
  // Everything wished is so, and nothing waits.
  bool converged = false;
};

// What a physical cluster needs next: snapshot in, safe steps out. Pure and level-triggered: the same snapshot gives
// the same plan, and a step that was done already shows in the next snapshot. The caller's loop:
//
//   snapshot = gather(); plan = PlanCluster(policy, snapshot);
//   for (step : plan.steps) if (still_the_newest_generation && (not disruptive || gate passes again)) do(step);
//   report(plan); wait for an event or a second; again
//
// At most one disruptive thing at a time, in this order: repair (dead nodes are started again, whatever else goes on),
// capacity and expand, shrink, roll. O(nodes + partitions).
Plan PlanCluster(const PlannerPolicy& policy, const Snapshot& snapshot);

}  // namespace sluice::op
