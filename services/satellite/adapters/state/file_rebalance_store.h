#pragma once

#include <filesystem>
#include <string>

#include "services/satellite/ports/rebalance_store.h"

namespace sluice::satellite {

// Two files per physical cluster below `folder`, each written atomically: <folder>/pkc-….pb, the plan's own bytes, and
// <folder>/pkc-….json, how far it is.
class FileRebalanceStore final : public RebalanceStore {
 public:
  explicit FileRebalanceStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A file that does not decode is told of in the log and left out: the bus brings the plan again.
  absl::StatusOr<std::vector<balancer_planner::v1::PlanDocument>> LoadPlans() override;
  absl::Status SavePlan(const balancer_planner::v1::PlanDocument& plan) override;
  absl::Status RemovePlan(const std::string& cluster) override;
  // One that cannot be read is told of in the log and empty: only counts are lost with it.
  absl::StatusOr<op::RebalanceMemory> LoadMemory(const std::string& cluster) override;
  absl::Status SaveMemory(const std::string& cluster, const op::RebalanceMemory& memory) override;
  absl::Status RemoveMemory(const std::string& cluster) override;

 private:
  std::filesystem::path PlanOf(const std::string& cluster) const { return folder_ / (cluster + ".pb"); }
  std::filesystem::path MemoryOf(const std::string& cluster) const { return folder_ / (cluster + ".json"); }

  const std::filesystem::path folder_;
};

}  // namespace sluice::satellite
