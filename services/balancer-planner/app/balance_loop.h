#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/loop_board.h"
#include "services/balancer-planner/app/balance_ports.h"

namespace sluice::balancer_planner {

// What the balancer does by itself, each second: moves open rebalances on by time and by what their data planes say,
// and decides for each cluster that has none whether one shall begin. Every replica of the service runs it: rows have
// versions and a cluster one open rebalance, so where two do the same, one's commit is refused. A cluster that fails is
// logged, and the others go on.
class BalanceLoop {
 public:
  // Between two looks at a cluster that has no open rebalance.
  static constexpr absl::Duration kLookEvery = absl::Seconds(5);
  // After a plan that had nothing to move.
  static constexpr absl::Duration kPauseAfterNothing = absl::Minutes(5);
  static constexpr absl::Duration kPauseAfterNothingUrgent = absl::Seconds(30);
  static constexpr absl::Duration kCallRetention = absl::Hours(24);
  static constexpr absl::Duration kRebalanceRetention = absl::Hours(24 * 30);

  BalanceLoop(BalancePorts ports, BalanceOptions options, metrics::LoopBoard& loops);

  // Everything that there is to do now; the first error of the store, when there was one.
  absl::Status Step();
  // Until `stop`.
  void Run(clock::StopSignal& stop);

 private:
  struct Memory {
    TriggerMemory trigger;
    absl::Time next_look = absl::InfinitePast();
  };

  absl::Status AdvanceOne(const Rebalance& rebalance);
  absl::Status Look(const ClusterKey& key, Memory& memory);
  absl::Status Begin(const ClusterKey& key, const SeenStatus& status, const planner::Snapshot& snapshot,
                     const Verdict& verdict, int64_t generation, Memory& memory);
  absl::StatusOr<planner::Snapshot> PictureFor(const ClusterKey& key, const SeenStatus& status, const SeenLoad& load,
                                               TriggerMemory& memory, bool pin_moved);
  void Count(const char* outcome);

  const BalancePorts ports_;
  const BalanceOptions options_;
  metrics::LoopBoard::Loop& rounds_;
  metrics::LoopBoard::Loop& prunes_;
  metrics::Gauge& clusters_;
  metrics::Gauge& open_;
  std::map<ClusterKey, Memory> memories_;
};

}  // namespace sluice::balancer_planner
