#include "libs/operator/cluster_planner.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/operator/broker_config.h"
#include "libs/operator/moves/retire_gate.h"

namespace sluice::op {
namespace {

using Process = NodeSeen::Process;

NodeRole RoleOf(int32_t node_id) { return node_id >= kFirstControllerId ? NodeRole::kController : NodeRole::kBroker; }

constexpr char kOneAtATime[] = "a rebalance is under way; one disruptive thing at a time";

std::string Called(int32_t node_id) { return absl::StrCat(std::string(Name(RoleOf(node_id))), " ", node_id); }

// Plans one snapshot; lives for one call.
class ClusterPlanner {
 public:
  ClusterPlanner(const PlannerPolicy& policy, const Snapshot& snapshot) : policy_(policy), s_(snapshot) {
    for (const NodeSeen& node : s_.nodes) seen_[node.node_id] = &node;
    for (const NodeSeen& node : s_.nodes) {
      if (Leaving(node)) plan_.leaving.push_back(node.node_id);
    }
    if (s_.health && s_.health->partitions) replicas_ = ReplicasByBroker(*s_.health->partitions);
  }

  Plan Run() {
    NameStates();
    if (s_.deleted) {
      Delete();
      return std::move(plan_);
    }
    KillWhatOverran();
    Grow();
    // The first quorum is named whole in each controller's format: none starts before all have their ports.
    if (s_.provisioned || plan_.steps.empty()) Repair();
    Shrink();
    ApplyConfigs();
    Roll();
    plan_.state = State();
    plan_.converged = plan_.steps.empty() && plan_.waits.empty() && plan_.state == ClusterState::kUp;
    return std::move(plan_);
  }

 private:
  void Do(Step::Kind kind, int32_t node_id, std::string reason) { plan_.steps.push_back({kind, node_id, reason}); }
  void WaitFor(std::string what, int32_t node_id, std::string reason, std::string message) {
    plan_.waits.push_back({std::move(what), node_id, std::move(reason), std::move(message)});
  }

  bool Leaving(const NodeSeen& node) const {
    return !s_.deleted && node.role == NodeRole::kBroker && node.node_id >= kFirstBrokerId + s_.spec.brokers;
  }

  // Controllers first: the brokers cannot do without them.
  std::vector<int32_t> Wished() const {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < s_.spec.controllers; ++i) ids.push_back(kFirstControllerId + i);
    for (int32_t i = 0; i < s_.spec.brokers; ++i) ids.push_back(kFirstBrokerId + i);
    return ids;
  }

  std::vector<const NodeSeen*> ControllersFirst() const {
    std::vector<const NodeSeen*> nodes;
    for (const auto& [id, node] : seen_) nodes.push_back(node);
    std::stable_sort(nodes.begin(), nodes.end(), [](const NodeSeen* a, const NodeSeen* b) {
      return a->role == NodeRole::kController && b->role == NodeRole::kBroker;
    });
    return nodes;
  }

  Moment RestartAt(const NodeSeen& node) const {
    if (!node.last_exit || node.last_exit->wanted || node.crashes_in_a_row == 0) return s_.now;
    return node.last_exit->at + RestartDelay(policy_.restart, node.crashes_in_a_row, node.jitter);
  }

  NodeState StateOf(const NodeSeen& node) const {
    if (node.process == Process::kStopping) return NodeState::kStopping;
    if (node.process == Process::kRunning) return node.ready ? NodeState::kReady : NodeState::kStarting;
    if (!node.last_exit || node.last_exit->wanted) return NodeState::kStopped;
    return RestartAt(node) > s_.now ? NodeState::kBackingOff : NodeState::kCrashed;
  }

  void NameStates() {
    for (const auto& [id, node] : seen_) plan_.nodes[id] = StateOf(*node);
  }

  // The data goes with it, so nothing is asked of Kafka: brokers first, that they do not see their quorum vanish.
  void Delete() {
    plan_.state = s_.anything_left || !s_.nodes.empty() ? ClusterState::kDeleting : ClusterState::kGone;
    for (NodeRole role : {NodeRole::kBroker, NodeRole::kController}) {
      bool running = false;
      for (const auto& [id, node] : seen_) {
        if (node->role != role || node->process == Process::kNone) continue;
        running = true;
        Do(Step::Kind::kKill, id, "the cluster is deleted");
      }
      if (running) return;
    }
    if (plan_.state == ClusterState::kDeleting) Do(Step::Kind::kRemoveAll, 0, "the cluster is deleted");
    plan_.converged = plan_.state == ClusterState::kGone;
  }

  void KillWhatOverran() {
    for (const auto& [id, node] : seen_) {
      if (node->process == Process::kStopping && node->stop_asked_at &&
          s_.now - *node->stop_asked_at > policy_.longest_stop) {
        Do(Step::Kind::kKill, id, absl::StrCat("did not stop within ", absl::FormatDuration(policy_.longest_stop)));
      }
    }
  }

