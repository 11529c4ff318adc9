#include "services/satellite/ports/testing/fake_substrate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::satellite::testing {

using Process = op::NodeSeen::Process;

NodeSight* FakeSubstrate::Find(const std::string& cluster, int32_t node_id) {
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end()) return nullptr;
  const auto node = found->second.nodes.find(node_id);
  return node == found->second.nodes.end() ? nullptr : &node->second;
}

void FakeSubstrate::End(NodeSight& node, bool wanted, const std::string& how) {
  if (node.process == Process::kNone) return;
  node.process = Process::kNone;
  node.running_digest.clear();
  node.version.clear();
  node.stop_asked_at.reset();
  node.last_exit = op::NodeExit{clock_.MonotonicNow(), wanted, how};
  if (!wanted) ++node.restarts;
}

void FakeSubstrate::Crash(const std::string& cluster, int32_t node_id) {
  std::lock_guard lock(mutex_);
  if (NodeSight* node = Find(cluster, node_id)) End(*node, false, "signal 9");
}

void FakeSubstrate::FailStarts(const std::string& cluster, int32_t node_id, absl::Status status) {
  std::lock_guard lock(mutex_);
  clusters_[cluster].failing[node_id] = std::move(status);
}

void FakeSubstrate::SetDigestSalt(std::string salt) {
  std::lock_guard lock(mutex_);
  salt_ = std::move(salt);
}

std::vector<std::string> FakeSubstrate::TakeCalls() {
  std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

absl::StatusOr<ClusterSight> FakeSubstrate::Look(const std::string& cluster) {
  std::lock_guard lock(mutex_);
  ClusterSight sight;
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end()) return sight;
  sight.anything_left = true;
  sight.provisioned = found->second.provisioned;
  for (auto& [id, node] : found->second.nodes) {
    // A stop that was asked for has ended by the next look but one.
    if (node.process == Process::kStopping) {
      if (node.stop_asked_at != clock_.MonotonicNow()) End(node, true, "exit code 0");
    }
    sight.nodes.push_back(node);
  }
  return sight;
}

absl::StatusOr<std::vector<std::string>> FakeSubstrate::Clusters() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, cluster] : clusters_) names.push_back(name);
  return names;
}

int32_t FakeSubstrate::Brokers() const {
  int32_t brokers = 0;
  for (const auto& [name, cluster] : clusters_) brokers += cluster.brokers;
  return brokers;
}

absl::Status FakeSubstrate::Admit(const std::string& cluster, const op::PhysicalSpec& spec) {
  std::lock_guard lock(mutex_);
  if (spec.kafka_version != "4.3.1") {
    return MakeError(absl::StatusCode::kFailedPrecondition, "unknown version", {.reason = "KAFKA_VERSION_UNKNOWN"});
  }
  const auto found = clusters_.find(cluster);
  const int32_t own = found == clusters_.end() ? 0 : found->second.brokers;
  if (Brokers() - own + std::max(own, spec.brokers) <= max_brokers_) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "no room", {.reason = "NO_CAPACITY"});
}

absl::Status FakeSubstrate::Prepare(const std::string& cluster, const op::PhysicalSpec& spec) {
  std::lock_guard lock(mutex_);
  calls_.push_back("prepare");
  Cluster& one = clusters_[cluster];
  one.brokers = std::max(one.brokers, spec.brokers);
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < spec.controllers; ++i) ids.push_back(op::kFirstControllerId + i);
  for (int32_t i = 0; i < spec.brokers; ++i) ids.push_back(op::kFirstBrokerId + i);
  for (int32_t id : ids) {
    if (one.nodes.contains(id)) continue;
    NodeSight node;
    node.node_id = id;
    node.role = id >= op::kFirstControllerId ? op::NodeRole::kController : op::NodeRole::kBroker;
    if (node.role == op::NodeRole::kController) {
      node.controller = {"localhost", next_port_++};
    } else {
      node.client = {"localhost", next_port_++};
      node.internal = {"localhost", next_port_++};
    }
    node.metrics = {"127.0.0.1", next_port_++};
    one.nodes.emplace(id, node);
  }
  return absl::OkStatus();
}

