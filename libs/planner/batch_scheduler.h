#pragma once

#include <array>
#include <vector>

#include "libs/planner/cluster_state.h"
#include "libs/planner/plan.h"

namespace sluice::planner {

// Orders an end state into batches so that no broker is over a limit at any moment on the way.
//
// Within a batch any order and any overlap of its steps must be safe, so a batch counts what every broker gains and
// nothing that it loses: both copies of a replica in flight, the throttle on every broker that sends or receives, and
// the load of those steps that end before others. A broker that is over a limit already gains nothing of it.
//
// Leader changes that need no copy go first (they relieve links at no cost); then copies, must-moves first.
class BatchScheduler {
 public:
  // `end` is the state to reach; its original assignment is where the cluster is. Both must outlive the scheduler.
  BatchScheduler(const ClusterState& end, const ReasonLog& reasons, double throttle_kbps);

  struct Result {
    std::vector<Batch> batches;
    std::vector<Unresolved> unresolved;  // steps that no order makes safe: left out
  };
  enum class Steps {
    kAll,
    kNeeded,  // not those for evenness alone
  };
  Result Run(Steps wanted = Steps::kAll);

 private:
  // Besides the resources, of which disk is a log dir's here, the disk of the broker as a whole.
  static constexpr int kWholeDisk = kResources, kAmounts = kResources + 1;
  using Amounts = std::array<double, kAmounts>;
  struct Pending {
    uint32_t partition;
    std::vector<uint16_t> from, to;            // leader first
    std::vector<uint16_t> from_dirs, to_dirs;  // their log dirs; empty where no broker has several
    Reason reason;
    int urgency;  // 0 first
    double bytes_mb;
  };
  // What one step does to one broker, and to one log dir of it.
  struct Effect {
    uint16_t broker;
    uint32_t log_dir;  // among all
    Amounts change;    // when it has ended; of disk: that log dir's
    bool receives;
    bool sends;
    bool
        copies;  // a new copy in the log dir, of the change's size; where it does not receive, from another of its dirs
  };

  void Collect(Steps wanted);
  // Is the log dir that the replica is in over its limit?
  bool IsFull(uint32_t slot) const;
  // Moves what fits out of `pending` into batches until nothing more does.
  void Drain(std::vector<Pending>& pending, Result& result);
  // One batch of those steps of `pending` that `fits` allows beside what the batch has already; they leave `pending`.
  Batch Fill(std::vector<Pending>& pending, bool (BatchScheduler::*fits)() const);
  // Leader changes that let some of `pending` copy from a broker with room on its link.
  bool HandOver(std::vector<Pending>& pending, Result& result);
  void EffectsOf(const Pending& step);
  // Safe in any order and overlap with the batch's other steps.
  bool FitsAnyOrder() const;
  // Safe alone, on brokers that no other step of the batch touches.
  bool FitsAlone() const;
  bool MayLead(uint32_t partition, uint16_t broker) const;
  void AddEffect(const Pending& step, size_t i);
  Amounts RoleLoad(uint32_t partition, bool leads) const;
  uint32_t LogDir(const std::vector<uint16_t>& dirs, size_t i, uint16_t broker) const {
    return first_log_dir_[broker] + (dirs.empty() ? 0 : dirs[i]);
  }
  // Of disk: of its log dir; of the others: of its broker.
  double& At(std::vector<Amounts>& amounts, const Effect& effect, int resource) const {
    return amounts[resource == kDisk ? effect.log_dir : effect.broker][resource];
  }
  double Roof(const Effect& effect, int resource) const;
  double Load(const Effect& effect, int resource) const {
    return load_[resource == kDisk ? effect.log_dir : effect.broker][resource];
  }
  void BeginBatch();
  void Take(Pending& step, Batch& batch);
  void EndBatch(Batch& batch);

  const ClusterState& end_;
  const ReasonLog& reasons_;
  const double throttle_kbps_;
  std::vector<Pending> leader_changes_, copies_;
  // By broker; but kDisk by log dir, counted over all brokers.
  std::vector<uint32_t> first_log_dir_;
  std::vector<Amounts> limit_, load_;
  // Of the batch in hand:
  std::vector<Amounts> gain_, change_;
  std::vector<char> receives_, sends_, touched_;
  std::vector<double> received_mb_, sent_mb_;
  std::vector<Effect> effects_;
};

}  // namespace sluice::planner
