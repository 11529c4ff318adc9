#pragma once

#include <string>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// What the shell measured around the planner.
struct PlanTimes {
  double read_seconds = 0;
  double target_seconds = 0;  // the end state alone
  double plan_seconds = 0;    // with ordered and checked steps
  // The same two without the time that other processes took; planning is one thread.
  double target_cpu_seconds = 0;
  double plan_cpu_seconds = 0;
  double peak_rss_mb = 0;
};

// PLAN.json: `partitions`, the end state as Kafka's own reassignment JSON; `batches` of the same form; `throttle_kbps`.
std::string PlanJson(const planner::Snapshot& snapshot, const planner::Plan& plan);

// One batch alone, as kafka-reassign-partitions.sh and kafka-leader-election.sh read it.
std::string BatchJson(const planner::Snapshot& snapshot, const planner::Batch& batch);

// STATS.json: docs/planner.md names the fields.
std::string StatsJson(const planner::Plan& plan, const PlanTimes& times);

}  // namespace sluice::cli
