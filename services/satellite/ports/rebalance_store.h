#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/operator/moves/rebalance_machine.h"
#include "sluice/balancer_planner/v1/plan.pb.h"

namespace sluice::satellite {

// The plans that this satellite has accepted, and how far each is beyond what Kafka shows: what it goes on from when
// the control plane is away. Different clusters may be asked for at the same time.
class RebalanceStore {
 public:
  virtual ~RebalanceStore() = default;
  // Everything, at the start.
  virtual absl::StatusOr<std::vector<balancer_planner::v1::PlanDocument>> LoadPlans() = 0;
  // On disk when it returns.
  virtual absl::Status SavePlan(const balancer_planner::v1::PlanDocument& plan) = 0;
  virtual absl::Status RemovePlan(const std::string& cluster) = 0;

  // An empty one where there is none.
  virtual absl::StatusOr<op::RebalanceMemory> LoadMemory(const std::string& cluster) = 0;
  virtual absl::Status SaveMemory(const std::string& cluster, const op::RebalanceMemory& memory) = 0;
  virtual absl::Status RemoveMemory(const std::string& cluster) = 0;
};

class FakeRebalanceStore final : public RebalanceStore {
 public:
  absl::StatusOr<std::vector<balancer_planner::v1::PlanDocument>> LoadPlans() override {
    std::lock_guard lock(mutex_);
    std::vector<balancer_planner::v1::PlanDocument> all;
    for (const auto& [cluster, plan] : plans_) all.push_back(plan);
    return all;
  }
  absl::Status SavePlan(const balancer_planner::v1::PlanDocument& plan) override {
    std::lock_guard lock(mutex_);
    if (status_.ok()) plans_[plan.key()] = plan;
    return status_;
  }
  absl::Status RemovePlan(const std::string& cluster) override {
    std::lock_guard lock(mutex_);
    plans_.erase(cluster);
    return status_;
  }
  absl::StatusOr<op::RebalanceMemory> LoadMemory(const std::string& cluster) override {
    std::lock_guard lock(mutex_);
    return memories_[cluster];
  }
  absl::Status SaveMemory(const std::string& cluster, const op::RebalanceMemory& memory) override {
    std::lock_guard lock(mutex_);
    if (status_.ok()) memories_[cluster] = memory;
    return status_;
  }
  absl::Status RemoveMemory(const std::string& cluster) override {
    std::lock_guard lock(mutex_);
    memories_.erase(cluster);
    return status_;
  }
  // What writes answer from now on.
  void SetStatus(absl::Status status) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }

 private:
  std::mutex mutex_;
  absl::Status status_;
  std::map<std::string, balancer_planner::v1::PlanDocument> plans_;
  std::map<std::string, op::RebalanceMemory> memories_;
};

}  // namespace sluice::satellite
