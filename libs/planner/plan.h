#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/planner/load_vector.h"
#include "libs/planner/reason.h"

namespace sluice::planner {

enum class Mode {
  kEvenOut,  // all of the below, then even
  kFill,     // only moves to brokers that were added
  kEmpty,    // only what must leave brokers that go
  kRepair,   // dead brokers and the rack rule only
  kRelieve,  // only brokers over a capacity limit, the least that helps
};

struct PlanOptions {
  Mode mode = Mode::kEvenOut;
  // How far from even is even enough: 0.03 is ±3 %. In (0, 1].
  double window = 0.03;
  // Nothing is planned for evenness alone while the worst dimension is within this; 0: as the window. Above the window,
  // so that a cluster at its edge does not swing. Must-moves are always planned.
  double start_window = 0;
  // What one broker sends and receives for moves, KB/s; 0: 8 % of the smallest link.
  double throttle_kbps = 0;
  // In looks at a candidate; 0: 300 for each replica and 20 million besides.
  int64_t work = 0;
};

// One partition's change. All of a batch may run at once and in any order; a batch starts when the one before has
// ended.
struct Step {
  uint32_t partition = 0;          // index in the snapshot
  std::vector<uint16_t> replicas;  // broker indexes, leader first, after the step
  std::vector<uint16_t> adding;    // of them, those that receive a copy
  double bytes_mb = 0;             // copied
  Reason reason;
};

struct Batch {
  std::vector<Step> steps;
  double bytes_mb = 0;
  double hours = 0;  // at the throttle: as long as its busiest broker
};

// What could not be done, and which constraint stands in the way.
struct Unresolved {
  uint32_t partition = 0;
  std::string because;
};

struct Spread {
  double most = 0;   // max ÷ mean over brokers that stay, each relative to its capacity
  double least = 0;  // min ÷ mean
};

struct Plan {
  std::vector<Batch> batches;
  std::vector<Unresolved> unresolved;
  double throttle_kbps = 0;
  Spread before[kDimensions];
  Spread after[kDimensions];
  // Per broker (index of the snapshot), before and after.
  std::vector<LoadVector> loads_before;
  std::vector<LoadVector> loads_after;
  double bytes_mb = 0;
  int64_t replica_moves = 0;
  int64_t leader_changes = 0;
  double hours = 0;
  double hours_bound = 0;  // what the busiest broker alone needs
  // Steps that break a constraint in or after their batch, as the checker found them: 0, or the plan has an error.
  int64_t intermediate_violations = 0;
  bool work_spent = false;  // the budget ended the search
  std::string summary;      // why there is something, or nothing, to do
};

}  // namespace sluice::planner
