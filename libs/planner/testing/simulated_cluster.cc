#include "libs/planner/testing/simulated_cluster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/planner/step_checker.h"

namespace sluice::planner::testing {
namespace {

constexpr int kMutedTicks = 3;
constexpr int64_t kWork = 450'000;

}  // namespace

SimulatedCluster::SimulatedCluster(uint64_t seed) : numbers_(seed * 7919), facts_(RandomFacts(seed)) {
  for (PartitionFacts& partition : facts_.partitions) {
    partition.pinned = false;
    for (ReplicaFacts& replica : partition.replica_facts) replica.in_sync = true;
  }
  old_facts_ = facts_;
  moved_at_.assign(facts_.partitions.size(), -100);
  left_in_calm_.resize(facts_.partitions.size());
  left_by_free_plan_.resize(facts_.partitions.size());
  back_by_free_plan_.resize(facts_.partitions.size());
}

void SimulatedCluster::Run(int storm_ticks, int most_ticks) {
  for (tick_ = 0; tick_ < storm_ticks + most_ticks && !at_rest_ && broken_.empty(); ++tick_) {
    calm_ = tick_ >= storm_ticks;
    EndBatches();
    if (!calm_) Change();
    if (next_batch_ >= plan_.batches.size()) MakeNewPlan();
    StartBatches();
    if (numbers_.OneIn(3)) {
      old_facts_ = facts_;
      old_generation_ = generation_;
    }
  }
}

void SimulatedCluster::Broken(std::string what) {
  if (broken_.empty()) broken_ = absl::StrCat("tick ", tick_, ": ", what);
}

void SimulatedCluster::Change() {
  if (numbers_.OneIn(2)) ChangeLoad();
  if (numbers_.OneIn(4)) ChangeBrokers();
}

void SimulatedCluster::ChangeLoad() {
  const double factor = 0.5 + numbers_.Unit();
  const int topic = numbers_.Below(facts_.topics.size());
  for (PartitionFacts& partition : facts_.partitions) {
    if (partition.topic != topic) continue;
    for (int r = 0; r < kResources; ++r) partition.leader_load[r] *= factor, partition.follower_load[r] *= factor;
  }
}

void SimulatedCluster::ChangeBrokers() {
  Broker& broker = facts_.brokers[numbers_.Below(facts_.brokers.size())];
  const bool one_is_dead = std::any_of(facts_.brokers.begin(), facts_.brokers.end(),
                                       [](const Broker& b) { return b.state == BrokerState::kDead; });
  ++generation_;
  switch (numbers_.Below(4)) {
    case 0:
      if (!one_is_dead && broker.id != 1) broker.state = BrokerState::kDead;
      return;
    case 1:
      broker.state = BrokerState::kAlive;
      return;
    case 2:
      if (broker.state == BrokerState::kAlive && broker.id != 1) broker.state = BrokerState::kLeaving;
      return;
    default:
      if (facts_.brokers.size() >= 10) return;
      Broker added = facts_.brokers[0];
      added.id = facts_.brokers.size() + 1;
      added.rack = facts_.brokers[numbers_.Below(facts_.brokers.size())].rack;
      added.state = BrokerState::kNew;
      facts_.brokers.push_back(std::move(added));
  }
}

Snapshot SimulatedCluster::Picture(const SnapshotFacts& facts, bool planning) const {
  Snapshot snapshot = *facts.Build();
  if (!planning) return snapshot;
  for (size_t p = 0; p < moved_at_.size(); ++p) {
    if (tick_ - moved_at_[p] <= kMutedTicks) snapshot.pinned[p] = true;
  }
  ApplyInFlight(snapshot, true);
  return snapshot;
}

void SimulatedCluster::ApplyInFlight(Snapshot& snapshot, bool pin) const {
  for (const InFlight& flight : in_flight_) {
    for (const Step& step : flight.batch.steps) {
      if (pin) snapshot.pinned[step.partition] = true;
      const auto now = snapshot.ReplicasOf(step.partition);
      for (size_t i = 0; i < step.replicas.size(); ++i) {
        Broker& broker = snapshot.brokers[step.replicas[i]];
        const auto& load = (i == 0 ? snapshot.leader_load : snapshot.follower_load)[step.partition];
        const bool had = std::find(now.begin(), now.end(), step.replicas[i]) != now.end();
        // What it will have at the end, and, where it has the replica already, the more that leading asks for.
        const auto& has = (now[0] == step.replicas[i] ? snapshot.leader_load : snapshot.follower_load)[step.partition];
        for (int r = kNetworkIn; r < kResources; ++r) broker.reserved[r] += std::max(0.f, load[r] - (had ? has[r] : 0));
        const uint16_t dir = step.log_dirs.empty() ? 0 : step.log_dirs[i];
        const size_t slot = snapshot.first_replica[step.partition] + i;
        const bool same_dir = had && (step.log_dirs.empty() || snapshot.LogDirOf(slot) == dir);
        if (same_dir) continue;
        broker.reserved[kDisk] += load[kDisk];
        if (!broker.log_dirs.empty()) broker.log_dirs[dir].reserved_mb += load[kDisk];
      }
      if (step.adding.empty()) continue;
      for (uint16_t b : step.adding) snapshot.brokers[b].reserved[kNetworkIn] += plan_.throttle_kbps;
      snapshot.brokers[now[0]].reserved[kNetworkOut] += plan_.throttle_kbps;
    }
  }
}

bool SimulatedCluster::IsSettled() const {
  return in_flight_.empty() &&
         std::all_of(moved_at_.begin(), moved_at_.end(), [&](int at) { return tick_ - at > kMutedTicks; });
}

// Evenness waits until what moved has settled; repair does not. While all changes, any of them is tried at any time.
Mode SimulatedCluster::NextMode() {
  if (calm_) return IsSettled() ? Mode::kEvenOut : Mode::kRepair;
  return numbers_.OneIn(4) ? Mode::kRelieve : Mode::kEvenOut;
}

void SimulatedCluster::MakeNewPlan() {
  const bool stale = !calm_ && numbers_.OneIn(3);
  const SnapshotFacts& facts = stale ? old_facts_ : facts_;
  if (facts.partitions.empty() || facts.brokers.size() != facts_.brokers.size()) return;
  const PlanOptions options{.mode = NextMode(), .window = 0.1, .work = kWork};
  const Snapshot picture = Picture(facts, true);
  absl::StatusOr<Plan> plan = MakePlan(picture, options);
  if (!plan.ok()) return Broken(absl::StrCat("no plan: ", plan.status().ToString()));
  const StepViolations found = CheckSteps(picture, plan->batches, plan->throttle_kbps);
  if (found.total() > 0) Broken(absl::StrCat("the plan breaks what its own picture asks: ", found.first));
  at_rest_ = calm_ && plan->batches.empty() && IsSettled();
  plan_ = *std::move(plan);
  plan_is_of_calm_ = calm_;
  plan_is_free_ = options.mode == Mode::kEvenOut &&
                  std::none_of(plan_.unresolved.begin(), plan_.unresolved.end(),
                               [](const Unresolved& left) { return left.constraint == Constraint::kOrder; });
  plan_repairs_ = options.mode == Mode::kRepair;
  plans_in_calm_ += calm_ && !plan_.batches.empty();
  plan_generation_ = stale ? old_generation_ : generation_;
  next_batch_ = 0;
}

// Do the batch's steps, beside those in flight and with the loads of now, keep all that a step must keep?
bool SimulatedCluster::FitsBesideTheOthers(const Batch& batch) const {
  for (const InFlight& flight : in_flight_) {
    for (const Step& running : flight.batch.steps) {
      for (const Step& step : batch.steps) {
        if (step.partition == running.partition) return false;
      }
    }
  }
  Snapshot now = Picture(facts_, false);
  ApplyInFlight(now, false);
  return CheckSteps(now, {&batch, 1}, plan_.throttle_kbps).total() == 0;
}

void SimulatedCluster::StartBatches() {
  while (next_batch_ < plan_.batches.size() && in_flight_.size() < 2) {
    const Batch& batch = plan_.batches[next_batch_];
    // A plan for an older generation is never carried out.
    if (plan_generation_ != generation_ || !FitsBesideTheOthers(batch)) {
      if (in_flight_.empty() || plan_generation_ != generation_) plan_.batches.clear();
      return;
    }
    Start(batch);
    ++next_batch_;
  }
}

void SimulatedCluster::Start(const Batch& batch) {
  const int takes = batch.bytes_mb > 0 ? numbers_.Between(1, 3) : 0;
  in_flight_.push_back({batch, tick_ + takes, plan_is_of_calm_, plan_is_free_, plan_repairs_});
}

void SimulatedCluster::EndBatches() {
  std::vector<InFlight> left;
  const Snapshot now = Picture(facts_, false);
  for (InFlight& flight : in_flight_) {
    if (flight.ends_at > tick_) {
      left.push_back(std::move(flight));
      continue;
    }
    for (const Step& step : flight.batch.steps) {
      // A copy to a broker that died, or from one that did, is given up; the partition stays as it was.
      const bool lost = std::any_of(step.adding.begin(), step.adding.end(),
                                    [&](uint16_t b) { return facts_.brokers[b].state == BrokerState::kDead; });
      const bool dead_leader = facts_.brokers[step.replicas[0]].state == BrokerState::kDead;
      if (lost || dead_leader || !now.HasSource(step.partition)) continue;
      NoteMoves(step, now, flight);
      PartitionFacts& partition = facts_.partitions[step.partition];
      partition.replicas.clear();
      for (uint16_t b : step.replicas) partition.replicas.push_back(facts_.brokers[b].id);
      if (!partition.replica_facts.empty() || !step.log_dirs.empty()) {
        partition.replica_facts.assign(step.replicas.size(), {});
        for (size_t i = 0; i < step.log_dirs.size(); ++i) partition.replica_facts[i].log_dir = step.log_dirs[i];
      }
    }
    // The balancer's own moves do not outdate its plan: it knows of them.
  }
  in_flight_ = std::move(left);
}

void SimulatedCluster::NoteMoves(const Step& step, const Snapshot& before, const InFlight& flight) {
  moved_at_[step.partition] = tick_;
  if (!flight.of_calm) return;  // a plan of before may be corrected by the first one after the changes
  moves_in_calm_ += step.adding.size();
  if (flight.repairs) ForgetFreePlans();
  for (uint16_t b : step.adding) NoteCome(step.partition, facts_.brokers[b].id, flight.is_free);
  for (uint16_t b : before.ReplicasOf(step.partition)) {
    if (std::find(step.replicas.begin(), step.replicas.end(), b) != step.replicas.end()) continue;
    NoteLeft(step.partition, facts_.brokers[b].id, flight.is_free);
  }
}

// What is placed anew is more to even out, so a plan after it does not take back what one before it did.
void SimulatedCluster::ForgetFreePlans() {
  for (auto* brokers : {&left_by_free_plan_, &back_by_free_plan_}) {
    for (std::vector<int32_t>& of_partition : *brokers) of_partition.clear();
  }
}

void SimulatedCluster::NoteCome(uint32_t partition, int32_t broker_id, bool is_free) {
  const std::vector<int32_t>& left = left_by_free_plan_[partition];
  if (is_free && std::count(left.begin(), left.end(), broker_id) > 0) {
    back_by_free_plan_[partition].push_back(broker_id);
  }
}

// Coming back once is no swing: the plan before had to leave alone what had moved lately. Leaving again is, where both
// plans were free. A plan that has to leave steps out goes another way than the one before, and a repair must move what
// it moves and leaves the rest to be evened out again: they may send a replica on; not twice.
void SimulatedCluster::NoteLeft(uint32_t partition, int32_t broker_id, bool is_free) {
  left_in_calm_[partition].push_back(broker_id);
  if (is_free) left_by_free_plan_[partition].push_back(broker_id);
  auto times = [&](const std::vector<int32_t>& ids) { return std::count(ids.begin(), ids.end(), broker_id); };
  if ((is_free && times(back_by_free_plan_[partition]) > 0) || times(left_in_calm_[partition]) > 2) {
    Broken(absl::StrCat("partition ", partition, " swings to and from broker ", broker_id));
  }
}

}  // namespace sluice::planner::testing
