#include "services/balancer-planner/app/rebalance_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/log/log.h"

namespace sluice::balancer_planner {
namespace {

constexpr int kConflictTries = 5;
constexpr absl::Duration kLongestWait = absl::Seconds(20);
// Characters of an id: 5 bits each.
constexpr int kSuffix = 12;

absl::Status CheckWish(const PlanWish& wish) {
  const auto invalid = [](const char* field, const char* what, const char* remedy) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(field, " ", what),
                     {.reason = "INVALID_FIELD", .field = field, .remedy = remedy});
  };
  if (!(wish.window > 0 && wish.window <= 1)) return invalid("window", "is none", "give a share above 0, up to 1");
  if (wish.throttle_bytes_per_second < 0 || wish.throttle_bytes_per_second > 1'000'000'000'000) {
    return invalid("throttle_bytes_per_second", "is none", "give bytes a second, or 0 for the default");
  }
  return absl::OkStatus();
}

absl::Status LoadUnknown(const ClusterKey& key, absl::string_view since) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("nothing was heard of ", key.physical_cluster, " from ", key.data_plane, since),
                   {.reason = "LOAD_UNKNOWN",
                    .remedy = "wait for the next sample of its data plane, or see why it sends none",
                    .retry_after = absl::Seconds(15)});
}

absl::Status NotFound(const std::string& uid) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat(uid, " does not exist"),
                   {.reason = "RESOURCE_NOT_FOUND",
                    .remedy = "look which there are by ListRebalances",
                    .metadata = {{"resource", uid}}});
}

// Somebody who asks to repair means what is away now; all else waits for the threshold.
std::set<int32_t> DeadFor(const PlanWish& wish, const SeenStatus& status, const SeenLoad& load, TriggerOptions options,
                          absl::Time now) {
  if (wish.mode == planner::Mode::kRepair) {
    options.dead_after = options.dead_after_at_min_isr = absl::ZeroDuration();
  }
  TriggerMemory no_memory;
  return DeadBrokers(status, load, options, no_memory, now);
}

absl::Status NothingToMove(const Rebalance& rebalance) {
  return MakeError(absl::StatusCode::kFailedPrecondition, rebalance.plan.summary,
                   {.reason = "NOTHING_TO_MOVE",
                    .remedy = "see what PreviewRebalance says is unmet, or choose another mode or a smaller window",
                    .metadata = {{"summary", rebalance.plan.summary}}});
}

}  // namespace

absl::Status CommitTransition(RebalanceStore& store, Transition transition, std::optional<RememberedCall> call,
                              const std::string& traceparent) {
  RebalanceChange change{.transition = std::move(transition), .call = std::move(call), .traceparent = traceparent};
  if (change.transition.say == Say::kDocument) {
    ASSIGN_OR_RETURN(change.batches, store.BatchesOf(change.transition.after.uid));
    if (change.batches.empty()) {
      // Only after a rebuild: events do not hold a plan's moves.
      change.transition = PlanLost(change.transition);
    } else {
      FillWindow(change.batches, change.transition.after);
    }
  }
  return store.Commit(change);
}

absl::StatusOr<PlannedRebalance> RebalanceCommands::Preview(const CallContext& context, const ClusterKey& key,
                                                            const PlanWish& wish) {
  RETURN_IF_ERROR(CheckWish(wish));
  const std::optional<SeenStatus> status = ports_.board.StatusOf(key);
  const std::shared_ptr<const SeenLoad> load = ports_.board.LoadOf(key);
  if (!status || load == nullptr) return LoadUnknown(key, " yet");
  ASSIGN_OR_RETURN(const EndedRebalances ended, ports_.store.Ended(key));
  if (!ShowLastEnd(*status, *load, ended.last_end)) return LoadUnknown(key, " since its last rebalance ended");
  const absl::Time now = ports_.clock.Now();
  ASSIGN_OR_RETURN(
      const planner::Snapshot snapshot,
      PictureOf(*status, *load, {.dead = DeadFor(wish, *status, *load, options_.trigger, now)}, options_.picture, now));
  ASSIGN_OR_RETURN(PlanOutcome outcome,
                   ports_.planning.Plan(snapshot, wish, std::min(kLongestWait, context.deadline - now)));
  PlannedRebalance planned{.rebalance = ProposalOf(key, *status, wish, outcome), .batches = std::move(outcome.batches)};
  planned.rebalance.proposed_by = context.principal;
  planned.rebalance.reasons = {absl::StrCat("asked for by ", context.principal)};
  // As it would be; nothing of it is kept.
  Rebalance shown = Propose(planned.rebalance, /*approve=*/false, options_.lifecycle, now).after;
  shown.version = 0;
  planned.rebalance = std::move(shown);
  return planned;
}

