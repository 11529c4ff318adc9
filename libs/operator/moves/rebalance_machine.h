#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/operator/moves/move_pace.h"
#include "libs/operator/moves/move_sight.h"
#include "libs/operator/moves/rebalance_wish.h"
#include "libs/operator/moves/throttle.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

// The numbers are those of sluice.satellite.v1.RebalanceStatus.State.
enum class RebalanceState : int {
  kNone = 0,
  kRunning = 1,
  kPaused = 2,
  kCancelling = 3,
  kDone = 4,
  kCancelled = 5,
  kFailed = 6,
  kRefused = 7,
};
// "RUNNING"
std::string_view Name(RebalanceState state);

// What cannot be read off Kafka: on disk before anything is done by it. Lost, a rebalance goes on all the same and only
// its counts begin again.
struct RebalanceMemory {
  std::string rebalance;
  bool begun = false;
  // Of batches that have ended.
  int32_t batches_done = 0;
  int32_t moves_done = 0;
  int32_t moves_skipped = 0;
  int64_t bytes_done = 0;
  // How it ended, and the document's generation that it ended under: a later one may let it go on.
  RebalanceState ended = RebalanceState::kNone;
  int64_t ended_generation = 0;
  std::string reason;
  std::string message;

  friend bool operator==(const RebalanceMemory&, const RebalanceMemory&) = default;
};

// Of one load sample.
struct MoveLoad {
  Moment sampled_at;
  std::map<int32_t, BrokerStress> stress;
  // Bytes per second that producers send to each partition.
  std::map<PartitionId, double> received;
};

struct RebalancePolicy {
  ThrottlePolicy throttle;
  PacePolicy pace;
  absl::Duration oldest_sample = absl::Seconds(15);
  // No copy is begun that would fill a disk further.
  double most_disk_used = 0.95;
};

struct RebalanceInput {
  Moment now;
  // Null: no plan.
  const RebalanceWish* wish = nullptr;
  // The plan's time to begin is over.
  bool expired = false;
  // In force.
  int64_t desired_generation = 0;
  // The cluster's owner has paused it.
  bool paused = false;
  // Why nothing new may begin now, for people: a roll or an expansion is under way. "": it may.
  std::string busy;
  // Brokers that serve, and all nodes that shall run and are not ready.
  std::set<int32_t> live;
  std::set<int32_t> not_ready;
  // Null: not known.
  const KafkaHealth* health = nullptr;
  const MoveLoad* load = nullptr;
  // Bytes per second in each direction, 0: no limit; and the size of a broker's disk.
  int64_t link = 0;
  int64_t disk_bytes = 0;
  // Bytes that have arrived, of moves under way.
  std::map<PartitionId, int64_t> copied;
  // What moved in the look before: the broker that tells of replicas may be a moment behind the controller, which has
  // ended the move already.
  std::set<PartitionId> lately_moving;
  // Moves that Kafka will not do.
  std::set<PartitionId> refused;
  RebalanceMemory memory;
  Pace pace;
};

// sluice.satellite.v1.RebalanceStatus, of one look.
struct RebalanceProgress {
  RebalanceState state = RebalanceState::kNone;
  int32_t moves_in_flight = 0;
  int32_t moves_left = 0;
  int32_t batches_done = 0;
  int32_t moves_done = 0;
  int32_t moves_skipped = 0;
  int64_t bytes_done = 0;
  int64_t bytes_left = 0;
  double seconds_left = 0;
  int64_t throttle_bytes_per_second = 0;
  int32_t moves_at_once = 0;
  std::string reason;  // UPPER_SNAKE_CASE
  std::string message;
};

struct NewReplicas {
  PartitionId partition;
  std::vector<int32_t> replicas;
};

// What to do now, in this order: save `memory`, change the throttle (without it nothing is begun), then the rest.
struct RebalanceDecision {
  RebalanceMemory memory;
  Pace pace;
  Throttle throttle;
  std::vector<NewReplicas> assign;
  std::vector<PartitionId> cancel;
  std::vector<PartitionId> elect;
  RebalanceProgress progress;
  // Something moves, or the plan is begun and has more to do: nothing else disruptive may begin.
  bool under_way = false;
  // Whose sizes tell how far they are: those that move now.
  std::vector<NewReplicas> copying;
};

// How a rebalance goes on: pure and level-triggered, by what Kafka shows. The same look gives the same decision; what
// was done shows in the next look. A satellite that was killed therefore finds its moves and goes on, and throttles
// that nobody needs any more go, whoever left them.
//
//   plan ──► too old, expired, throttle too low? ──► REFUSED
//     └────► batch after batch: throttle ─ begin as many as the pace allows ─ order and leader ─► DONE
//
// O(partitions × log + moves).
RebalanceDecision DecideRebalance(const RebalancePolicy& policy, const RebalanceInput& input);

}  // namespace sluice::op
