#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::balancer_planner {
namespace {

// Reasons of the satellite's for which a plan is refused that was good when it was made.
constexpr char kStale[] = "STALE_GENERATION";
constexpr char kTooLate[] = "EXPIRED";

// It grows also where an earlier word is not remembered, as after the loss of the database.
int64_t NextGeneration(int64_t before, absl::Time now) { return std::max(before + 1, absl::ToUnixMillis(now)); }

void SayDocument(Rebalance& rebalance, Wish wish, absl::Time now) {
  rebalance.said.generation = NextGeneration(rebalance.said.generation, now);
  rebalance.said.wish = wish;
  rebalance.said.time = now;
}

Transition Changed(Rebalance after, Say say, std::string cause, absl::Time now) {
  after.update_time = now;
  ++after.version;
  return {.after = std::move(after), .say = say, .cause = std::move(cause)};
}

Transition End(Rebalance rebalance, RebalanceStage stage, std::string reason, std::string message, absl::Time now) {
  // One that was never said leaves nothing behind.
  const Say say = rebalance.said.time == absl::InfinitePast() ? Say::kNothing : Say::kTombstone;
  if (say == Say::kTombstone) rebalance.said.generation = NextGeneration(rebalance.said.generation, now);
  rebalance.stage = stage;
  rebalance.cancelling = false;
  rebalance.reason = std::move(reason);
  rebalance.message = std::move(message);
  rebalance.end_time = now;
  rebalance.progress.moves_in_flight = 0;
  rebalance.progress.seconds_left = 0;
  if (stage == RebalanceStage::kDone) rebalance.progress.moves_left = rebalance.progress.bytes_left = 0;
  return Changed(std::move(rebalance), say, "ended", now);
}

absl::Status Conflict(const Rebalance& rebalance, const char* what) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(rebalance.uid, " is ", Absl(Name(rebalance.stage)), ": it cannot be ", what),
                   {.reason = "REBALANCE_STATE_CONFLICT",
                    .remedy = "look at its state; a new one can be started once it has ended",
                    .metadata = {{"state", std::string(Name(rebalance.stage))}}});
}

using Outcome = absl::StatusOr<std::optional<Transition>>;

Outcome Approve(Rebalance rebalance, const std::string& principal, absl::Time now) {
  if (rebalance.stage == RebalanceStage::kApproved || rebalance.stage == RebalanceStage::kRunning) return std::nullopt;
  if (rebalance.stage != RebalanceStage::kProposed) return Conflict(rebalance, "approved");
  if (now >= rebalance.expire_time) return Conflict(rebalance, "approved after its expire_time");
  rebalance.stage = RebalanceStage::kApproved;
  rebalance.approve_time = now;
  rebalance.approved_by = principal;
  SayDocument(rebalance, Wish::kRun, now);
  return Changed(std::move(rebalance), Say::kDocument, "approved", now);
}

Outcome Pause(Rebalance rebalance, absl::Time now) {
  if (rebalance.stage == RebalanceStage::kPaused) return std::nullopt;
  if (rebalance.stage != RebalanceStage::kApproved && rebalance.stage != RebalanceStage::kRunning) {
    return Conflict(rebalance, "paused");
  }
  if (rebalance.cancelling) return Conflict(rebalance, "paused while it is being cancelled");
  rebalance.stage = RebalanceStage::kPaused;
  SayDocument(rebalance, Wish::kPause, now);
  return Changed(std::move(rebalance), Say::kDocument, "paused", now);
}

Outcome Resume(Rebalance rebalance, absl::Time now) {
  if (rebalance.stage == RebalanceStage::kApproved || rebalance.stage == RebalanceStage::kRunning) return std::nullopt;
  if (rebalance.stage != RebalanceStage::kPaused) return Conflict(rebalance, "resumed");
  if (rebalance.cancelling) return Conflict(rebalance, "resumed while it is being cancelled");
  rebalance.stage = rebalance.start_time ? RebalanceStage::kRunning : RebalanceStage::kApproved;
  SayDocument(rebalance, Wish::kRun, now);
  return Changed(std::move(rebalance), Say::kDocument, "resumed", now);
}