absl::StatusOr<std::optional<Rebalance>> RebalanceCommands::AnsweredBefore(const CallContext& context) {
  if (!context.remembered) return std::nullopt;
  ASSIGN_OR_RETURN(const std::optional<std::string> uid, ports_.store.RememberedAnswer(*context.remembered));
  if (!uid) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<Rebalance> rebalance, ports_.store.Find(*uid));
  if (!rebalance) return NotFound(*uid);
  return rebalance;
}

absl::StatusOr<Rebalance> RebalanceCommands::Start(const CallContext& context, const ClusterKey& key,
                                                   const StartWish& wish) {
  ASSIGN_OR_RETURN(std::optional<Rebalance> before, AnsweredBefore(context));
  if (before) return *std::move(before);
  ASSIGN_OR_RETURN(PlannedRebalance planned, Preview(context, key, wish.plan));
  if (planned.batches.empty()) return NothingToMove(planned.rebalance);
  ASSIGN_OR_RETURN(const EndedRebalances ended, ports_.store.Ended(key));
  Rebalance proposed = std::move(planned.rebalance);
  proposed.uid = absl::StrCat("reb-", ports_.ids.NewSuffix(kSuffix));
  proposed.cause = Cause::kCalled;
  proposed.said.generation = ended.generation;
  RebalanceChange change{.transition = Propose(std::move(proposed), /*approve=*/!wish.require_approval,
                                               options_.lifecycle, ports_.clock.Now()),
                         .batches = std::move(planned.batches),
                         .call = context.remembered,
                         .traceparent = context.traceparent};
  FillWindow(change.batches, change.transition.after);
  const absl::Status committed = ports_.store.Commit(change);
  if (ErrorReason(committed) == "VERSION_CONFLICT" && context.remembered) {
    // A repeat that ran beside this one was first.
    ASSIGN_OR_RETURN(before, AnsweredBefore(context));
    if (before) return *std::move(before);
  }
  RETURN_IF_ERROR(committed);
  log::Info("a rebalance was asked for", {{"rebalance", change.transition.after.uid},
                                          {"physical_cluster", key.physical_cluster},
                                          {"principal", context.principal},
                                          {"summary", change.transition.after.plan.summary}});
  return change.transition.after;
}

absl::StatusOr<Rebalance> RebalanceCommands::Get(const ClusterKey& key, const std::string& uid) {
  ASSIGN_OR_RETURN(std::optional<Rebalance> rebalance, ports_.store.Find(uid));
  // One of another cluster is none of the caller's business.
  if (!rebalance || KeyOf(*rebalance) != key) return NotFound(uid);
  return *std::move(rebalance);
}

absl::StatusOr<std::vector<Rebalance>> RebalanceCommands::List(const ClusterKey& key, const std::string& before,
                                                               int limit) {
  return ports_.store.List({.cluster = key, .before = before, .limit = limit});
}

absl::StatusOr<Rebalance> RebalanceCommands::Change(const CallContext& context, const ClusterKey& key,
                                                    const std::string& uid, Call call, const std::string& etag) {
  absl::Status conflict;
  for (int i = 0; i < kConflictTries; ++i) {
    ASSIGN_OR_RETURN(std::optional<Rebalance> before, AnsweredBefore(context));
    if (before) return *std::move(before);
    ASSIGN_OR_RETURN(const Rebalance rebalance, Get(key, uid));
    ASSIGN_OR_RETURN(std::optional<Transition> transition,
                     Apply(call, rebalance, context.principal, etag, ports_.clock.Now()));
    if (!transition) return rebalance;
    const std::string cause = transition->cause;
    conflict = CommitTransition(ports_.store, *std::move(transition), context.remembered, context.traceparent);
    if (conflict.ok()) {
      log::Info("a rebalance was changed", {{"rebalance", uid}, {"cause", cause}, {"principal", context.principal}});
      return Get(key, uid);
    }
    if (ErrorReason(conflict) != "VERSION_CONFLICT") return conflict;
  }
  return conflict;
}

}  // namespace sluice::balancer_planner