  // Also brokers above the wished number, while they hold data: it comes off them the better for it.
  void Repair() {
    for (const NodeSeen* node : ControllersFirst()) {
      if (node->process != Process::kNone) continue;
      if (Leaving(*node) && GateOf(node->node_id).verdict == GateVerdict::kPass) continue;
      const Moment at = RestartAt(*node);
      if (at > s_.now) {
        WaitFor("restart", node->node_id, "BACKING_OFF",
                absl::StrCat(Called(node->node_id), " ended (", node->last_exit->description, "), ",
                             node->crashes_in_a_row, " times in a row; it is started again ",
                             absl::FormatDuration(absl::Ceil(at - node->last_exit->at, absl::Milliseconds(100))),
                             " after its end"));
        continue;
      }
      Do(Step::Kind::kStart, node->node_id, WhyStart(*node));
    }
  }

  static std::string WhyStart(const NodeSeen& node) {
    if (!node.last_exit) return "new";
    if (node.last_exit->wanted) return "stopped by us";
    return absl::StrCat("ended: ", node.last_exit->description);
  }

  bool AllReady() const {
    return std::all_of(s_.nodes.begin(), s_.nodes.end(), [](const NodeSeen& n) { return n.ready; });
  }

  void Grow() {
    std::vector<int32_t> missing;
    int32_t controllers_seen = 0;
    for (const NodeSeen& node : s_.nodes) controllers_seen += node.role == NodeRole::kController;
    for (int32_t id : Wished()) {
      if (!seen_.contains(id)) missing.push_back(id);
    }
    const bool other_quorum = s_.provisioned && controllers_seen != s_.spec.controllers;
    if (other_quorum) {
      WaitFor("controllers", 0, "CONTROLLERS_FIXED",
              absl::StrCat("the quorum has ", controllers_seen,
                           " controllers; their number is set when a cluster is made"));
      std::erase_if(missing, [](int32_t id) { return RoleOf(id) == NodeRole::kController; });
    }
    if (missing.empty()) return;
    if (s_.provisioned) {
      if (s_.spec.paused) return WaitFor("expand", missing[0], "PAUSED", "the cluster is paused");
      if (s_.rebalancing) return WaitFor("expand", missing[0], "REBALANCING", kOneAtATime);
      if (!AllReady() && !Expanding()) {
        return WaitFor("expand", missing[0], "REPAIR_FIRST", "a node is not ready; repair comes before capacity");
      }
    }
    for (int32_t id : missing) Do(Step::Kind::kPrepare, id, s_.provisioned ? "more brokers are wished" : "new cluster");
  }

  // Nodes that were never ready are being added.
  bool Expanding() const {
    return s_.provisioned && std::any_of(s_.nodes.begin(), s_.nodes.end(), [this](const NodeSeen& n) {
             return !n.ready && !n.ready_since && !n.last_exit && !Leaving(n);
           });
  }

  GateAnswer GateOf(int32_t leaving) const {
    return AskRetire(policy_.gate, s_.now, leaving, s_.health ? &*s_.health : nullptr);
  }

  // Cordoned first, emptied by a rebalance that is planned elsewhere, and one at a time unregistered and erased.
  void Shrink() {
    Cordon();
    if (plan_.leaving.empty()) return;
    const int32_t last = plan_.leaving.back();
    if (s_.spec.paused) return WaitFor("shrink", last, "PAUSED", "the cluster is paused");
    if (!replicas_) return WaitFor("shrink", last, "HEALTH_UNKNOWN", "the partitions' replicas are not known");
    int32_t left = 0;
    std::optional<int32_t> empty;
    for (int32_t id : plan_.leaving) {
      const auto held = replicas_->find(id);
      if (held == replicas_->end()) empty = id;
      if (held != replicas_->end()) left += held->second;
    }
    if (empty && plan_.steps.empty() && !s_.rebalancing) {
      const GateAnswer gate = GateOf(*empty);
      if (gate.verdict == GateVerdict::kPass)
        return Do(Step::Kind::kRetire, *empty, "it is empty, and fewer are wished");
      if (left == 0) return WaitFor("shrink", *empty, "RETIRE_REFUSED", gate.Summary());
    }
    WaitFor("shrink", last, "DRAINING", WhyDraining(left));
  }

  void Cordon() {
    if (!s_.health) return;
    for (const NodeSeen& node : s_.nodes) {
      const auto settings = s_.health->broker_settings.find(node.node_id);
      if (!node.ready || node.role != NodeRole::kBroker || settings == s_.health->broker_settings.end()) continue;
      const bool leaves = Leaving(node);
      if (leaves && !settings->second.cordoned && !s_.spec.paused) {
        Do(Step::Kind::kCordon, node.node_id, "it is to go: nothing new is placed on it");
      } else if (!leaves && settings->second.cordoned) {
        Do(Step::Kind::kUncordon, node.node_id, "it stays");
      }
    }
  }

