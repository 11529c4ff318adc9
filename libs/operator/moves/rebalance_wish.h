#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::op {

struct PartitionId {
  std::string topic;
  int32_t partition = 0;

  std::string Name() const { return topic + "-" + std::to_string(partition); }
  friend auto operator<=>(const PartitionId&, const PartitionId&) = default;
};

// One partition's change: of its replicas, of its leader, or of both.
struct MoveWish {
  PartitionId partition;
  // As they were when it was planned, and as they shall be; the leader first.
  std::vector<int32_t> before;
  std::vector<int32_t> after;
  // To be copied.
  int64_t bytes = 0;
};

// sluice.balancer_planner.v1.PlanDocument without Protobuf.
struct RebalanceWish {
  enum class Intent { kRun, kPause, kCancel };

  std::string rebalance;
  // Of the document; only grows.
  int64_t generation = 0;
  // Of the desired document that it was made for.
  int64_t desired_generation = 0;
  Intent intent = Intent::kRun;
  // What one broker sends and receives at most for moves; 0: our own choice.
  int64_t throttle_bytes_per_second = 0;
  // Of the rebalance; batches[0] has this index.
  int32_t first_batch = 0;
  int32_t batches_total = 0;
  std::vector<std::vector<MoveWish>> batches;
};

}  // namespace sluice::op
