#pragma once

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "services/balancer-planner/app/cluster_board.h"
#include "services/balancer-planner/app/planning.h"
#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"
#include "services/balancer-planner/core/picture/cluster_picture.h"
#include "services/balancer-planner/core/trigger/trigger.h"
#include "services/balancer-planner/ports/rebalance_store.h"

namespace sluice::balancer_planner {

struct BalanceOptions {
  PictureOptions picture;
  TriggerOptions trigger;
  LifecycleOptions lifecycle;
  // What it proposes by itself it approves by itself.
  bool approves_itself = true;
  // Of what it does by itself: Cruise Control's 0.09, at a third of the bytes that 0.03 takes.
  double window = 0.09;
  // A partition that moved within this time is left alone by what it does by itself, unless its broker goes.
  absl::Duration moved_lately = absl::Minutes(30);
};

struct BalancePorts {
  RebalanceStore& store;
  ClusterBoard& board;
  Planning& planning;
  const clock::Clock& clock;
  clock::IdSource& ids;
  metrics::Registry& metrics;
};

// A fresh proposal from a plan; the caller adds why.
Rebalance ProposalOf(const ClusterKey& key, const SeenStatus& status, const PlanWish& wish, PlanOutcome& outcome);

}  // namespace sluice::balancer_planner