  std::string WhyDraining(int32_t left) const {
    std::string text = absl::StrCat(left, " replicas left on ", plan_.leaving.size(), " broker(s) that are to go");
    for (const PartitionHealth& partition : *s_.health->partitions) {
      if (partition.reassigning || static_cast<int32_t>(partition.replicas.size()) <= s_.spec.brokers) continue;
      absl::StrAppend(&text, "; ", partition.Name(), " has ", partition.replicas.size(), " replicas, and ",
                      s_.spec.brokers, " brokers stay");
      break;
    }
    return text;
  }

  void ApplyConfigs() {
    for (const std::string& key : RefusedConfigs(s_.spec)) {
      WaitFor("configs", 0, "CONFIG_NOT_ALLOWED", absl::StrCat(key, " is Sluice's own to set"));
    }
    if (!AnyBrokerReady() || !s_.dynamic_configs) return;
    if (*s_.dynamic_configs != DynamicConfigsOf(s_.spec)) {
      Do(Step::Kind::kApplyConfigs, 0, "the brokers' dynamic configuration differs from the wish");
    }
  }

  bool AnyBrokerReady() const {
    return std::any_of(s_.nodes.begin(), s_.nodes.end(),
                       [](const NodeSeen& n) { return n.role == NodeRole::kBroker && n.ready; });
  }

  // Not by order of id alone: controllers before brokers, the active controller last of all nodes.
  std::vector<const NodeSeen*> Outdated() const {
    std::vector<const NodeSeen*> nodes;
    for (const NodeSeen* node : ControllersFirst()) {
      if (node->process != Process::kRunning || Leaving(*node)) continue;
      if (node->running_digest != node->wanted_digest) nodes.push_back(node);
    }
    if (s_.health && s_.health->active_controller) {
      std::stable_partition(nodes.begin(), nodes.end(),
                            [&](const NodeSeen* n) { return n->node_id != *s_.health->active_controller; });
    }
    return nodes;
  }

  void Roll() {
    const std::vector<const NodeSeen*> outdated = Outdated();
    if (outdated.empty()) return;
    const NodeSeen& next = *outdated.front();
    if (s_.spec.paused) return WaitFor("roll", next.node_id, "PAUSED", "the cluster is paused");
    if (s_.rebalancing) return WaitFor("roll", next.node_id, "REBALANCING", kOneAtATime);
    if (!plan_.steps.empty()) return WaitFor("roll", next.node_id, "OTHER_WORK_FIRST", "something else is being done");
    if (!AllReady() || !s_.provisioned) {
      return WaitFor("roll", next.node_id, "NODE_NOT_READY", "no second node is touched while one is not ready");
    }
    const GateAnswer gate = AskGate(policy_.gate, {s_.now, next.node_id, next.role, s_.last_disruption_at, true, {}},
                                    s_.health ? &*s_.health : nullptr);
    if (gate.verdict != GateVerdict::kPass) {
      return WaitFor("roll", next.node_id, gate.verdict == GateVerdict::kFail ? "GATE_FAILED" : "GATE_INCONCLUSIVE",
                     gate.Summary());
    }
    Do(Step::Kind::kStopForRoll, next.node_id, "its configuration or version is not the wished one");
  }

  bool Rolling() const {
    return std::any_of(s_.nodes.begin(), s_.nodes.end(), [](const NodeSeen& n) {
      return !n.ready && (n.process == Process::kStopping || (n.last_exit && n.last_exit->wanted));
    });
  }

  ClusterState State() const {
    int32_t brokers_ready = 0;
    bool wished_ready = true;
    for (int32_t id : Wished()) {
      const auto node = seen_.find(id);
      const bool ready = node != seen_.end() && node->second->ready;
      wished_ready = wished_ready && ready;
      brokers_ready += ready && RoleOf(id) == NodeRole::kBroker;
    }
    const bool configured = s_.dynamic_configs && *s_.dynamic_configs == DynamicConfigsOf(s_.spec);
    if (!s_.provisioned) return wished_ready && configured ? ClusterState::kUp : ClusterState::kProvisioning;
    if (brokers_ready == 0) return ClusterState::kDown;
    if (Rolling()) return ClusterState::kRolling;
    const bool missing = std::any_of(plan_.steps.begin(), plan_.steps.end(),
                                     [](const Step& step) { return step.kind == Step::Kind::kPrepare; });
    if (missing || Expanding()) return ClusterState::kExpanding;
    if (wished_ready && !plan_.leaving.empty()) return ClusterState::kShrinking;
    if (!AllReady()) return ClusterState::kDegraded;
    return s_.rebalancing ? ClusterState::kRebalancing : ClusterState::kUp;
  }

  const PlannerPolicy& policy_;
  const Snapshot& s_;
  std::map<int32_t, const NodeSeen*> seen_;
  // By broker; unset while not known.
  std::optional<std::map<int32_t, int32_t>> replicas_;
  Plan plan_;
};

}  // namespace

Plan PlanCluster(const PlannerPolicy& policy, const Snapshot& snapshot) {
  return ClusterPlanner(policy, snapshot).Run();
}

}  // namespace sluice::op
