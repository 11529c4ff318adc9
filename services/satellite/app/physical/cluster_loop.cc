#include "services/satellite/app/physical/cluster_loop.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/operator/broker_config.h"
#include "libs/operator/moves/retire_gate.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint after_gather("satellite.physical.1_after_gather");
failpoint::FailPoint after_plan("satellite.physical.2_after_plan");
failpoint::FailPoint after_step("satellite.physical.3_after_step");
failpoint::FailPoint retire_before_unregister("satellite.retire.1_before_unregister");
failpoint::FailPoint retire_after_unregister("satellite.retire.2_after_unregister");
failpoint::FailPoint retire_after_stop("satellite.retire.3_after_stop");
failpoint::FailPoint before_report("satellite.physical.4_before_report");

constexpr size_t kActionsKept = 20;

std::string_view NameOf(op::Step::Kind kind) {
  switch (kind) {
    case op::Step::Kind::kPrepare:
      return "prepare";
    case op::Step::Kind::kStart:
      return "start";
    case op::Step::Kind::kStopForRoll:
      return "stop";
    case op::Step::Kind::kKill:
      return "kill";
    case op::Step::Kind::kApplyConfigs:
      return "configure";
    case op::Step::Kind::kCordon:
      return "cordon";
    case op::Step::Kind::kUncordon:
      return "uncordon";
    case op::Step::Kind::kRetire:
      return "retire";
    case op::Step::Kind::kRemoveAll:
      return "remove";
  }
  return "";
}

std::string BootstrapOf(const ClusterSight& sight) {
  std::string text;
  for (const NodeSight& node : sight.nodes) {
    if (node.role == op::NodeRole::kBroker) absl::StrAppend(&text, node.internal.host, ":", node.internal.port, ",");
  }
  return text;
}

}  // namespace

struct ClusterLoop::Round {
  PhysicalWish wish;
  ClusterSight sight;
  op::Snapshot snapshot;
  op::Plan plan;
  // What shall be moved, as it was when the round began.
  PlanPointer plan_said;
  absl::Status trouble;
  // Something was done, so the next round comes at once.
  bool acted = false;
  bool rejected = false;
};

ClusterLoop::ClusterLoop(std::string cluster, const ClusterLoopParts& parts)
    : cluster_(std::move(cluster)),
      parts_(parts),
      memory_(parts.policy.restart, parts.random),
      moves_(cluster_, {.load = parts.load,
                        .store = parts.rebalances,
                        .metrics = parts.metrics,
                        .clock = parts.clock,
                        .policy = parts.moves,
                        .call_timeout = parts.times.call_timeout}) {}

ClusterLoop::~ClusterLoop() {
  RequestStop();
  if (thread_.joinable()) thread_.join();
}

void ClusterLoop::StartThread() {
  thread_ = std::thread([this] { Run(); });
}

void ClusterLoop::Accept(PhysicalWish wish) {
  {
    std::lock_guard lock(mutex_);
    if (wish_ && wish.generation <= wish_->generation) return;
    wish_ = std::move(wish);
    finished_ = false;
    ++heard_;
  }
  changed_.notify_all();
}

void ClusterLoop::AcceptPlan(PlanPointer plan) {
  {
    std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    ++heard_;
  }
  changed_.notify_all();
}

PlanPointer ClusterLoop::RebalancePlan() const {
  std::lock_guard lock(mutex_);
  return plan_;
}

void ClusterLoop::RequestStop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool ClusterLoop::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

std::optional<PhysicalWish> ClusterLoop::Wish() const {
  std::lock_guard lock(mutex_);
  return wish_;
}

bool ClusterLoop::StillWished(int64_t generation) const {
  std::lock_guard lock(mutex_);
  return !stopping_ && wish_ && wish_->generation == generation;
}

void ClusterLoop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const int64_t heard = heard_;
    lock.unlock();
    const absl::Duration pause = RunOnce();
    lock.lock();
    changed_.wait_for(lock, absl::ToChronoNanoseconds(pause), [&] { return stopping_ || heard_ != heard; });
  }
}

