#include "services/satellite/app/physical/moves/rebalance_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/proto_values/timestamps.h"
#include "services/satellite/app/physical/moves/plan_wish.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint after_decision("satellite.moves.1_after_decision");
failpoint::FailPoint after_memory("satellite.moves.2_after_memory");
failpoint::FailPoint after_throttle("satellite.moves.3_after_throttle");
failpoint::FailPoint after_assignment("satellite.moves.4_after_assignment");
failpoint::FailPoint after_election("satellite.moves.5_after_election");

constexpr char kInFlight[] = "sluice_satellite_rebalance_moves_in_flight";
constexpr char kBytesLeft[] = "sluice_satellite_rebalance_left_bytes";
constexpr char kThrottle[] = "sluice_satellite_rebalance_throttle_bytes_per_second";

// What the nodes' own plan does now that a move must not come on top of; "": nothing.
std::string BusyWith(const op::Plan& plan) {
  using Kind = op::Step::Kind;
  for (const op::Step& step : plan.steps) {
    if (step.kind == Kind::kCordon || step.kind == Kind::kUncordon || step.kind == Kind::kApplyConfigs) continue;
    return absl::StrCat("node ", step.node_id, ": ", step.reason);
  }
  if (plan.state == op::ClusterState::kRolling) return "a node is rolled";
  if (plan.state == op::ClusterState::kExpanding) return "brokers are added";
  if (plan.state == op::ClusterState::kProvisioning) return "the cluster is being made";
  return "";
}

bool IsExpired(const PlanPointer& plan, absl::Time now) {
  if (plan == nullptr || !plan->has_expire_time()) return false;
  return now > proto_values::TimeOf(plan->expire_time());
}

}  // namespace

RebalanceRunner::RebalanceRunner(std::string cluster, RebalanceRunnerParts parts)
    : cluster_(std::move(cluster)), parts_(parts), labels_({{"cluster", cluster_}}) {}

RebalanceRunner::~RebalanceRunner() { RemoveMetrics(); }

bool RebalanceRunner::active() const {
  const op::RebalanceState state = decision_.progress.state;
  return decision_.under_way || state == op::RebalanceState::kRunning || state == op::RebalanceState::kCancelling;
}

absl::Status RebalanceRunner::TakeUp(const PlanPointer& plan) {
  if (!stored_) {
    ASSIGN_OR_RETURN(stored_, parts_.store.LoadMemory(cluster_));
    decision_.memory = *stored_;
  }
  if (plan == plan_) return absl::OkStatus();
  if (plan_ == nullptr || plan == nullptr || plan_->rebalance() != plan->rebalance()) {
    refused_.clear();
    copied_.clear();
    decision_.pace = {};
  }
  plan_ = plan;
  wish_.reset();
  if (plan_ != nullptr) wish_ = WishFromProto(*plan_);
  return absl::OkStatus();
}

std::optional<op::MoveLoad> RebalanceRunner::LoadNow() const {
  const auto reading = parts_.load.Latest(cluster_);
  if (!reading || !wish_) return std::nullopt;
  op::MoveLoad load;
  load.sampled_at = reading->taken_at;
  for (const satellite::v1::BrokerLoad& broker : reading->sample.brokers()) {
    load.stress[broker.broker()] = {broker.request_handler_idle(), broker.produce_local_ms()};
  }
  for (const satellite::v1::PartitionLoad& partition : reading->sample.partitions()) {
    if (partition.bytes_in_per_second() > 0) {
      load.received[{partition.topic(), partition.partition()}] = partition.bytes_in_per_second();
    }
  }
  return load;
}

op::RebalanceInput RebalanceRunner::InputOf(const Sight& sight) const {
  const op::Snapshot& snapshot = sight.snapshot;
  op::RebalanceInput input;
  input.now = snapshot.now;
  input.wish = wish_ ? &*wish_ : nullptr;
  input.expired = IsExpired(plan_, parts_.clock.Now());
  input.desired_generation = snapshot.generation;
  input.paused = snapshot.spec.paused;
  input.busy = BusyWith(sight.plan);
  for (const op::NodeSeen& node : snapshot.nodes) {
    if (!node.ready) input.not_ready.insert(node.node_id);
    if (node.ready && node.role == op::NodeRole::kBroker) input.live.insert(node.node_id);
  }
  input.health = snapshot.health ? &*snapshot.health : nullptr;
  input.link = snapshot.spec.broker_network_bytes_per_second;
  input.disk_bytes = snapshot.spec.broker_disk_mib << 20;
  input.copied = copied_;
  input.lately_moving = moved_before_;
  input.refused = refused_;
  input.memory = decision_.memory;
  input.pace = decision_.pace;
  return input;
}

