#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/balancer-planner/core/lifecycle/planned_batches.h"
#include "services/balancer-planner/core/model/rebalance.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

//   PROPOSED ── approve ──► APPROVED ── the data plane begins ──► RUNNING ──► DONE
//      │ │ too late              │ too late                         ▲ │ pause
//      │ └──► EXPIRED ◄──────────┘                           resume │ ▼
//      └─ cancel ─► CANCELLED ◄── what was in flight went back ─── PAUSED        what was said ──► FAILED
//
// The functions below are pure: what they give back is saved, and what it says of the document is said, together.

// What the data plane is to hear.
enum class Say {
  kNothing,
  kDocument,   // as Rebalance::said tells: a new one
  kTombstone,  // it has ended
};

struct Transition {
  Rebalance after;
  Say say = Say::kNothing;
  std::string cause;  // "approved": of the event
};

struct LifecycleOptions {
  // A plan that has not begun so long after it was made is not carried out: Cruise Control's default.
  absl::Duration proposal_lifetime = absl::Minutes(15);
  // A document that no status shows as taken is said again after this, then each time twice as late.
  absl::Duration patience = absl::Seconds(30);
  absl::Duration longest_patience = absl::Minutes(5);
  // After the cluster's generation has changed, for the data plane to say how it ended.
  absl::Duration farewell = absl::Minutes(1);
  // Progress is saved and told no more often than this.
  absl::Duration progress_every = absl::Seconds(2);
};

// A new one: `proposed` has its ids, plan, reasons, who proposed it, and in said.generation the last generation of its
// cluster's plan documents. With `approve` it is said at once.
Transition Propose(Rebalance proposed, bool approve, const LifecycleOptions& options, absl::Time now);

// Calls. FAILED_PRECONDITION / REBALANCE_STATE_CONFLICT (metadata: state) where the state does not allow it; ABORTED /
// ETAG_MISMATCH. What is asked for already gives nothing to save.
enum class Call { kApprove, kPause, kResume, kCancel };
absl::StatusOr<std::optional<Transition>> Apply(Call call, const Rebalance& rebalance, const std::string& principal,
                                                const std::string& etag, absl::Time now);

// What time and the cluster's status make of an open one; nothing when it stays as it is. `status` may be null or old.
std::optional<Transition> Advance(const Rebalance& rebalance, const SeenStatus* status, const LifecycleOptions& options,
                                  absl::Time now);

// In place of one that would say more of a plan whose moves are gone with the database that had them: the plan's end.
Transition PlanLost(const Transition& unsayable);

// For each Say::kDocument, once the moves are at hand: how many batches the document has from its first one on.
void FillWindow(const std::vector<PlannedBatch>& batches, Rebalance& rebalance);

std::string EtagOf(const Rebalance& rebalance);

}  // namespace sluice::balancer_planner
