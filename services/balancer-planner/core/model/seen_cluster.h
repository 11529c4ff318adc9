#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::balancer_planner {

// A physical cluster as one data plane tells of it: another data plane's word on the same id is of another cluster.
struct ClusterKey {
  std::string data_plane;
  std::string physical_cluster;  // pkc-…
  friend auto operator<=>(const ClusterKey&, const ClusterKey&) = default;
};

// What a satellite says of a physical cluster, without its bytes.

enum class ClusterState {
  kUnknown,
  kProvisioning,
  kUp,
  kExpanding,
  kShrinking,
  kRolling,
  kRebalancing,
  kDegraded,
  kDown,
  kDeleting,
  kGone,
  kRejected,
};

struct SeenBroker {
  int32_t id = 0;
  bool ready = false;
  bool leaving = false;
  // Of the state that it is in.
  absl::Time since = absl::InfinitePast();
};

// How far the data plane is with a plan.
struct SeenRebalance {
  enum class State { kRunning, kPaused, kCancelling, kDone, kCancelled, kFailed, kRefused };
  std::string rebalance;  // reb-…
  // Of the plan document.
  int64_t observed_generation = 0;
  State state = State::kRunning;
  int32_t batches_done = 0;
  int32_t moves_in_flight = 0;
  int64_t moves_done = 0;
  int64_t moves_skipped = 0;
  int64_t bytes_done = 0;
  // Of the batch under way.
  int64_t moves_left = 0;
  int64_t bytes_left = 0;
  double seconds_left = 0;
  int64_t throttle_bytes_per_second = 0;
  std::string reason;
  std::string message;
};

struct SeenStatus {
  std::string physical_cluster;  // pkc-…
  std::string data_plane;
  absl::Time time = absl::InfinitePast();
  // When its satellite was last heard of: it says changes at once, so until then nothing has changed.
  absl::Time heard = absl::InfinitePast();
  // Of the desired document that it tells of.
  int64_t generation = 0;
  ClusterState state = ClusterState::kUnknown;
  std::vector<SeenBroker> brokers;
  std::optional<SeenRebalance> rebalance;
};

struct SeenLogDir {
  std::string path;
  int64_t used_bytes = 0;
  int64_t total_bytes = 0;
};

struct SeenBrokerLoad {
  int32_t id = 0;
  std::string rack;  // empty: it has none
  int32_t replicas = 0;
  int32_t leaders = 0;
  double in_bytes_per_second = 0;  // of clients
  double out_bytes_per_second = 0;
  double replication_in_bytes_per_second = 0;
  double replication_out_bytes_per_second = 0;
  std::vector<SeenLogDir> log_dirs;
  int64_t network_limit_bytes_per_second = 0;  // 0: not limited
};

struct SeenPartition {
  std::string topic;
  int32_t partition = 0;
  std::vector<int32_t> replicas;  // leader first
  std::vector<int32_t> in_sync;
  int64_t size_bytes = 0;
  double in_bytes_per_second = 0;   // of producers
  double out_bytes_per_second = 0;  // of consumers
  int32_t min_in_sync = 0;          // 0: not known
  bool reassigning = false;
};

// One look at its load, all parts together. A broker that could not be asked is missing.
struct SeenLoad {
  std::string physical_cluster;
  absl::Time time = absl::InfinitePast();
  std::vector<SeenBrokerLoad> brokers;
  std::vector<SeenPartition> partitions;
};

}  // namespace sluice::balancer_planner
