#include "services/satellite/app/physical/status_draft.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/operator/moves/retire_gate.h"
#include "libs/proto_values/timestamps.h"

namespace sluice::satellite {
namespace {

using satellite::v1::PhysicalClusterStatus;
using satellite::v1::StatusCondition;

void AddCondition(satellite::v1::StatusDocument& document, const char* type, bool truth, std::string reason,
                  std::string message) {
  StatusCondition& condition = *document.add_conditions();
  condition.set_type(type);
  condition.set_status(truth ? "TRUE" : "FALSE");
  condition.set_reason(std::move(reason));
  condition.set_message(std::move(message));
}

std::string ReasonOf(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason.empty() ? "INTERNAL" : reason;
}

const op::Wait* FirstWait(const op::Plan& plan, std::initializer_list<const char*> kinds) {
  for (const op::Wait& wait : plan.waits) {
    if (std::find(kinds.begin(), kinds.end(), wait.what) != kinds.end()) return &wait;
  }
  return nullptr;
}

std::string WhyNotReady(const ClusterReport& report) {
  std::string text;
  for (const auto& [id, state] : report.plan.nodes) {
    if (state == op::NodeState::kReady) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", "node ", id, " is ", Absl(op::Name(state)));
    const auto message = report.node_messages.find(id);
    if (message != report.node_messages.end() && !message->second.empty())
      absl::StrAppend(&text, " (", message->second, ")");
  }
  return text;
}

void AddRebalancing(const ClusterReport& report, satellite::v1::StatusDocument& document) {
  if (!report.rebalance) return AddCondition(document, "Rebalancing", false, "NO_PLAN", "");
  const op::RebalanceProgress& progress = report.rebalance->progress;
  const bool goes_on =
      progress.state == op::RebalanceState::kRunning || progress.state == op::RebalanceState::kCancelling;
  AddCondition(document, "Rebalancing", goes_on, progress.reason, progress.message);
}

void AddConditions(const ClusterReport& report, satellite::v1::StatusDocument& document) {
  const op::Wait* refused = FirstWait(report.plan, {"configs", "controllers"});
  if (!report.admission.ok()) {
    AddCondition(document, "Accepted", false, ReasonOf(report.admission), std::string(report.admission.message()));
  } else if (refused != nullptr) {
    AddCondition(document, "Accepted", false, refused->reason, refused->message);
  } else {
    AddCondition(document, "Accepted", true, "ACCEPTED", "");
  }
  // Whatever is done to it meanwhile, all that is wished serves.
  const bool up = report.plan.state == op::ClusterState::kUp || report.plan.state == op::ClusterState::kRebalancing ||
                  report.plan.state == op::ClusterState::kShrinking;
  AddCondition(document, "Ready", up, std::string(op::Name(report.plan.state)), up ? "" : WhyNotReady(report));
  const op::Wait* wait = FirstWait(report.plan, {"restart", "expand", "delete", "shrink", "roll"});
  if (!report.trouble.ok()) {
    AddCondition(document, "Progressing", false, ReasonOf(report.trouble), std::string(report.trouble.message()));
  } else if (wait != nullptr) {
    AddCondition(document, "Progressing", false, wait->reason, wait->message);
  } else {
    AddCondition(document, "Progressing", !report.plan.converged, report.plan.converged ? "CONVERGED" : "WORKING", "");
  }
  const op::Wait* roll = FirstWait(report.plan, {"roll"});
  AddCondition(document, "UpToDate", roll == nullptr, roll == nullptr ? "CURRENT" : roll->reason,
               roll == nullptr ? "" : roll->message);
  AddRebalancing(report, document);
}

bool Leaves(const ClusterReport& report, int32_t node_id) {
  return std::find(report.plan.leaving.begin(), report.plan.leaving.end(), node_id) != report.plan.leaving.end();
}

void AddNodes(const ClusterReport& report, PhysicalClusterStatus& status) {
  std::string bootstrap;
  std::optional<std::map<int32_t, int32_t>> replicas;
  if (report.health && report.health->partitions) replicas = op::ReplicasByBroker(*report.health->partitions);
  for (const NodeSight& sight : report.nodes) {
    satellite::v1::NodeStatus& node = *status.add_nodes();
    const bool broker = sight.role == op::NodeRole::kBroker;
    const kafka_admin::BrokerAddress& address = broker ? sight.client : sight.controller;
    node.set_node_id(sight.node_id);
    node.set_role(std::string(op::Name(sight.role)));
    const auto state = report.plan.nodes.find(sight.node_id);
    if (state != report.plan.nodes.end()) node.set_state(std::string(op::Name(state->second)));
    node.set_version(sight.version);
    node.set_host(address.host);
    node.set_port(address.port);
    node.set_restarts(sight.restarts);
    if (const auto found = report.node_messages.find(sight.node_id); found != report.node_messages.end()) {
      node.set_message(found->second);
    }
    if (const auto since = report.node_since.find(sight.node_id); since != report.node_since.end()) {
      proto_values::Put(since->second, node.mutable_since());
    }
    if (broker && replicas) node.set_replicas(replicas->contains(sight.node_id) ? replicas->at(sight.node_id) : 0);
    node.set_leaving(Leaves(report, sight.node_id));
    if (node.leaving()) status.add_leaving_brokers(sight.node_id);
    // Whoever begins now shall not begin at one that goes.
    if (broker && !node.leaving())
      absl::StrAppend(&bootstrap, bootstrap.empty() ? "" : ",", address.host, ":", address.port);
  }
  status.set_bootstrap_servers(bootstrap);
}

void SetRebalance(const RebalanceReport& report, satellite::v1::RebalanceStatus& out) {
  const op::RebalanceProgress& progress = report.progress;
  out.set_rebalance(report.rebalance);
  out.set_observed_generation(report.generation);
  out.set_state(static_cast<satellite::v1::RebalanceStatus::State>(progress.state));
  out.set_batches_done(progress.batches_done);
  out.set_moves_in_flight(progress.moves_in_flight);
  out.set_moves_left(progress.moves_left);
  out.set_moves_done(progress.moves_done);
  out.set_moves_skipped(progress.moves_skipped);
  out.set_bytes_done(progress.bytes_done);
  out.set_bytes_left(progress.bytes_left);
  out.set_seconds_left(progress.seconds_left);
  out.set_throttle_bytes_per_second(progress.throttle_bytes_per_second);
  out.set_moves_at_once(progress.moves_at_once);
  out.set_reason(progress.reason);
  out.set_message(progress.message);
}

void AddHealth(const op::KafkaHealth& health, PhysicalClusterStatus& status) {
  if (!health.partitions) return;
  int32_t under_replicated = 0, offline = 0, under_min = 0;
  for (const op::PartitionHealth& p : *health.partitions) {
    under_replicated += !p.reassigning && p.in_sync.size() < p.replicas.size();
    offline += p.leader < 0;
    under_min +=
        static_cast<int32_t>(p.in_sync.size()) < std::min(p.min_in_sync, static_cast<int32_t>(p.replicas.size()));
  }
  status.set_partitions(static_cast<int32_t>(health.partitions->size()));
  status.set_under_replicated_partitions(under_replicated);
  status.set_offline_partitions(offline);
  status.set_under_min_isr_partitions(under_min);
}

}  // namespace

satellite::v1::StatusDocument StatusDraftOf(const ClusterReport& report) {
  satellite::v1::StatusDocument document;
  document.set_key(report.cluster);
  document.set_observed_generation(report.wish.generation);
  AddConditions(report, document);
  PhysicalClusterStatus& status = *document.mutable_physical_cluster();
  status.set_state(static_cast<PhysicalClusterStatus::State>(report.plan.state));
  status.set_kafka_version(report.wish.spec.kafka_version);
  AddNodes(report, status);
  if (report.access && !report.nodes.empty()) status.set_ca_certificate_pem(report.access->ca_certificate_pem);
  if (report.health) AddHealth(*report.health, status);
  if (report.rebalance) SetRebalance(*report.rebalance, *status.mutable_rebalance());
  for (const DoneAction& done : report.actions) {
    satellite::v1::ActionRecord& action = *status.add_actions();
    proto_values::Put(done.time, action.mutable_time());
    action.set_action(done.action);
    action.set_reason(done.reason);
    action.set_result(done.result);
  }
  return document;
}

std::optional<Cell> CellOf(const ClusterReport& report) {
  if (!report.access || report.nodes.empty()) return std::nullopt;
  Cell cell;
  cell.physical_cluster = report.cluster;
  cell.admin_tls = report.access->admin_tls;
  cell.client_ca_file = report.access->client_ca_file;
  cell.replication_factor = report.wish.spec.default_replication_factor;
  cell.broker_disk_bytes = report.wish.spec.broker_disk_mib << 20;
  cell.broker_network_bytes_per_second = report.wish.spec.broker_network_bytes_per_second;
  cell.shared = report.wish.spec.shared;
  cell.deleting = report.wish.deleted;
  for (const NodeSight& sight : report.nodes) {
    if (sight.role != op::NodeRole::kBroker) continue;
    const auto state = report.plan.nodes.find(sight.node_id);
    const bool live = state != report.plan.nodes.end() && state->second == op::NodeState::kReady;
    cell.brokers.push_back({sight.node_id, sight.client, sight.internal, sight.metrics, live});
  }
  if (cell.brokers.empty()) return std::nullopt;
  return cell;
}

}  // namespace sluice::satellite