void RebalanceRunner::NoteSample(const op::Snapshot& snapshot) {
  if (!snapshot.health || !snapshot.health->partitions || sample_ == snapshot.health->sampled_at) return;
  sample_ = snapshot.health->sampled_at;
  moved_before_ = std::exchange(moving_, {});
  for (const op::PartitionHealth& partition : *snapshot.health->partitions) {
    if (partition.reassigning) moving_.insert({partition.topic, partition.partition});
  }
}

void RebalanceRunner::AskSizes(kafka_admin::AdminClient& admin) {
  const op::Moment now = parts_.clock.MonotonicNow();
  if (decision_.copying.empty()) {
    copied_.clear();
    return;
  }
  if (sizes_asked_at_ && now - *sizes_asked_at_ < parts_.sizes_again) return;
  sizes_asked_at_ = now;
  copied_ = KafkaMoves(admin, parts_.call_timeout).Arrived(decision_.copying);
}

absl::StatusOr<bool> RebalanceRunner::Round(const PlanPointer& plan, const Sight& sight) {
  RETURN_IF_ERROR(TakeUp(plan));
  NoteSample(sight.snapshot);
  if (sight.admin != nullptr) AskSizes(*sight.admin);
  const op::RebalanceProgress before = decision_.progress;
  const std::optional<op::MoveLoad> load = LoadNow();
  op::RebalanceInput input = InputOf(sight);
  input.load = load ? &*load : nullptr;
  decision_ = op::DecideRebalance(parts_.policy, input);
  Tell(before);
  RETURN_IF_ERROR(after_decision.Hit());
  RETURN_IF_ERROR(Remember());
  if (sight.admin == nullptr) return false;
  return Act(KafkaMoves(*sight.admin, parts_.call_timeout));
}

// Before anything is done by it.
absl::Status RebalanceRunner::Remember() {
  if (stored_ == decision_.memory) return absl::OkStatus();
  RETURN_IF_ERROR(wish_ ? parts_.store.SaveMemory(cluster_, decision_.memory) : parts_.store.RemoveMemory(cluster_));
  stored_ = decision_.memory;
  return after_memory.Hit();
}

absl::StatusOr<bool> RebalanceRunner::Act(KafkaMoves kafka) {
  const op::RebalanceDecision& d = decision_;
  bool acted = false;
  if (!d.throttle.empty()) {
    // Without it nothing is begun.
    RETURN_IF_ERROR(kafka.SetThrottle(d.throttle));
    RETURN_IF_ERROR(after_throttle.Hit());
    acted = true;
  }
  if (!d.assign.empty()) {
    log::Info("partitions are moved",
              {{"cluster", cluster_}, {"moves", d.assign.size()}, {"first", d.assign[0].partition.Name()}});
    ASSIGN_OR_RETURN(const std::set<op::PartitionId> refused, kafka.Assign(d.assign));
    refused_.insert(refused.begin(), refused.end());
    RETURN_IF_ERROR(after_assignment.Hit());
    acted = true;
  }
  if (!d.cancel.empty()) {
    log::Info("moves are put back", {{"cluster", cluster_}, {"moves", d.cancel.size()}});
    RETURN_IF_ERROR(kafka.Cancel(d.cancel));
    acted = true;
  }
  if (!d.elect.empty()) {
    RETURN_IF_ERROR(kafka.Elect(d.elect));
    RETURN_IF_ERROR(after_election.Hit());
    acted = true;
  }
  return acted;
}

void RebalanceRunner::Tell(const op::RebalanceProgress& before) {
  const op::RebalanceProgress& now = decision_.progress;
  if (plan_ == nullptr) return RemoveMetrics();
  measured_ = true;
  const auto gauge = [&](const char* name, const char* help, double value) {
    parts_.metrics.GaugeOf(name, help, labels_).Set(value);
  };
  gauge(kInFlight, "Partitions that move now.", now.moves_in_flight);
  gauge(kBytesLeft, "What is left to copy of the batch under way.", static_cast<double>(now.bytes_left));
  gauge(kThrottle, "What a broker sends and receives at most for moves; 0: none is in force.",
        static_cast<double>(now.throttle_bytes_per_second));
  if (before.state == now.state && before.reason == now.reason && before.batches_done == now.batches_done) return;
  log::Info("rebalance", {{"cluster", cluster_},
                          {"rebalance", plan_->rebalance()},
                          {"generation", plan_->generation()},
                          {"state", std::string(op::Name(now.state))},
                          {"reason", now.reason},
                          {"message", now.message},
                          {"batches_done", now.batches_done},
                          {"moves_done", now.moves_done},
                          {"moves_skipped", now.moves_skipped}});
}

void RebalanceRunner::RemoveMetrics() {
  if (!std::exchange(measured_, false)) return;
  for (const char* name : {kInFlight, kBytesLeft, kThrottle}) parts_.metrics.RemoveGauge(name, labels_);
}

}  // namespace sluice::satellite
