#include "libs/planner/search/search.h"

#include <algorithm>

#include "libs/planner/end_state.h"
#include "libs/planner/search/relief.h"
#include "libs/planner/search/worst_first.h"

namespace sluice::planner {
namespace {

constexpr int kPolishRounds = 5;
constexpr size_t kManyMoves = 40'000;  // of so many the first round is enough
constexpr int kEconomyRounds = 2;      // the second finds about a tenth of what the first did
constexpr double kStartFactor = 1.5;   // of the window, where evenness alone starts a plan
constexpr double kWorthwhile = 0.9;    // evening out that leaves more of the penalty than this is not done
// The same where only some of the steps can be taken: what they leave is likely to be taken up again, another way.
constexpr double kWorthwhileInPart = 0.75;
constexpr double kStillWorthwhile = 0.95;  // a round that leaves more of the penalty than this is the last

double StartWindow(const PlanOptions& options) {
  return options.start_window > 0 ? options.start_window : std::min(1.0, options.window * kStartFactor);
}

double CostOf(const BalanceGoal& goal, int broker, const LoadVector& load) {
  return goal.Cost<kReplicas, kLeaders, kDiskUse, kIn, kOut, kCpuUse>(broker, load);
}

std::vector<LoadVector> LoadsOf(const ClusterState& state) {
  std::vector<LoadVector> loads;
  for (size_t b = 0; b < state.brokers(); ++b) loads.push_back(state.Load(b));
  return loads;
}

double TotalCost(const ClusterState& state, const BalanceGoal& goal) {
  double total = 0;
  for (size_t b = 0; b < state.brokers(); ++b) total += CostOf(goal, b, state.Load(b));
  return total;
}

double TotalCost(const std::vector<LoadVector>& loads, const BalanceGoal& goal) {
  double total = 0;
  for (size_t b = 0; b < loads.size(); ++b) total += CostOf(goal, b, loads[b]);
  return total;
}

// Where all replicas and leaders are, to go back to.
class Assignment {
 public:
  explicit Assignment(const ClusterState& state) {
    const Snapshot& snapshot = state.snapshot();
    for (uint32_t slot = 0; slot < snapshot.replicas.size(); ++slot) brokers_.push_back(state.BrokerOf(slot));
    for (uint32_t p = 0; p < snapshot.partitions(); ++p) leaders_.push_back(state.LeaderSlot(p));
  }
  void Restore(ClusterState& state) const {
    for (uint32_t slot = 0; slot < brokers_.size(); ++slot) {
      if (state.BrokerOf(slot) != brokers_[slot]) state.Move(slot, brokers_[slot]);
    }
    for (uint32_t p = 0; p < leaders_.size(); ++p) {
      if (state.LeaderSlot(p) != leaders_[p]) state.Lead(leaders_[p]);
    }
  }

