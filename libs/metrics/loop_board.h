#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/metrics/metrics.h"

namespace sluice::metrics {

// What the loops of a process do, for its metrics and its health. For each loop: `PREFIX_loop_rounds_total`,
// `_loop_failures_total`, `_loop_round_seconds` and `_loop_last_success_timestamp_seconds`, all by `loop`.
class LoopBoard {
 public:
  // One loop; lives as long as its board. Thread-safe.
  class Loop {
   public:
    // Runs one round, and notes how long it took and how it ended; gives back what it gave.
    absl::Status Round(absl::FunctionRef<absl::Status()> round);
    // A round that ended elsewhere. `took` < 0: not known.
    void Ended(const absl::Status& status, absl::Duration took = -absl::Seconds(1));

   private:
    friend class LoopBoard;
    Loop(LoopBoard& board, std::string_view name, absl::Duration longest_silence);

    const LoopBoard& board_;
    const std::string name_;
    const absl::Duration longest_silence_;
    Counter& rounds_;
    Counter& failures_;
    Histogram& seconds_;
    Gauge& last_success_;
    mutable std::mutex mutex_;
    // Counts from the loop's beginning, so that one that never succeeds is found too.
    absl::Duration succeeded_;
    absl::Status last_;
  };

  // `prefix`: "sluice_provisioner".
  LoopBoard(std::string_view prefix, Registry& registry, const clock::Clock& clock)
      : prefix_(prefix), registry_(registry), clock_(clock) {}

  // `longest_silence`: without a round that succeeded for so long the process is not well.
  Loop& Of(std::string_view name, absl::Duration longest_silence);

  // OK, or UNAVAILABLE LOOP_SILENT with metadata: each loop that is silent for too long, and why.
  absl::Status Check() const;

 private:
  const std::string prefix_;
  Registry& registry_;
  const clock::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Loop>, std::less<>> loops_;
};

// All of these hold: OK, or UNAVAILABLE with the metadata of all that do not.
absl::Status AllWell(std::initializer_list<absl::Status> checks);

}  // namespace sluice::metrics
