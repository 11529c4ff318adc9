#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/operator/moves/move_sight.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

// What shall be throttled, or what has to change for it.
struct Throttle {
  // Bytes per second that a broker sends and receives for moves; nothing: none.
  std::map<int32_t, std::optional<int64_t>> brokers;
  std::map<std::string, TopicThrottle> topics;

  bool empty() const { return brokers.empty() && topics.empty(); }
};

struct ThrottlePolicy {
  // Of the link, for moves, where the plan names no throttle. A quarter leaves clients their room at the 80 % that a
  // link may be filled to (Cruise Control's capacity threshold).
  double share_of_link = 0.25;
  // Of the link, at most, also where a partition receives more than the share.
  double most_of_link = 0.8;
  // Where the link is not limited: five times what Self-Balancing Clusters take by default.
  int64_t without_link = int64_t{50} << 20;
  // A copy catches up only above what its partition receives.
  double room_to_catch_up = 1.1;
};

// The rate where the plan names none. `link`: bytes per second, 0 for one without limit; `received`: what the busiest
// of the moving partitions receives.
int64_t OwnThrottle(const ThrottlePolicy& policy, int64_t link, double received);

// The throttle for these moves, which are under way or about to be: of their replicas only, on live brokers only (a
// dead one's configuration cannot be set, and it copies nothing).
Throttle ThrottleFor(const std::vector<MoveSight>& moves, int64_t rate, const std::set<int32_t>& live);

// From what is in force to `wanted`. `only_add`: nothing is lifted, since something else still moves. A broker that
// could not be asked what it has is set to what is wanted, and otherwise left.
Throttle ThrottleChange(const Throttle& wanted, const KafkaHealth& seen, const std::set<int32_t>& live, bool only_add);

// The rate in force, 0 for none.
int64_t ThrottleInForce(const KafkaHealth& seen);

// Why `rate` would never let a copy catch up, for people, with the rate and the time it needs; nothing when it does.
// `received`: bytes per second that producers send to each partition.
std::optional<std::string> WhyTooLow(const ThrottlePolicy& policy, const std::vector<MoveSight>& moves, int64_t rate,
                                     const std::map<PartitionId, double>& received);

}  // namespace sluice::op