Outcome Cancel(Rebalance rebalance, const std::string& principal, absl::Time now) {
  if (rebalance.cancelling || rebalance.stage == RebalanceStage::kCancelled) return std::nullopt;
  if (!IsOpen(rebalance.stage)) return Conflict(rebalance, "cancelled");
  const std::string message = absl::StrCat("cancelled by ", principal);
  if (rebalance.stage == RebalanceStage::kProposed) {
    return End(std::move(rebalance), RebalanceStage::kCancelled, "CANCELLED", message, now);
  }
  rebalance.cancelling = true;
  rebalance.message = message;
  SayDocument(rebalance, Wish::kCancel, now);
  return Changed(std::move(rebalance), Say::kDocument, "cancelled", now);
}

// What the data plane says of this one; null when it says nothing of it.
const SeenRebalance* WordOf(const SeenStatus* status, const Rebalance& rebalance) {
  return status != nullptr && status->rebalance && status->rebalance->rebalance == rebalance.uid ? &*status->rebalance
                                                                                                 : nullptr;
}

Progress ProgressOf(const SeenRebalance& seen, const Rebalance& rebalance, absl::Time time) {
  const PlanSummary& plan = rebalance.plan;
  Progress progress{.batches_done = std::max(seen.batches_done, rebalance.progress.batches_done),
                    .moves_done = seen.moves_done,
                    .moves_skipped = seen.moves_skipped,
                    .moves_in_flight = seen.moves_in_flight,
                    .bytes_done = seen.bytes_done,
                    .throttle_bytes_per_second = seen.throttle_bytes_per_second,
                    .seen = time};
  progress.moves_left = std::max(seen.moves_left, plan.moves - seen.moves_done - seen.moves_skipped);
  progress.bytes_left = std::max(seen.bytes_left, plan.bytes - seen.bytes_done);
  // The batch under way as the data plane measures it, the rest as it was planned.
  const int64_t later = progress.bytes_left - seen.bytes_left;
  const double seconds_per_byte = plan.bytes > 0 ? plan.seconds / static_cast<double>(plan.bytes) : 0;
  progress.seconds_left = seen.seconds_left + static_cast<double>(later) * seconds_per_byte;
  return progress;
}

std::optional<Transition> EndOf(const SeenRebalance& seen, const Rebalance& rebalance, absl::Time now) {
  using State = SeenRebalance::State;
  const auto end = [&](RebalanceStage stage, const char* reason) {
    return End(rebalance, stage, seen.reason.empty() ? reason : seen.reason,
               seen.message.empty() ? rebalance.message : seen.message, now);
  };
  switch (seen.state) {
    case State::kDone:
      return end(RebalanceStage::kDone, "DONE");
    case State::kCancelled:
      return end(RebalanceStage::kCancelled, "CANCELLED");
    case State::kRefused:
      // A cancel of what was never begun has nothing to put back.
      if (rebalance.cancelling) return end(RebalanceStage::kCancelled, "CANCELLED");
      // The plan is at no fault: the cluster, or time, went on.
      return end(seen.reason == kStale || seen.reason == kTooLate ? RebalanceStage::kExpired : RebalanceStage::kFailed,
                 "REFUSED");
    case State::kFailed:
      return end(RebalanceStage::kFailed, "FAILED");
    case State::kRunning:
    case State::kPaused:
    case State::kCancelling:
      break;
  }
  return std::nullopt;
}