std::string FakeSubstrate::WantedDigest(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) {
  std::lock_guard lock(mutex_);
  if (Find(cluster, node_id) == nullptr) return "";
  return absl::StrCat(spec.kafka_version, "/", spec.broker_heap_mib, "/", salt_);
}

absl::Status FakeSubstrate::Start(const std::string& cluster, const op::PhysicalSpec& spec, int32_t node_id) {
  const std::string digest = WantedDigest(cluster, spec, node_id);
  std::lock_guard lock(mutex_);
  NodeSight* node = Find(cluster, node_id);
  if (node == nullptr) return absl::FailedPreconditionError("not prepared");
  if (node->process != Process::kNone) return absl::OkStatus();
  calls_.push_back(absl::StrCat("start ", node_id));
  if (const auto failing = clusters_[cluster].failing.find(node_id); failing != clusters_[cluster].failing.end()) {
    if (!failing->second.ok()) return failing->second;
  }
  node->process = Process::kRunning;
  node->version = spec.kafka_version;
  node->running_digest = digest;
  node->started_at = clock_.MonotonicNow();
  ++node->run;
  return absl::OkStatus();
}

absl::Status FakeSubstrate::Stop(const std::string& cluster, int32_t node_id) {
  std::lock_guard lock(mutex_);
  NodeSight* node = Find(cluster, node_id);
  if (node == nullptr || node->process != Process::kRunning) return absl::OkStatus();
  calls_.push_back(absl::StrCat("stop ", node_id));
  node->process = Process::kStopping;
  node->stop_asked_at = clock_.MonotonicNow();
  return absl::OkStatus();
}

absl::Status FakeSubstrate::Kill(const std::string& cluster, int32_t node_id) {
  std::lock_guard lock(mutex_);
  NodeSight* node = Find(cluster, node_id);
  if (node == nullptr || node->process == Process::kNone) return absl::OkStatus();
  calls_.push_back(absl::StrCat("kill ", node_id));
  End(*node, true, "signal 9");
  return absl::OkStatus();
}

absl::Status FakeSubstrate::RemoveNode(const std::string& cluster, int32_t node_id) {
  std::lock_guard lock(mutex_);
  NodeSight* node = Find(cluster, node_id);
  if (node == nullptr) return absl::OkStatus();
  if (node->process != Process::kNone) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "the node runs", {.reason = "NODE_RUNNING"});
  }
  calls_.push_back(absl::StrCat("remove ", node_id));
  if (node->role == op::NodeRole::kBroker) --clusters_[cluster].brokers;
  clusters_[cluster].nodes.erase(node_id);
  return absl::OkStatus();
}

absl::Status FakeSubstrate::Remove(const std::string& cluster) {
  std::lock_guard lock(mutex_);
  for (const auto& [id, node] : clusters_[cluster].nodes) {
    if (node.process == Process::kNone) continue;
    return MakeError(absl::StatusCode::kFailedPrecondition, "a node runs", {.reason = "NODE_RUNNING"});
  }
  calls_.push_back("remove");
  clusters_.erase(cluster);
  return absl::OkStatus();
}

absl::Status FakeSubstrate::MarkProvisioned(const std::string& cluster) {
  std::lock_guard lock(mutex_);
  clusters_[cluster].provisioned = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StaleCertificate>> FakeSubstrate::RenewCertificates(const std::string&, absl::Duration) {
  return std::vector<StaleCertificate>();
}

absl::Status FakeSubstrate::CertificateLoaded(const std::string&, const StaleCertificate&) { return absl::OkStatus(); }

absl::StatusOr<ClusterAccess> FakeSubstrate::Access(const std::string&) {
  return ClusterAccess{{.ca_file = "ca.pem"}, "ca.pem", "PEM"};
}

SubstrateCapacity FakeSubstrate::Capacity() {
  std::lock_guard lock(mutex_);
  return {{"4.3.1"}, max_brokers_, Brokers(), "LOCAL"};
}

}  // namespace sluice::satellite::testing