absl::Duration ClusterLoop::RunOnce() {
  const std::optional<PhysicalWish> wish = Wish();
  if (!wish) return parts_.times.calm;
  const log::TraceScope trace(wish->traceparent);
  Round round;
  round.wish = *wish;
  round.plan_said = RebalancePlan();
  round.trouble = Gather(round);
  if (round.trouble.ok()) round.trouble = after_gather.Hit();
  if (!round.trouble.ok()) {
    // Nothing is decided on half a look, and the last report stands.
    log::Warn("a physical cluster cannot be looked at", {{"cluster", cluster_}, {"error", round.trouble.ToString()}});
    return parts_.times.calm;
  }
  if (round.rejected) {
    round.plan.state = op::ClusterState::kRejected;
  } else {
    round.plan = op::PlanCluster(parts_.policy, round.snapshot);
    round.trouble = Act(round);
    if (const absl::Status moved = Rebalance(round); round.trouble.ok()) round.trouble = moved;
  }
  Report(round);
  return Pause(round);
}

// --- gather ---

void ClusterLoop::Admit(Round& round) {
  const op::Moment now = parts_.clock.MonotonicNow();
  const bool asked = admitted_generation_ == round.wish.generation;
  const bool again = !admission_.ok() && now - admission_asked_at_ >= parts_.times.admission_again;
  if (!asked || again) {
    // A cluster that was refused is not taken in later under the same generation: it may have gone elsewhere.
    if (!(asked && round.sight.nodes.empty() && !admitted_spec_)) {
      admission_ = parts_.substrate.Admit(cluster_, round.wish.spec);
    }
    admission_asked_at_ = now;
    admitted_generation_ = round.wish.generation;
    if (admission_.ok()) admitted_spec_ = round.wish.spec;
  }
  if (admission_.ok()) return;
  const absl::StatusCode code = admission_.code();
  const bool refusal = code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kFailedPrecondition;
  if (round.sight.nodes.empty()) {
    round.rejected = refusal;
    if (!refusal) round.trouble = admission_;
    return;
  }
  // What runs goes on as it was: as many brokers as there are, of the version that they have.
  int32_t brokers = 0;
  for (const NodeSight& node : round.sight.nodes) brokers += node.role == op::NodeRole::kBroker;
  op::PhysicalSpec& spec = round.snapshot.spec;
  spec.brokers = std::min(spec.brokers, std::max(1, brokers));
  if (admitted_spec_) {
    spec.kafka_version = admitted_spec_->kafka_version;
  } else if (const auto versions = parts_.substrate.Capacity().kafka_versions; !versions.empty()) {
    spec.kafka_version = versions.back();
  }
}

absl::Status ClusterLoop::OpenProbe(const ClusterSight& sight) {
  const std::string bootstrap = BootstrapOf(sight);
  if (bootstrap.empty() || (probe_ && bootstrap == probe_bootstrap_)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ClusterAccess access, parts_.substrate.Access(cluster_));
  ProbeTarget target;
  target.tls = access.admin_tls;
  for (const NodeSight& node : sight.nodes) {
    if (node.role == op::NodeRole::kBroker) target.bootstrap.push_back(node.internal);
  }
  ASSIGN_OR_RETURN(probe_, parts_.probes.Open(std::move(target)));
  probe_bootstrap_ = bootstrap;
  return absl::OkStatus();
}

// A digest reads files and renders a configuration: it is made anew only when what it is made of can have changed.
void ClusterLoop::AddDigests(Round& round) {
  const op::Moment now = parts_.clock.MonotonicNow();
  const std::string made_for = absl::StrCat(round.wish.generation, "/", round.snapshot.nodes.size(), "/",
                                            round.snapshot.spec.brokers, "/", round.snapshot.spec.kafka_version);
  if (made_for != digests_for_ || now - digests_made_at_ > parts_.times.configs_again) {
    digests_.clear();
    for (const op::NodeSeen& node : round.snapshot.nodes) {
      digests_[node.node_id] = parts_.substrate.WantedDigest(cluster_, round.snapshot.spec, node.node_id);
    }
    digests_for_ = made_for;
    digests_made_at_ = now;
  }
  for (op::NodeSeen& node : round.snapshot.nodes) {
    node.wanted_digest = digests_[node.node_id];
    // Not known now: no reason to touch a running node.
    if (node.wanted_digest.empty()) node.wanted_digest = node.running_digest;
  }
}

void ClusterLoop::SampleHealth(Round& round) {
  const op::Moment began = parts_.clock.MonotonicNow();
  absl::StatusOr<op::KafkaHealth> health = probe_->Health(parts_.times.call_timeout);
  health_took_ = parts_.clock.MonotonicNow() - began;
  if (!health.ok()) return;
  if (const auto reading = parts_.load.Latest(cluster_)) {
    health->load_sampled_at = reading->taken_at;
    for (const satellite::v1::BrokerLoad& broker : reading->sample.brokers()) {
      health->request_handler_idle[broker.broker()] = broker.request_handler_idle();
      for (const satellite::v1::LogDirLoad& dir : broker.log_dirs()) {
        if (dir.total_bytes() <= 0) continue;
        double& fraction = health->disk_used_fraction[broker.broker()];
        fraction = std::max(fraction, static_cast<double>(dir.used_bytes()) / static_cast<double>(dir.total_bytes()));
      }
    }
  }
  health_ = *std::move(health);
  round.snapshot.health = health_;
}

