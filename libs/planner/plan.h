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
  kEmpty,    // only what must leave brokers that go, and who leads what moves
  kRepair,   // dead brokers and the rack rule only, and who leads what moves
  kRelieve,  // only brokers at a capacity limit, or a log dir at its own, the least that helps
};

struct PlanOptions {
  Mode mode = Mode::kEvenOut;
  // How far from even is even enough: 0.03 is ±3 %. In (0, 1].
  double window = 0.03;
  // Nothing is planned for evenness alone while the worst dimension is within this; 0: half as much again as the
  // window. Above the window, so that a cluster at its edge does not swing. Must-moves are always planned, and where
  // there are any, evenness starts at the window itself.
  double start_window = 0;
  // What one broker sends and receives for moves, KB/s; 0: 8 % of the smallest link.
  double throttle_kbps = 0;
  // In looks at a candidate; 0: 300 for each replica and 60 million besides.
  int64_t work = 0;
};

// One partition's change. All of a batch may run at once and in any order; a batch starts when the one before has
// ended.
struct Step {
  uint32_t partition = 0;          // index in the snapshot
  std::vector<uint16_t> replicas;  // broker indexes, leader first, after the step
  std::vector<uint16_t> adding;    // of them, those that receive a copy
  // The log dir of each of `replicas`, as an index into its broker's; empty where no broker has several.
  std::vector<uint16_t> log_dirs = {};
  std::vector<uint16_t> moving_within = {};  // of `replicas`, those that only change their log dir
  double bytes_mb = 0;                       // copied
  Reason reason;
};

struct Batch {
  std::vector<Step> steps;
  double bytes_mb = 0;
  double hours = 0;  // at the throttle: as long as its busiest broker
};

// What stands in the way.
enum class Constraint : uint8_t {
  kCapacity,  // a limit of every broker that could take it
  kRackRule,
  kNoBroker,  // every broker that may receive holds the partition already
  kNoSource,  // no replica in sync on a live broker: there is nothing to copy from
  kPinned,    // excluded, moved lately, or waiting for a replica to come back in sync
  kOrder,     // at this throttle no order of steps keeps the limits on the way
  kSearch,    // no move, change of leader or exchange that the search found helps without breaking another
  kWork,      // the work was spent
};

// A change that could not be made.
struct Unresolved {
  uint32_t partition = 0;
  std::string because;
  Constraint constraint = Constraint::kSearch;
};

// A broker that the plan leaves outside what its mode asks for.
struct Unmet {
  uint16_t broker = 0;
  int dimension = 0;
  double value = 0;  // relative to its share of the dimension, or, above a limit, to the limit
  double bound = 0;  // what was asked for, in the same measure
  bool over_limit = false;
  Constraint constraint = Constraint::kSearch;
  std::string because;
};

struct Spread {
  double most = 0;   // max ÷ mean over brokers that stay, each relative to its capacity
  double least = 0;  // min ÷ mean
};

struct Plan {
  std::vector<Batch> batches;
  std::vector<Unresolved> unresolved;
  std::vector<Unmet> unmet;
  double throttle_kbps = 0;
  Spread before[kDimensions];
  Spread after[kDimensions];
  // Per broker (index of the snapshot), before and after.
  std::vector<LoadVector> loads_before;
  std::vector<LoadVector> loads_after;
  double bytes_mb = 0;
  int64_t replica_moves = 0;  // between brokers
  int64_t log_dir_moves = 0;  // within one
  int64_t leader_changes = 0;
  double hours = 0;
  double hours_bound = 0;  // what the busiest broker alone needs
  // Steps that break a constraint in or after their batch, as the checker found them: 0, or the plan has an error.
  int64_t intermediate_violations = 0;
  bool work_spent = false;  // the budget ended the search
  std::string summary;      // why there is something, or nothing, to do
};

}  // namespace sluice::planner
