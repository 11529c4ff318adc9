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
  Result Run();

 private:
  using Amounts = std::array<double, kResources>;
  struct Pending {
    uint32_t partition;
    std::vector<uint16_t> from, to;  // leader first
    Reason reason;
    int urgency;  // 0 first
    double bytes_mb;
  };
  // What one step does to one broker.
  struct Effect {
    uint16_t broker;
    Amounts change;  // when it has ended
    bool receives;
    bool sends;
  };

  void Collect();
  // Moves what fits out of `pending` into batches until nothing more does.
  void Drain(std::vector<Pending>& pending, Result& result);
  // One batch of those steps of `pending` that `fits` allows beside what the batch has already; they leave `pending`.
  Batch Fill(std::vector<Pending>& pending, bool (BatchScheduler::*fits)() const);
  // A leader change that lets one of `pending` copy from a broker with room on its link.
  bool HandOver(std::vector<Pending>& pending, Result& result);
  void EffectsOf(const Pending& step);
  // Safe in any order and overlap with the batch's other steps.
  bool FitsAnyOrder() const;
  // Safe alone, on brokers that no other step of the batch touches.
  bool FitsAlone() const;
  bool MayLead(uint32_t partition, uint16_t broker) const;
  Amounts RoleLoad(uint32_t partition, bool leads) const;
  double Roof(uint16_t broker, int resource) const;
  void BeginBatch();
  void Take(Pending& step, Batch& batch);
  void EndBatch(Batch& batch);

  const ClusterState& end_;
  const ReasonLog& reasons_;
  const double throttle_kbps_;
  std::vector<Pending> leader_changes_, copies_;
  std::vector<Amounts> limit_, load_;
  // Of the batch in hand:
  std::vector<Amounts> gain_, change_;
  std::vector<char> receives_, sends_, touched_;
  std::vector<double> received_mb_, sent_mb_;
  std::vector<Effect> effects_;
};

}  // namespace sluice::planner
