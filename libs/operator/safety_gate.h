#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

// Thresholds: reliability.md's gate; peers are in docs/adr (Strimzi, Koperator, Confluent's operator agree on the
// first).
struct GatePolicy {
  absl::Duration oldest_sample = absl::Seconds(15);
  absl::Duration longest_voter_lag = absl::Milliseconds(2000);
  double least_request_handler_idle = 0.3;
  double most_disk_used = 0.85;
  // After the last stop by our hand: so long must it be quiet.
  absl::Duration settle = absl::Seconds(10);
};

struct GateQuestion {
  Moment now;
  int32_t target = 0;
  NodeRole role = NodeRole::kBroker;
  std::optional<Moment> last_disruption_at;
  // The asker's right to act is still its own (lease, epoch), it is inside the window, and nothing is frozen.
  bool allowed = true;
  // "topic-partition" named by a person: these may lose their min ISR.
  std::set<std::string> waivers;
};

enum class GateVerdict { kPass, kFail, kInconclusive };

struct GateReason {
  std::string code;  // UPPER_SNAKE_CASE
  std::string message;
};

struct GateAnswer {
  GateVerdict verdict = GateVerdict::kInconclusive;
  // Why it does not pass; for a pass, warnings.
  std::vector<GateReason> reasons;

  std::string Summary() const;
};

// May the healthy node `question.target` be stopped now? Counted without it. Missing or old data never passes: the
// verdict is then inconclusive, or fail when something else is known to be wrong. O(partitions × replicas).
GateAnswer AskGate(const GatePolicy& policy, const GateQuestion& question, const KafkaHealth* health);

}  // namespace sluice::op