absl::Status ClusterLoop::GatherKafka(Round& round) {
  const op::Moment now = round.snapshot.now;
  const bool any_ready =
      std::any_of(round.snapshot.nodes.begin(), round.snapshot.nodes.end(),
                  [](const op::NodeSeen& node) { return node.role == op::NodeRole::kBroker && node.ready; });
  if (probe_ == nullptr || !any_ready) return absl::OkStatus();
  const bool configs_right = configs_ && *configs_ == op::DynamicConfigsOf(round.snapshot.spec);
  if (!configs_right || now - configs_read_at_ > parts_.times.configs_again) {
    if (auto configs = probe_->ClusterConfigs(parts_.times.call_timeout); configs.ok()) {
      configs_ = *std::move(configs);
      configs_read_at_ = now;
    }
  }
  round.snapshot.dynamic_configs = configs_;
  const bool starting = !round.sight.provisioned;
  const absl::Duration again = moves_.active()
                                   ? std::clamp(10 * health_took_, parts_.times.moves_again, parts_.times.health_again)
                                   : parts_.times.health_again;
  // A plan is judged by a look that is newer than it: what it names may be new too.
  if (round.plan_said != moves_.plan()) health_.reset();
  if (!starting && (!health_ || now - health_->sampled_at >= again)) SampleHealth(round);
  round.snapshot.health = health_;
  return absl::OkStatus();
}

absl::Status ClusterLoop::Gather(Round& round) {
  ASSIGN_OR_RETURN(round.sight, parts_.substrate.Look(cluster_));
  op::Snapshot& snapshot = round.snapshot;
  snapshot.generation = round.wish.generation;
  snapshot.deleted = round.wish.deleted;
  snapshot.spec = round.wish.spec;
  snapshot.anything_left = round.sight.anything_left;
  snapshot.provisioned = round.sight.provisioned;
  snapshot.last_disruption_at = last_disruption_at_;
  snapshot.rebalancing = moves_.under_way();
  if (!round.wish.deleted) Admit(round);
  if (round.rejected) return absl::OkStatus();
  RETURN_IF_ERROR(round.trouble);
  if (!round.wish.deleted) RETURN_IF_ERROR(OpenProbe(round.sight));
  snapshot.nodes = memory_.Observe(round.sight.nodes, round.wish.deleted ? nullptr : probe_.get(),
                                   parts_.clock.MonotonicNow(), parts_.times.probe_again, parts_.times.probe_timeout);
  snapshot.now = parts_.clock.MonotonicNow();
  if (round.wish.deleted) return absl::OkStatus();
  AddDigests(round);
  const absl::Status gathered = GatherKafka(round);
  // After the samples: one that is younger than "now" would look like one from the future.
  snapshot.now = parts_.clock.MonotonicNow();
  return gathered;
}

// --- act ---

absl::Status ClusterLoop::Act(Round& round) {
  RETURN_IF_ERROR(after_plan.Hit());
  bool prepared = false;
  absl::Status first_trouble;
  for (const op::Step& step : round.plan.steps) {
    if (step.kind == op::Step::Kind::kPrepare && prepared) continue;
    if (!StillWished(round.wish.generation)) return absl::OkStatus();
    const absl::Status done = Do(round, step);
    Note(step, done);
    prepared = prepared || step.kind == op::Step::Kind::kPrepare;
    round.acted = round.acted || done.ok();
    // One node that cannot be started keeps no other from it.
    if (!done.ok() && first_trouble.ok()) first_trouble = done;
    RETURN_IF_ERROR(after_step.Hit());
  }
  RETURN_IF_ERROR(first_trouble);
  if (!round.wish.deleted && round.plan.state == op::ClusterState::kUp && !round.sight.provisioned) {
    RETURN_IF_ERROR(parts_.substrate.MarkProvisioned(cluster_));
    round.acted = true;
  }
  return round.wish.deleted ? absl::OkStatus() : RenewCertificates(round);
}

