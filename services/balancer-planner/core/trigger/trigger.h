#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"
#include "services/balancer-planner/core/model/rebalance.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

// When a cluster is planned for by itself. Start and stop thresholds lie apart: what starts an evening out is further
// out than what the plan leaves.
struct TriggerOptions {
  // A broker that is away for so long is placed anew: Self-Balancing Clusters' default.
  absl::Duration dead_after = absl::Hours(1);
  // The same while a partition of it has no more replicas in sync than min.insync.replicas asks: the next failure stops
  // its producers.
  absl::Duration dead_after_at_min_isr = absl::Minutes(5);
  // A broker with so much more than its share of something for `uneven_for` starts an evening out.
  double unevenness = 0.20;
  absl::Duration uneven_for = absl::Minutes(15);
  // Of disk and links unevenness counts only where the busiest uses so much of its limit (Slicer does nothing while the
  // highest load is below 25 %), and of replicas and leaders only where it is off by at least so many.
  double least_use = 0.25;
  double least_count = 5;
  // A disk or link that uses so much of its limit is relieved at once.
  double near_limit = 0.98;
  // After one has ended nothing but must-moves begins for so long; after each that failed in a row twice as long, must-
  // moves included, up to an hour.
  absl::Duration cool_down = absl::Minutes(2);
};

// What is remembered of a cluster between two looks.
struct TriggerMemory {
  // Of brokers that replicas name and the status does not.
  std::map<int32_t, absl::Time> missing_since;
  std::optional<absl::Time> uneven_since;
};

// How its last rebalances ended.
struct TriggerPast {
  std::optional<absl::Time> last_end;
  // In a row, the newest ones.
  int32_t failures = 0;
};

// What shall be planned, and why. Without a mode: nothing now, and `waits_for` says why for people.
struct Verdict {
  std::optional<planner::Mode> mode;
  Cause cause = Cause::kCalled;
  std::vector<std::string> reasons;
  std::string waits_for;
};

// Brokers whose replicas shall be placed anew: not ready for longer than their threshold. Notes in `memory` whom it
// misses.
std::set<int32_t> DeadBrokers(const SeenStatus& status, const SeenLoad& load, const TriggerOptions& options,
                              TriggerMemory& memory, absl::Time now);

// Are both newer than the end of the cluster's last rebalance? Older ones do not show what it moved: a plan made from
// them would move it again.
bool ShowLastEnd(const SeenStatus& status, const SeenLoad& load, std::optional<absl::Time> last_end);

// In this order: leaving brokers (EMPTY), dead ones (REPAIR), a disk or link near its limit (RELIEVE), a broken rack
// rule (REPAIR), new brokers (FILL), unevenness that lasts (EVEN_OUT). Nothing while the cluster begins, rolls or is
// down, while a broker is away that is not dead yet, while its satellite still carries something out, and until status
// and load are newer than the last rebalance's end. `snapshot` is PictureOf the same status and load, with DeadBrokers
// as dead.
Verdict Decide(const SeenStatus& status, const SeenLoad& load, const planner::Snapshot& snapshot,
               const TriggerPast& past, const TriggerOptions& options, TriggerMemory& memory, absl::Time now);

}  // namespace sluice::balancer_planner
