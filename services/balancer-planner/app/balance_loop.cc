#include "services/balancer-planner/app/balance_loop.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/log/log.h"
#include "services/balancer-planner/app/rebalance_commands.h"

namespace sluice::balancer_planner {
namespace {

constexpr absl::Duration kEvery = absl::Seconds(1);
constexpr absl::Duration kPruneEvery = absl::Minutes(1);
// A round commits and plans; with PostgreSQL away each try ends within seconds.
constexpr absl::Duration kLongestSilence = absl::Minutes(2);
constexpr absl::Duration kPlanningPatience = absl::Seconds(30);
constexpr int kSuffix = 12;
constexpr char kSelf[] = "balancer-planner";

bool Urgent(Cause cause) {
  return cause == Cause::kLeavingBroker || cause == Cause::kDeadBroker || cause == Cause::kNearLimit;
}

// What is done because somebody must go moves whatever it takes.
bool LeavesMovedAlone(Cause cause) { return cause == Cause::kUneven || cause == Cause::kNearLimit; }

}  // namespace

BalanceLoop::BalanceLoop(BalancePorts ports, BalanceOptions options, metrics::LoopBoard& loops)
    : ports_(ports),
      options_(options),
      rounds_(loops.Of("balance", kLongestSilence)),
      prunes_(loops.Of("prune", 10 * kPruneEvery)),
      clusters_(ports.metrics.GaugeOf("sluice_balancer_planner_clusters", "Physical clusters that are heard of")),
      open_(ports.metrics.GaugeOf("sluice_balancer_planner_open_rebalances", "Rebalances that have not ended")) {}

void BalanceLoop::Count(const char* outcome) {
  ports_.metrics
      .CounterOf("sluice_balancer_planner_looks_total", "Looks at clusters without an open rebalance, by outcome",
                 {{"outcome", outcome}})
      .Increment();
}

absl::Status BalanceLoop::AdvanceOne(const Rebalance& rebalance) {
  const std::optional<SeenStatus> status = ports_.board.StatusOf(KeyOf(rebalance));
  std::optional<Transition> transition =
      Advance(rebalance, status ? &*status : nullptr, options_.lifecycle, ports_.clock.Now());
  if (!transition) return absl::OkStatus();
  if (transition->cause != "progress") {
    log::Info("a rebalance goes on", {{"rebalance", rebalance.uid},
                                      {"cause", transition->cause},
                                      {"state", Name(transition->after.stage)},
                                      {"reason", transition->after.reason}});
  }
  if (!IsOpen(transition->after.stage)) {
    ports_.metrics
        .CounterOf("sluice_balancer_planner_rebalances_total", "Rebalances that ended, by state",
                   {{"state", std::string(Name(transition->after.stage))}})
        .Increment();
  }
  const absl::Status status_of_commit = CommitTransition(ports_.store, *std::move(transition), std::nullopt, "");
  // A caller or another replica was first: the next round reads what they left.
  return ErrorReason(status_of_commit) == "VERSION_CONFLICT" ? absl::OkStatus() : status_of_commit;
}

absl::StatusOr<planner::Snapshot> BalanceLoop::PictureFor(const ClusterKey& key, const SeenStatus& status,
                                                          const SeenLoad& load, TriggerMemory& memory, bool pin_moved) {
  const absl::Time now = ports_.clock.Now();
  PictureHints hints{.dead = DeadBrokers(status, load, options_.trigger, memory, now)};
  if (pin_moved) hints.pinned = ports_.board.MovedSince(key, now - options_.moved_lately);
  return PictureOf(status, load, hints, options_.picture, now);
}

absl::Status BalanceLoop::Look(const ClusterKey& key, Memory& memory) {
  const absl::Time now = ports_.clock.Now();
  if (now < memory.next_look) return absl::OkStatus();
  memory.next_look = now + kLookEvery;
  const std::optional<SeenStatus> status = ports_.board.StatusOf(key);
  const std::shared_ptr<const SeenLoad> load = ports_.board.LoadOf(key);
  if (!status || load == nullptr) return absl::OkStatus();
  const absl::StatusOr<planner::Snapshot> snapshot =
      PictureFor(key, *status, *load, memory.trigger, /*pin_moved=*/false);
  if (!snapshot.ok()) {
    Count("no_picture");
    ports_.board.SetVerdict(key, std::string(snapshot.status().message()));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const EndedRebalances ended, ports_.store.Ended(key));
  const Verdict verdict = Decide(*status, *load, *snapshot, {.last_end = ended.last_end, .failures = ended.failures},
                                 options_.trigger, memory.trigger, now);
  if (!verdict.mode) {
    Count("waits");
    ports_.board.SetVerdict(key, verdict.waits_for);
    return absl::OkStatus();
  }
  if (!LeavesMovedAlone(verdict.cause)) {
    return Begin(key, *status, *snapshot, verdict, ended.generation, memory);
  }
  ASSIGN_OR_RETURN(const planner::Snapshot pinned, PictureFor(key, *status, *load, memory.trigger, /*pin_moved=*/true));
  return Begin(key, *status, pinned, verdict, ended.generation, memory);
}

absl::Status BalanceLoop::Begin(const ClusterKey& key, const SeenStatus& status, const planner::Snapshot& snapshot,
                                const Verdict& verdict, int64_t generation, Memory& memory) {
  const PlanWish wish{.mode = *verdict.mode, .window = options_.window};
  ASSIGN_OR_RETURN(PlanOutcome outcome, ports_.planning.Plan(snapshot, wish, kPlanningPatience));
  const std::string why = absl::StrJoin(verdict.reasons, "; ");
  if (outcome.batches.empty()) {
    Count("nothing_to_move");
    memory.next_look = ports_.clock.Now() + (Urgent(verdict.cause) ? kPauseAfterNothingUrgent : kPauseAfterNothing);
    ports_.board.SetVerdict(key, absl::StrCat(why, ": ", outcome.summary.summary));
    return absl::OkStatus();
  }
  Rebalance proposed = ProposalOf(key, status, wish, outcome);
  proposed.uid = absl::StrCat("reb-", ports_.ids.NewSuffix(kSuffix));
  proposed.cause = verdict.cause;
  proposed.reasons = verdict.reasons;
  proposed.proposed_by = kSelf;
  proposed.said.generation = generation;
  RebalanceChange change{
      .transition = Propose(std::move(proposed), options_.approves_itself, options_.lifecycle, ports_.clock.Now()),
      .batches = std::move(outcome.batches)};
  FillWindow(change.batches, change.transition.after);
  const absl::Status committed = ports_.store.Commit(change);
  // Another replica, or a caller, was first.
  if (ErrorReason(committed) == "REBALANCE_OPEN") return absl::OkStatus();
  RETURN_IF_ERROR(committed);
  Count("begun");
  ports_.board.SetVerdict(key, why);
  log::Info("a rebalance begins", {{"rebalance", change.transition.after.uid},
                                   {"physical_cluster", key.physical_cluster},
                                   {"mode", Name(*verdict.mode)},
                                   {"why", why},
                                   {"summary", change.transition.after.plan.summary}});
  return absl::OkStatus();
}

absl::Status BalanceLoop::Step() {
  ASSIGN_OR_RETURN(const std::vector<Rebalance> open, ports_.store.Open());
  open_.Set(static_cast<double>(open.size()));
  absl::Status first;
  const auto note = [&](const absl::Status& status, const std::string& what) {
    if (status.ok()) return;
    log::Warn("a cluster's turn failed; the next round tries again",
              {{"what", what}, {"error", Std(status.message())}});
    first.Update(status);
  };
  std::set<ClusterKey> busy;
  for (const Rebalance& rebalance : open) {
    busy.insert(KeyOf(rebalance));
    note(AdvanceOne(rebalance), rebalance.uid);
  }
  const std::vector<ClusterKey> clusters = ports_.board.Clusters();
  clusters_.Set(static_cast<double>(clusters.size()));
  const std::set<ClusterKey> known(clusters.begin(), clusters.end());
  std::erase_if(memories_, [&](const auto& entry) { return !known.contains(entry.first); });
  for (const ClusterKey& key : clusters) {
    if (busy.contains(key)) {
      ports_.board.SetVerdict(key, "a rebalance of it is open");
    } else {
      note(Look(key, memories_[key]), key.physical_cluster);
    }
  }
  return first;
}

void BalanceLoop::Run(clock::StopSignal& stop) {
  absl::Duration next_prune;
  do {
    (void)rounds_.Round([this] { return Step(); });
    if (ports_.clock.MonotonicNow() < next_prune) continue;
    next_prune = ports_.clock.MonotonicNow() + kPruneEvery;
    const absl::Time now = ports_.clock.Now();
    (void)prunes_.Round([&] { return ports_.store.Prune(now - kCallRetention, now - kRebalanceRetention).status(); });
  } while (!stop.WaitFor(kEvery));
}

}  // namespace sluice::balancer_planner