absl::Status ClusterLoop::Do(Round& round, const op::Step& step) {
  switch (step.kind) {
    case op::Step::Kind::kPrepare:
      return parts_.substrate.Prepare(cluster_, round.snapshot.spec);
    case op::Step::Kind::kStart:
      return parts_.substrate.Start(cluster_, round.snapshot.spec, step.node_id);
    case op::Step::Kind::kStopForRoll:
      return StopForRoll(round, step.node_id);
    case op::Step::Kind::kKill:
      return parts_.substrate.Kill(cluster_, step.node_id);
    case op::Step::Kind::kApplyConfigs:
      configs_.reset();
      return probe_->ApplyClusterConfigs(op::DynamicConfigsOf(round.snapshot.spec), parts_.times.call_timeout);
    case op::Step::Kind::kCordon:
    case op::Step::Kind::kUncordon:
      health_.reset();
      return KafkaMoves(probe_->Admin(), parts_.times.call_timeout)
          .SetCordoned(step.node_id, step.kind == op::Step::Kind::kCordon);
    case op::Step::Kind::kRetire:
      return Retire(round, step.node_id);
    case op::Step::Kind::kRemoveAll:
      return parts_.substrate.Remove(cluster_);
  }
  return absl::OkStatus();
}

// In the same breath: a sample taken now, the gate, the stop.
absl::Status ClusterLoop::StopForRoll(Round& round, int32_t node_id) {
  health_.reset();
  SampleHealth(round);
  const op::NodeRole role = node_id >= op::kFirstControllerId ? op::NodeRole::kController : op::NodeRole::kBroker;
  const op::GateAnswer answer = op::AskGate(
      parts_.policy.gate,
      {parts_.clock.MonotonicNow(), node_id, role, last_disruption_at_, StillWished(round.wish.generation), {}},
      health_ ? &*health_ : nullptr);
  if (answer.verdict != op::GateVerdict::kPass) {
    return MakeError(absl::StatusCode::kFailedPrecondition, answer.Summary(), {.reason = "GATE_REFUSED"});
  }
  last_disruption_at_ = parts_.clock.MonotonicNow();
  return parts_.substrate.Stop(cluster_, node_id);
}

// In the same breath: a look taken now that shows it empty, and its end.
absl::Status ClusterLoop::Retire(Round& round, int32_t node_id) {
  health_.reset();
  SampleHealth(round);
  const op::GateAnswer answer =
      op::AskRetire(parts_.policy.gate, parts_.clock.MonotonicNow(), node_id, health_ ? &*health_ : nullptr);
  if (answer.verdict != op::GateVerdict::kPass || !StillWished(round.wish.generation)) {
    return MakeError(absl::StatusCode::kFailedPrecondition, answer.Summary(), {.reason = "GATE_REFUSED"});
  }
  last_disruption_at_ = parts_.clock.MonotonicNow();
  RETURN_IF_ERROR(retire_before_unregister.Hit());
  RETURN_IF_ERROR(KafkaMoves(probe_->Admin(), parts_.times.call_timeout).Unregister(node_id));
  RETURN_IF_ERROR(retire_after_unregister.Hit());
  health_.reset();
  const absl::Status killed = parts_.substrate.Kill(cluster_, node_id);
  // It is ending this very moment: the next round erases it.
  if (absl::IsUnavailable(killed)) return absl::OkStatus();
  RETURN_IF_ERROR(killed);
  RETURN_IF_ERROR(retire_after_stop.Hit());
  return parts_.substrate.RemoveNode(cluster_, node_id);
}

absl::Status ClusterLoop::Rebalance(Round& round) {
  if (round.wish.deleted || !round.sight.provisioned) return absl::OkStatus();
  // What the nodes' steps have changed is not in this look any more.
  round.snapshot.health = health_;
  round.snapshot.now = parts_.clock.MonotonicNow();
  ASSIGN_OR_RETURN(const bool acted,
                   moves_.Round(round.plan_said, {round.snapshot, round.plan, probe_ ? &probe_->Admin() : nullptr}));
  if (acted) health_.reset();
  round.acted = round.acted || acted;
  return absl::OkStatus();
}

