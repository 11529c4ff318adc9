#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "libs/planner/plan.h"
#include "services/balancer-planner/core/model/seen_cluster.h"

namespace sluice::balancer_planner {

enum class RebalanceStage { kProposed, kApproved, kRunning, kPaused, kDone, kCancelled, kFailed, kExpired };

enum class Cause { kCalled, kLeavingBroker, kNewBroker, kDeadBroker, kRackRule, kNearLimit, kUneven };

// What the data plane is told to do with the plan.
enum class Wish { kRun, kPause, kCancel };

struct BrokerShare {
  int64_t replicas = 0;
  int64_t leaders = 0;
  int64_t disk_bytes = 0;
  int64_t in_bytes_per_second = 0;
  int64_t out_bytes_per_second = 0;
  friend bool operator==(const BrokerShare&, const BrokerShare&) = default;
};

struct BrokerBalance {
  int32_t broker = 0;
  std::string rack;
  std::string state;  // ALIVE, NEW, LEAVING, DEAD
  BrokerShare before;
  BrokerShare after;
  int64_t disk_limit_bytes = 0;                // 0: not limited
  int64_t network_limit_bytes_per_second = 0;  // 0: not limited
  friend bool operator==(const BrokerBalance&, const BrokerBalance&) = default;
};

struct PlanSummary {
  std::string summary;
  int64_t moves = 0;
  int64_t replica_moves = 0;
  int64_t leader_changes = 0;
  int64_t bytes = 0;
  int32_t batches = 0;
  double seconds = 0;
  std::vector<std::string> unmet;
  int64_t unmet_count = 0;
  friend bool operator==(const PlanSummary&, const PlanSummary&) = default;
};

struct Progress {
  int32_t batches_done = 0;
  int64_t moves_done = 0;
  int64_t moves_skipped = 0;
  int32_t moves_in_flight = 0;
  int64_t moves_left = 0;
  int64_t bytes_done = 0;
  int64_t bytes_left = 0;
  double seconds_left = 0;
  int64_t throttle_bytes_per_second = 0;
  // Of the status that told it; the past: none has.
  absl::Time seen = absl::InfinitePast();
  friend bool operator==(const Progress&, const Progress&) = default;
};

// The plan document that was said last.
struct SaidDocument {
  int64_t generation = 0;  // 0: none yet
  Wish wish = Wish::kRun;
  int32_t first_batch = 0;
  int32_t batches = 0;
  absl::Time time = absl::InfinitePast();
  int32_t repeats = 0;  // said again since the data plane took one
  friend bool operator==(const SaidDocument&, const SaidDocument&) = default;
};

// One plan for one physical cluster, from its proposal to its end. Its moves are kept beside it (PlannedBatch).
struct Rebalance {
  std::string uid;               // reb-…
  std::string physical_cluster;  // pkc-…
  std::string data_plane;
  RebalanceStage stage = RebalanceStage::kProposed;
  planner::Mode mode = planner::Mode::kEvenOut;
  Cause cause = Cause::kCalled;
  std::vector<std::string> reasons;
  double window = 0;
  int64_t throttle_bytes_per_second = 0;
  PlanSummary plan;
  std::vector<BrokerBalance> brokers;
  Progress progress;
  bool cancelling = false;
  std::string reason;
  std::string message;
  int64_t physical_cluster_generation = 0;
  SaidDocument said;
  // Since when the cluster's generation is another.
  std::optional<absl::Time> obsolete_since;
  std::string proposed_by;
  std::string approved_by;
  absl::Time create_time = absl::InfinitePast();
  absl::Time update_time = absl::InfinitePast();
  absl::Time expire_time = absl::InfiniteFuture();
  std::optional<absl::Time> approve_time;
  std::optional<absl::Time> start_time;
  std::optional<absl::Time> end_time;
  int64_t version = 0;
  friend bool operator==(const Rebalance&, const Rebalance&) = default;
};

// One partition's change.
struct PlannedMove {
  std::string topic;
  int32_t partition = 0;
  std::vector<int32_t> replicas_before;  // leader first
  std::vector<int32_t> replicas;
  int64_t bytes = 0;
  std::string reason;
  friend bool operator==(const PlannedMove&, const PlannedMove&) = default;
};

// Its moves may run at once and in any order; a batch begins when the one before has ended.
using PlannedBatch = std::vector<PlannedMove>;

ClusterKey KeyOf(const Rebalance& rebalance);

// May anything still become of it?
bool IsOpen(RebalanceStage stage);

std::string_view Name(RebalanceStage stage);  // "PROPOSED"
std::string_view Name(planner::Mode mode);    // "EVEN_OUT"

}  // namespace sluice::balancer_planner