// Takes over what the data plane tells of a plan under way; whether that is worth an event.
bool TakeWord(const SeenRebalance& seen, absl::Time time, const LifecycleOptions& options, Rebalance& rebalance) {
  bool news = false;
  if (!rebalance.start_time && seen.state == SeenRebalance::State::kRunning) {
    rebalance.start_time = time;
    if (rebalance.stage == RebalanceStage::kApproved) rebalance.stage = RebalanceStage::kRunning;
    news = true;
  }
  if (seen.observed_generation >= rebalance.said.generation) rebalance.said.repeats = 0;
  const bool reason_news = seen.reason != rebalance.reason;
  Progress progress = ProgressOf(seen, rebalance, time);
  Progress without_time = progress;
  without_time.seen = rebalance.progress.seen;
  const bool progress_news = !(without_time == rebalance.progress);
  const bool due = time >= rebalance.progress.seen + options.progress_every ||
                   progress.batches_done > rebalance.progress.batches_done;
  if (news || reason_news || (progress_news && due)) {
    rebalance.progress = progress;
    rebalance.reason = seen.reason;
    if (!rebalance.cancelling || !seen.message.empty()) rebalance.message = seen.message;
    news = true;
  }
  return news;
}

// Where half of what was said is done and more is to come, the next part is said.
bool WantsNextWindow(const Rebalance& rebalance) {
  const SaidDocument& said = rebalance.said;
  if (rebalance.cancelling || said.first_batch + said.batches >= rebalance.plan.batches) return false;
  return rebalance.progress.batches_done >= said.first_batch + std::max(1, said.batches / 2);
}

bool WantsRepeat(const Rebalance& rebalance, const SeenRebalance* seen, const LifecycleOptions& options,
                 absl::Time now) {
  if (seen != nullptr && seen->observed_generation >= rebalance.said.generation) return false;
  const absl::Duration patience =
      std::min(options.longest_patience, options.patience * (1 << std::min(rebalance.said.repeats, 10)));
  return now - rebalance.said.time >= patience;
}

bool ClusterGoes(const SeenStatus* status) {
  return status != nullptr && (status->state == ClusterState::kDeleting || status->state == ClusterState::kGone);
}

// An end that time brings, or that the cluster's changed wish brings.
std::optional<Transition> EndInTime(Rebalance& rebalance, const SeenStatus* status, const LifecycleOptions& options,
                                    absl::Time now) {
  if (ClusterGoes(status)) {
    return End(rebalance, RebalanceStage::kCancelled, "CLUSTER_DELETED", "the cluster goes", now);
  }
  const bool begun = rebalance.start_time.has_value();
  const bool obsolete = status != nullptr && status->generation != rebalance.physical_cluster_generation;
  if (obsolete) {
    const std::string message = absl::StrCat("made for generation ", rebalance.physical_cluster_generation,
                                             " of the cluster, which is at ", status->generation);
    if (!begun) return End(rebalance, RebalanceStage::kExpired, "GENERATION_CHANGED", message, now);
    if (rebalance.obsolete_since && now - *rebalance.obsolete_since >= options.farewell) {
      return End(rebalance, RebalanceStage::kFailed, "GENERATION_CHANGED", message, now);
    }
  }
  // What was said may have been begun in the last moment: its word of that gets the time of a repeat.
  const absl::Duration grace = rebalance.stage == RebalanceStage::kProposed ? absl::ZeroDuration() : options.patience;
  if (!begun && rebalance.stage != RebalanceStage::kPaused && now >= rebalance.expire_time + grace) {
    return End(rebalance, RebalanceStage::kExpired, "TOO_LATE",
               rebalance.stage == RebalanceStage::kProposed ? "nobody approved it in time"
                                                            : "its data plane did not begin it in time",
               now);
  }
  return std::nullopt;
}

}  // namespace