absl::Status ClusterLoop::RenewCertificates(const Round& round) {
  const op::Moment now = parts_.clock.MonotonicNow();
  if (certificates_checked_ && now - certificates_checked_at_ < parts_.times.certificates_again) {
    return absl::OkStatus();
  }
  // A certificate is told to a cluster that stands; one that is being made has new ones anyway.
  if (probe_ == nullptr || !round.sight.provisioned) return absl::OkStatus();
  certificates_checked_ = true;
  certificates_checked_at_ = now;
  ASSIGN_OR_RETURN(const std::vector<StaleCertificate> stale,
                   parts_.substrate.RenewCertificates(cluster_, parts_.times.certificates_ahead));
  // Only what has changed on disk since they started: controllers are seen by their digest.
  digests_for_.clear();
  for (const StaleCertificate& one : stale) {
    const absl::Status told = probe_->ReloadCertificates(one.node_id, one.keystore_file, parts_.times.call_timeout);
    log::Info("certificate renewed", {{"cluster", cluster_}, {"node", one.node_id}, {"result", told.ToString()}});
    // Asked again at the next check: the old one is good for long yet.
    if (told.ok()) RETURN_IF_ERROR(parts_.substrate.CertificateLoaded(cluster_, one));
  }
  return absl::OkStatus();
}

// --- report ---

void ClusterLoop::Note(const op::Step& step, const absl::Status& result) {
  const std::string action = step.node_id == 0 ? std::string(NameOf(step.kind))
                                               : absl::StrCat(Absl(NameOf(step.kind)), " node ", step.node_id);
  const std::string outcome = result.ok() ? "done" : std::string(result.message());
  log::Info("acted on a physical cluster",
            {{"cluster", cluster_}, {"action", action}, {"reason", step.reason}, {"result", outcome}});
  // A start that fails each round is one entry, not twenty.
  if (!actions_.empty() && actions_.front().action == action && actions_.front().result == outcome) return;
  actions_.push_front({parts_.clock.Now(), action, step.reason, outcome});
  if (actions_.size() > kActionsKept) actions_.pop_back();
}

void ClusterLoop::Report(Round& round) {
  ClusterReport report;
  report.cluster = cluster_;
  report.wish = round.wish;
  report.plan = round.plan;
  report.nodes = round.sight.nodes;
  report.admission = round.wish.deleted ? absl::OkStatus() : admission_;
  report.trouble = round.trouble;
  report.actions = actions_;
  // Just acted: the look before it is the last word.
  if (round.snapshot.provisioned) report.health = health_ ? health_ : round.snapshot.health;
  if (const PlanPointer& plan = moves_.plan(); plan != nullptr) {
    report.rebalance = RebalanceReport{plan->rebalance(), plan->generation(), moves_.progress()};
  }
  if (auto access = parts_.substrate.Access(cluster_); access.ok()) report.access = *std::move(access);
  for (const NodeSight& sight : round.sight.nodes) {
    const auto state = round.plan.nodes.find(sight.node_id);
    if (state == round.plan.nodes.end()) continue;
    const auto last = last_states_.find(sight.node_id);
    if (last == last_states_.end() || last->second != state->second) since_[sight.node_id] = parts_.clock.Now();
    last_states_[sight.node_id] = state->second;
    report.node_since[sight.node_id] = since_[sight.node_id];
    std::string message = sight.message;
    if (state->second == op::NodeState::kStarting) message = memory_.ProbeMessage(sight.node_id);
    const bool down = state->second == op::NodeState::kCrashed || state->second == op::NodeState::kBackingOff;
    if (down && sight.last_exit) message = sight.last_exit->description;
    report.node_messages[sight.node_id] = message;
  }
  if (!before_report.Hit().ok()) return;
  if (const std::optional<Cell> cell = CellOf(report)) {
    parts_.cells.Put(*cell);
  } else {
    parts_.cells.Remove(cluster_);
  }
  parts_.status.Publish(StatusDraftOf(report), round.wish.traceparent);
  if (round.plan.state == op::ClusterState::kGone || round.plan.state == op::ClusterState::kRejected) {
    std::lock_guard lock(mutex_);
    finished_ = wish_ && wish_->generation == round.wish.generation;
  }
}

absl::Duration ClusterLoop::Pause(const Round& round) const {
  if (round.acted && round.trouble.ok()) return absl::ZeroDuration();
  if (!round.trouble.ok()) return parts_.times.calm;
  const bool under_way = std::any_of(round.plan.nodes.begin(), round.plan.nodes.end(), [](const auto& node) {
    return node.second == op::NodeState::kStarting || node.second == op::NodeState::kStopping;
  });
  const bool waits_to_restart = std::any_of(round.plan.waits.begin(), round.plan.waits.end(),
                                            [](const op::Wait& wait) { return wait.what == "restart"; });
  const bool making = round.plan.state == op::ClusterState::kProvisioning;
  return under_way || waits_to_restart || making ? parts_.times.busy : parts_.times.calm;
}

}  // namespace sluice::satellite
