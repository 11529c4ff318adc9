#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "libs/bus/event.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/ports/plan_handler.h"
#include "services/satellite/ports/rebalance_store.h"

namespace sluice::satellite {

// The one way in for plans: checks, keeps the highest generation of a key, stores on disk, and only then hands on. Used
// by one thread.
class PlanIntake {
 public:
  struct Parts {
    RebalanceStore& store;
    PlanHandler& handler;
    metrics::Registry& metrics;
  };

  PlanIntake(std::string data_plane, Parts parts);

  // Hands on all that is on disk.
  absl::Status Start();

  // A record of the plans topic. Forged and undecodable ones are dropped, counted and told of in the log. An error is
  // the disk's, and the caller gives the same record again.
  absl::Status Accept(const bus::ReceivedEvent& event);

  // All that the topic held was given: a stored plan that was not among it has ended while we were away.
  absl::Status CaughtUp();

 private:
  absl::Status Check(const bus::ReceivedEvent& event, const balancer_planner::v1::PlanDocument& plan) const;
  void Drop(const bus::ReceivedEvent& event, const std::string& why);
  absl::Status Forget(const std::string& cluster);
  void HandOn(balancer_planner::v1::PlanDocument plan);

  const std::string data_plane_;
  const Parts parts_;
  metrics::Counter& accepted_;
  metrics::Counter& dropped_;
  // Generation by cluster.
  std::map<std::string, int64_t> known_;
  // Heard of on the topic since the start.
  std::set<std::string> heard_;
  bool complete_ = false;
};

}  // namespace sluice::satellite
