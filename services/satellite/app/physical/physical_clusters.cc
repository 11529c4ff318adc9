#include "services/satellite/app/physical/physical_clusters.h"

#include <utility>

#include "libs/log/log.h"

namespace sluice::satellite {
namespace {

// Threads at most. Far more than brokers that a machine can run.
constexpr size_t kLargestNumberOfLoops = 256;

}  // namespace

PhysicalClusters::PhysicalClusters(PhysicalClustersParts parts)
    : loop_parts_{parts.substrate, parts.probes, parts.status, parts.cells, parts.load,   parts.rebalances,
                  parts.metrics,   parts.clock,  parts.random, parts.times, parts.policy, parts.moves},
      parts_(parts),
      clusters_gauge_(
          parts_.metrics.GaugeOf("sluice_satellite_physical_clusters", "Physical clusters that are driven")) {}

PhysicalClusters::~PhysicalClusters() { Stop(); }

absl::Status PhysicalClusters::Start() {
  std::lock_guard lock(mutex_);
  if (started_) return absl::FailedPreconditionError("started already");
  started_ = true;
  for (auto& [cluster, loop] : loops_) loop->StartThread();
  return absl::OkStatus();
}

void PhysicalClusters::Stop() {
  std::map<std::string, std::unique_ptr<ClusterLoop>> loops;
  std::vector<std::unique_ptr<ClusterLoop>> ending;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    loops.swap(loops_);
    ending.swap(ending_);
  }
  for (auto& [cluster, loop] : loops) loop->RequestStop();
}

void PhysicalClusters::CountLoops() { clusters_gauge_.Set(static_cast<double>(loops_.size())); }

void PhysicalClusters::Reject(const AcceptedWish& wish) {
  satellite::v1::StatusDocument document;
  document.set_key(wish.document.key());
  document.set_observed_generation(wish.document.generation());
  document.mutable_physical_cluster()->set_state(satellite::v1::PhysicalClusterStatus::REJECTED);
  satellite::v1::StatusCondition& accepted = *document.add_conditions();
  accepted.set_type("Accepted");
  accepted.set_status("FALSE");
  accepted.set_reason("NO_CAPACITY");
  accepted.set_message("this satellite drives as many physical clusters as it can");
  parts_.status.Publish(std::move(document), wish.traceparent);
}

void PhysicalClusters::OnWish(AcceptedWish wish) {
  const std::string key = wish.document.key();
  PhysicalWish physical{wish.document.generation(), wish.document.deleted(),
                        SpecFromProto(wish.document.physical_cluster()), wish.traceparent};
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  auto found = loops_.find(key);
  if (found == loops_.end()) {
    if (loops_.size() >= kLargestNumberOfLoops) return Reject(wish);
    found = loops_.emplace(key, std::make_unique<ClusterLoop>(key, loop_parts_)).first;
    found->second->Accept(std::move(physical));
    if (const auto plan = plans_.find(key); plan != plans_.end()) found->second->AcceptPlan(plan->second);
    if (started_) found->second->StartThread();
    CountLoops();
    return;
  }
  found->second->Accept(std::move(physical));
}

void PhysicalClusters::OnPlan(PlanPointer plan) {
  std::lock_guard lock(mutex_);
  plans_[plan->key()] = plan;
  if (const auto found = loops_.find(plan->key()); found != loops_.end()) found->second->AcceptPlan(plan);
}

void PhysicalClusters::OnPlanGone(const std::string& cluster) {
  std::lock_guard lock(mutex_);
  plans_.erase(cluster);
  if (const auto found = loops_.find(cluster); found != loops_.end()) found->second->AcceptPlan(nullptr);
}

void PhysicalClusters::OnForgotten(const std::string& key) {
  {
    std::lock_guard lock(mutex_);
    const auto found = loops_.find(key);
    if (found == loops_.end()) return;
    if (!found->second->finished()) {
      log::Warn("a physical cluster was forgotten before it was gone; it is kept", {{"cluster", key}});
      return;
    }
    found->second->RequestStop();
    ending_.push_back(std::move(found->second));
    loops_.erase(found);
    CountLoops();
  }
  parts_.cells.Remove(key);
  parts_.status.Forget(key);
}

}  // namespace sluice::satellite