 private:
  std::vector<uint16_t> brokers_;
  std::vector<uint32_t> leaders_;
};

}  // namespace

Search::Search(const Snapshot& snapshot, const PlanOptions& options, WorkBudget& budget,
               const ReplicaBalancer::Sampling& sampling)
    : options_(options),
      state_(snapshot),
      loads_before_(LoadsOf(state_)),
      goal_(state_, options.window),
      start_goal_(state_, StartWindow(options)),
      budget_(budget),
      evacuation_(state_, goal_, budget_, reasons_),
      replicas_(state_, goal_, budget_, reasons_, sampling),
      leaders_(state_, goal_, budget_, reasons_),
      swapper_(state_, goal_, budget_, reasons_),
      chains_(state_, goal_, budget_, reasons_),
      lightener_(state_, goal_, budget_, reasons_),
      topics_(state_, goal_, budget_, reasons_),
      exposure_(state_, goal_, budget_, reasons_),
      log_dirs_(state_, budget_, reasons_) {}

void Search::Run() {
  RunMode();
  work_spent_ = budget_.spent();
}

void Search::RunMode() {
  switch (options_.mode) {
    case Mode::kEmpty:
      evacuation_.EmptyBrokersThatGo();
      leaders_.RunWhereReplicasMove();
      return;
    case Mode::kRepair:
      evacuation_.EmptyBrokersThatGo();
      evacuation_.RepairRacks();
      leaders_.RunWhereReplicasMove();
      return;
    case Mode::kRelieve:
      log_dirs_.Relieve();  // needs no network
      Relief(state_, goal_, budget_, reasons_).Run();
      return;
    case Mode::kFill:
      replicas_.FillNewBrokers();
      leaders_.LeadFromNewBrokers();
      return;
    case Mode::kEvenOut:
      EvenOut();
      return;
  }
}

double Search::StartCost() const { return TotalCost(state_, start_goal_); }

bool Search::MayGoOn() const {
  return options_.mode != Mode::kEvenOut || StartCost() > 0 || state_.snapshot().has_several_log_dirs();
}

void Search::EvenOut() {
  evacuation_.EmptyBrokersThatGo();
  evacuation_.RepairRacks();
  must_move_ = !reasons_.copies.empty();
  const double before = must_move_ ? TotalCost(state_, goal_) : StartCost();
  if (before > 0) {
    const Assignment start(state_);
    replicas_.Run();
    FollowMean();
    leaders_.Run();
    (void)goal_.Recenter(state_);
    Polish();
    Economize();
    FollowMean();
    Polish();
    // What betters so little is not worth its traffic, and would be followed by as little the next time.
    if ((must_move_ ? TotalCost(state_, goal_) : StartCost()) > before * kWorthwhile) start.Restore(state_);
  }
  log_dirs_.KeepWhatStays();
  log_dirs_.EvenOut();
}

// Moves between brokers of different sizes have shifted the mean of their uses, and the windows with it.
void Search::FollowMean() {
  if (!goal_.Recenter(state_)) return;
  replicas_.Run();
  leaders_.Run();
}

// What the search did and the end state does not need.
void Search::Economize() {
  const int rounds = reasons_.copies.size() > kManyMoves ? 1 : kEconomyRounds;
  for (int round = 0; round < rounds; ++round) {
    chains_.Run();
    replicas_.Trim();
    lightener_.Run();
    FollowMean();
  }
  topics_.Run();
  leaders_.Trim();
  exposure_.Run();
}

bool Search::IsWithin(int broker) const { return CostOf(goal_, broker, state_.Load(broker)) <= goal_.good_enough(); }

bool Search::AllWithin() const {
  return std::all_of(state_.staying().begin(), state_.staying().end(), [&](int b) { return IsWithin(b); });
}

Search::Outcome Search::outcome() const {
  Outcome outcome;
  for (int b : state_.staying()) outcome.brokers_outside += !IsWithin(b);
  for (const auto& [slot, reason] : reasons_.copies) {
    if (state_.BrokerOf(slot) != state_.OriginalBrokerOf(slot)) outcome.bytes_mb += state_.DiskOf(slot);
  }
  return outcome;
}

// All dimensions at once: leaders where that is enough, then single moves, then exchanges. What that leaves is hard: a
// last round looks wider for exchanges.
void Search::Polish() {
  for (int round = 0; round < kPolishRounds && PolishOnce(); ++round) {
  }
  swapper_.LookWider();
  (void)PolishOnce();
}

bool Search::PolishOnce() {
  if (AllWithin() || budget_.spent()) return false;
  auto cost = [&](int b) { return CostOf(goal_, b, state_.Load(b)); };
  const double before = TotalCost(state_, goal_);
  WorstFirst(state_.staying(), goal_.good_enough(), budget_, cost, [&](int b, std::vector<int>& touched) {
    return leaders_.Improve(b, touched) || replicas_.Improve(b, true, touched);
  });
  WorstFirst(state_.staying(), goal_.good_enough(), budget_, cost, [&](int b, std::vector<int>& touched) {
    return swapper_.Improve(b, touched) || leaders_.Improve(b, touched);
  });
  return TotalCost(state_, goal_) <= before * kStillWorthwhile;
}

bool Search::IsWorthwhile(const std::vector<LoadVector>& after_all, const std::vector<LoadVector>& after_needed) const {
  if (options_.mode != Mode::kEvenOut) return true;
  const BalanceGoal& goal = must_move_ ? goal_ : start_goal_;
  return TotalCost(after_all, goal) <= TotalCost(after_needed, goal) * kWorthwhileInPart;
}

bool Search::Adopt(const Search& next) {
  bool changed = false;
  for (uint32_t p = 0; p < state_.snapshot().partitions(); ++p) changed |= AdoptPartition(next, p);
  work_spent_ |= next.work_spent();
  return changed;
}

bool Search::AdoptPartition(const Search& next, uint32_t partition) {
  Placement placement;
  PlacementOf(next.state_, partition, placement);
  if (!placement.changed) return false;
  auto wanted = [&](uint16_t broker) {
    return std::find(placement.replicas.begin(), placement.replicas.end(), broker) != placement.replicas.end();
  };
  for (size_t i = 0; i < placement.replicas.size(); ++i) {
    const uint16_t broker = placement.replicas[i];
    uint32_t slot = state_.FirstSlot(partition);
    if (!state_.Holds(partition, broker)) {
      while (wanted(state_.BrokerOf(slot))) ++slot;
      state_.Move(slot, broker);
    } else {
      while (state_.BrokerOf(slot) != broker) ++slot;
    }
    if (!placement.log_dirs.empty()) state_.MoveWithin(slot, placement.log_dirs[i]);
    if (i == 0 && !state_.Leads(slot)) state_.Lead(slot);
  }
  for (uint32_t slot = next.state_.FirstSlot(partition); slot < next.state_.EndSlot(partition); ++slot) {
    const auto found = next.reasons_.copies.find(slot);
    if (found == next.reasons_.copies.end()) continue;
    for (uint32_t own = state_.FirstSlot(partition); own < state_.EndSlot(partition); ++own) {
      if (state_.BrokerOf(own) == next.state_.BrokerOf(slot)) reasons_.copies[own] = found->second;
    }
  }
  if (const auto found = next.reasons_.leaders.find(partition); found != next.reasons_.leaders.end()) {
    reasons_.leaders[partition] = found->second;
  }
  return true;
}

}  // namespace sluice::planner
