#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/planner/planner.h"
#include "libs/planner/testing/numbers.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner::testing {

// A cluster on paper beside which the planner runs as a balancer does: it takes a picture (now and then an old one),
// plans, and carries batches out that take a while, two at a time where both fit, while load changes, brokers die, come
// back, join and leave. Then all of that ends, and the cluster must come to rest.
//
// What must hold, whatever the seed, is looked at when it happens; the first thing that does not is kept.
class SimulatedCluster {
 public:
  explicit SimulatedCluster(uint64_t seed);

  // Runs until the planner finds nothing more to do, or for `most_ticks` after the changes have ended.
  void Run(int storm_ticks, int most_ticks);

  const std::string& broken() const { return broken_; }  // empty: all held
  bool at_rest() const { return at_rest_; }
  int moves_in_calm() const { return moves_in_calm_; }
  int plans_in_calm() const { return plans_in_calm_; }  // that had something to do

 private:
  struct InFlight {
    Batch batch;
    int ends_at = 0;
    bool of_calm = false;  // planned after the changes had ended
    bool is_free = false;  // of an evening out without steps left out
    bool repairs = false;
  };
  void Change();
  void ChangeLoad();
  void ChangeBrokers();
  void EndBatches();
  void StartBatches();
  void Start(const Batch& batch);
  bool FitsBesideTheOthers(const Batch& batch) const;
  void MakeNewPlan();
  bool IsSettled() const;
  Mode NextMode();
  // The cluster as it is, or, when `planning`, as a balancer sees it: moves in flight reserve what they take, and they
  // and what moved lately are pinned.
  Snapshot Picture(const SnapshotFacts& facts, bool planning) const;
  void ApplyInFlight(Snapshot& snapshot, bool pin) const;
  void ForgetFreePlans();
  void NoteMoves(const Step& step, const Snapshot& before, const InFlight& flight);
  void NoteLeft(uint32_t partition, int32_t broker_id, bool is_free);
  void NoteCome(uint32_t partition, int32_t broker_id, bool is_free);
  void Broken(std::string what);

  Numbers numbers_;
  SnapshotFacts facts_;
  SnapshotFacts old_facts_;  // of an earlier tick
  uint64_t generation_ = 0;  // of placement and brokers
  uint64_t old_generation_ = 0;
  Plan plan_;
  uint64_t plan_generation_ = 0;
  bool plan_is_of_calm_ = false, plan_is_free_ = false, plan_repairs_ = false;
  size_t next_batch_ = 0;
  std::vector<InFlight> in_flight_;
  std::vector<int> moved_at_;  // by partition
  // By partition: brokers that a replica left since the changes ended, one entry for each time; of them those by a plan
  // that is free to choose its moves; and of these those that such a plan sent it back to.
  std::vector<std::vector<int32_t>> left_in_calm_, left_by_free_plan_, back_by_free_plan_;
  int tick_ = 0;
  bool calm_ = false;
  bool at_rest_ = false;
  int moves_in_calm_ = 0, plans_in_calm_ = 0;
  std::string broken_;
};

}  // namespace sluice::planner::testing
