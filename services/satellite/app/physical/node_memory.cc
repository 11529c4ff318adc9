#include "services/satellite/app/physical/node_memory.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::satellite {
namespace {

constexpr int kFailuresUntilNotReady = 2;

}  // namespace

void NodeMemory::NoteRun(Node& node, const NodeSight& sight) {
  if (node.run == sight.run) return;
  node.run = sight.run;
  node.ready = false;
  node.ready_since.reset();
  node.probed_at.reset();
  node.failed_probes = 0;
  node.probe_message.clear();
}

void NodeMemory::NoteExit(Node& node, const NodeSight& sight) {
  if (!sight.last_exit || node.exit_at == sight.last_exit->at) return;
  node.exit_at = sight.last_exit->at;
  const absl::Duration ready_for = node.ready_since ? sight.last_exit->at - *node.ready_since : absl::ZeroDuration();
  node.crashes_in_a_row = sight.last_exit->wanted ? 0 : op::CrashesInARow(policy_, node.crashes_in_a_row, ready_for);
  node.jitter = random_.Fraction();
  node.ready = false;
  node.ready_since.reset();
}

void NodeMemory::Probe(Node& node, const NodeSight& sight, KafkaProbe& probe, op::Moment now, absl::Duration timeout) {
  const absl::Status answer = sight.role == op::NodeRole::kBroker
                                  ? probe.BrokerReady(sight.node_id, sight.internal, sight.client, timeout)
                                  : probe.ControllerReady(sight.controller, timeout);
  node.probed_at = now;
  if (answer.ok()) {
    node.ready = true;
    node.failed_probes = 0;
    node.probe_message.clear();
    if (!node.ready_since) node.ready_since = now;
    return;
  }
  node.probe_message = std::string(answer.message());
  if (++node.failed_probes >= kFailuresUntilNotReady) node.ready = false;
}

std::vector<op::NodeSeen> NodeMemory::Observe(const std::vector<NodeSight>& sights, KafkaProbe* probe, op::Moment now,
                                              absl::Duration again, absl::Duration probe_timeout) {
  std::vector<op::NodeSeen> seen;
  // One of the same number that comes later is another.
  std::erase_if(nodes_, [&](const auto& known) {
    return std::none_of(sights.begin(), sights.end(), [&](const NodeSight& s) { return s.node_id == known.first; });
  });
  for (const NodeSight& sight : sights) {
    Node& node = nodes_[sight.node_id];
    NoteExit(node, sight);
    NoteRun(node, sight);
    const bool running = sight.process == op::NodeSeen::Process::kRunning;
    if (!running) node.ready = false;
    // A failed probe of a ready node is repeated at once.
    const bool due = !node.ready || node.failed_probes > 0 || !node.probed_at || now - *node.probed_at >= again;
    if (running && due && probe != nullptr) Probe(node, sight, *probe, now, probe_timeout);
    op::NodeSeen one;
    one.node_id = sight.node_id;
    one.role = sight.role;
    one.process = sight.process;
    one.ready = node.ready;
    one.running_digest = sight.running_digest;
    one.started_at = sight.started_at;
    one.ready_since = node.ready_since;
    one.stop_asked_at = sight.stop_asked_at;
    one.last_exit = sight.last_exit;
    one.crashes_in_a_row = node.crashes_in_a_row;
    one.jitter = node.jitter;
    seen.push_back(std::move(one));
  }
  return seen;
}

std::string NodeMemory::ProbeMessage(int32_t node_id) const {
  const auto found = nodes_.find(node_id);
  return found == nodes_.end() ? "" : found->second.probe_message;
}

}  // namespace sluice::satellite
