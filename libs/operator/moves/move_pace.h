#pragma once

#include <map>
#include <optional>

#include "libs/operator/snapshot.h"

namespace sluice::op {

// What clients feel of a broker's load.
struct BrokerStress {
  // Request handlers, 0 to 1.
  double idle = 1;
  // A produce request's time at its leader, 99.9th percentile.
  double produce_local_ms = 0;
};

// How many moves a broker takes part in at once. Halved when brokers are stressed and raised step by step when they are
// not, as Cruise Control does (which starts at 5 and stays within 1 to 12); the threshold of idle request handlers is
// the safety gate's, that of produce requests Cruise Control's (concurrency.adjuster.limit.produce.local.time.ms).
struct PacePolicy {
  int first = 3;
  int least = 1;
  int most = 10;
  // Request handlers idle below it: halve. Above the other one: raise. Between them nothing changes.
  double stressed_idle = 0.3;
  double calm_idle = 0.5;
  // Produce requests slower than it: halve. Below the other one: raise.
  double stressed_produce_ms = 1000;
  double calm_produce_ms = 500;
  absl::Duration between_raises = absl::Seconds(15);
};

struct Pace {
  // 0: nothing is known yet.
  int at_once = 0;
  std::optional<Moment> changed_at;

  friend bool operator==(const Pace&, const Pace&) = default;
};

// The pace after one more look: the broker that suffers most decides. `stress`: per broker, sampled at `sampled_at`; a
// sample from before the last change says nothing about that change.
Pace NextPace(const PacePolicy& policy, Pace pace, const std::map<int32_t, BrokerStress>& stress, Moment sampled_at);

}  // namespace sluice::op
