#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/app/physical/cluster_loop.h"
#include "services/satellite/ports/plan_handler.h"
#include "services/satellite/ports/wish_handler.h"

namespace sluice::satellite {

struct PhysicalClustersParts {
  Substrate& substrate;
  KafkaProbeFactory& probes;
  StatusSink& status;
  CellDirectory& cells;
  const LoadBoard& load;
  RebalanceStore& rebalances;
  metrics::Registry& metrics;
  const clock::Clock& clock;
  clock::Random& random;
  LoopTimes times;
  op::PlannerPolicy policy;
  op::RebalancePolicy moves;
};

// All physical clusters of the data plane: one ClusterLoop for each that is wished. Thread-safe; OnWish and OnForgotten
// return at once, so do OnPlan and OnPlanGone.
class PhysicalClusters final : public WishHandler, public PlanHandler {
 public:
  explicit PhysicalClusters(PhysicalClustersParts parts);
  ~PhysicalClusters() override;

  // Wishes that come before it are driven from here on.
  absl::Status Start();
  // Ends all loops. The nodes go on.
  void Stop();

  // `document.physical_cluster` of a key "pkc-…". A wish beyond the number of loops that this satellite will run is
  // answered REJECTED, NO_CAPACITY.
  void OnWish(AcceptedWish wish) override;
  void OnForgotten(const std::string& key) override;
  // One for a cluster that is not wished yet waits for that.
  void OnPlan(PlanPointer plan) override;
  void OnPlanGone(const std::string& cluster) override;

  // Never blocks on Kafka; reads small files.
  SubstrateCapacity Capacity() const { return parts_.substrate.Capacity(); }

 private:
  void Reject(const AcceptedWish& wish);
  void CountLoops();

  const ClusterLoopParts loop_parts_;
  const PhysicalClustersParts parts_;
  metrics::Gauge& clusters_gauge_;
  std::mutex mutex_;
  bool started_ = false;
  bool stopped_ = false;
  std::map<std::string, std::unique_ptr<ClusterLoop>> loops_;
  std::map<std::string, PlanPointer> plans_;
  // Asked to end, joined later: OnForgotten must not wait.
  std::vector<std::unique_ptr<ClusterLoop>> ending_;
};

}  // namespace sluice::satellite