Transition Propose(Rebalance proposed, bool approve, const LifecycleOptions& options, absl::Time now) {
  proposed.stage = RebalanceStage::kProposed;
  proposed.create_time = now;
  proposed.expire_time = now + options.proposal_lifetime;
  proposed.progress.moves_left = proposed.plan.moves;
  proposed.progress.bytes_left = proposed.plan.bytes;
  proposed.progress.seconds_left = proposed.plan.seconds;
  proposed.version = 0;
  if (!approve) return Changed(std::move(proposed), Say::kNothing, "proposed", now);
  proposed.stage = RebalanceStage::kApproved;
  proposed.approve_time = now;
  proposed.approved_by = proposed.proposed_by;
  SayDocument(proposed, Wish::kRun, now);
  return Changed(std::move(proposed), Say::kDocument, "approved", now);
}

absl::StatusOr<std::optional<Transition>> Apply(Call call, const Rebalance& rebalance, const std::string& principal,
                                                const std::string& etag, absl::Time now) {
  if (!etag.empty() && etag != EtagOf(rebalance)) {
    return MakeError(absl::StatusCode::kAborted, absl::StrCat(rebalance.uid, " has changed since that etag"),
                     {.reason = "ETAG_MISMATCH", .field = "etag", .remedy = "read it again and decide again"});
  }
  switch (call) {
    case Call::kApprove:
      return Approve(rebalance, principal, now);
    case Call::kPause:
      return Pause(rebalance, now);
    case Call::kResume:
      return Resume(rebalance, now);
    case Call::kCancel:
      return Cancel(rebalance, principal, now);
  }
  return std::nullopt;
}

std::optional<Transition> Advance(const Rebalance& before, const SeenStatus* status, const LifecycleOptions& options,
                                  absl::Time now) {
  if (!IsOpen(before.stage)) return std::nullopt;
  Rebalance rebalance = before;
  const SeenRebalance* seen = WordOf(status, rebalance);
  bool news = false;
  if (seen != nullptr) {
    // The figures first: they stand in what it ends with.
    news = TakeWord(*seen, status->time, options, rebalance);
    if (std::optional<Transition> end = EndOf(*seen, rebalance, now)) {
      if (end->after.stage != RebalanceStage::kDone) end->after.progress = ProgressOf(*seen, rebalance, status->time);
      return end;
    }
  }
  if (std::optional<Transition> end = EndInTime(rebalance, status, options, now)) return end;
  const bool obsolete = status != nullptr && status->generation != rebalance.physical_cluster_generation;
  if (obsolete != rebalance.obsolete_since.has_value()) {
    rebalance.obsolete_since = obsolete ? std::optional(now) : std::nullopt;
    news = true;
  }
  if (rebalance.stage == RebalanceStage::kProposed) {
    return news ? std::optional(Changed(std::move(rebalance), Say::kNothing, "progress", now)) : std::nullopt;
  }
  if (WantsNextWindow(rebalance)) {
    rebalance.said.first_batch = rebalance.progress.batches_done;
    SayDocument(rebalance, rebalance.said.wish, now);
    return Changed(std::move(rebalance), Say::kDocument, "window", now);
  }
  // One that is obsolete is not said again: its data plane would refuse it.
  if (!obsolete && WantsRepeat(rebalance, seen, options, now)) {
    ++rebalance.said.repeats;
    SayDocument(rebalance, rebalance.said.wish, now);
    return Changed(std::move(rebalance), Say::kDocument, "repeated", now);
  }
  if (!news) return std::nullopt;
  return Changed(std::move(rebalance), Say::kNothing, "progress", now);
}

Transition PlanLost(const Transition& unsayable) {
  Rebalance before = unsayable.after;
  --before.version;
  const absl::Time now = before.update_time;
  return End(std::move(before), RebalanceStage::kFailed, "PLAN_LOST",
             "its moves are gone with the database that had them; what is left to do is planned anew", now);
}

void FillWindow(const std::vector<PlannedBatch>& batches, Rebalance& rebalance) {
  rebalance.said.batches = WindowFrom(batches, rebalance.said.first_batch);
}

std::string EtagOf(const Rebalance& rebalance) { return absl::StrCat(rebalance.uid, "-", rebalance.version); }

}  // namespace sluice::balancer_planner
