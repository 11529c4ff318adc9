#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/operator/cluster_planner.h"
#include "services/satellite/app/physical/moves/rebalance_runner.h"
#include "services/satellite/app/physical/node_memory.h"
#include "services/satellite/app/physical/physical_wish.h"
#include "services/satellite/app/physical/status_draft.h"
#include "services/satellite/ports/cell_directory.h"
#include "services/satellite/ports/kafka_probe.h"
#include "services/satellite/ports/load_board.h"
#include "services/satellite/ports/status_sink.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite {

struct LoopTimes {
  // Between two rounds while something is under way, and while all is well.
  absl::Duration busy = absl::Milliseconds(50);
  absl::Duration calm = absl::Seconds(1);
  // A ready node is asked again, the cluster's health is sampled again.
  absl::Duration probe_again = absl::Seconds(5);
  absl::Duration health_again = absl::Seconds(5);
  // Its health while partitions move; on a large cluster ten times what one look takes.
  absl::Duration moves_again = absl::Seconds(1);
  absl::Duration configs_again = absl::Seconds(60);
  absl::Duration admission_again = absl::Seconds(30);
  absl::Duration certificates_again = absl::Minutes(10);
  // Certificates that run out within this are renewed.
  absl::Duration certificates_ahead = absl::Hours(24 * 30);
  // One question to a node, and one to the cluster.
  absl::Duration probe_timeout = absl::Seconds(3);
  absl::Duration call_timeout = absl::Seconds(10);
};

// What all loops share; outlives them.
struct ClusterLoopParts {
  Substrate& substrate;
  KafkaProbeFactory& probes;
  StatusSink& status;
  CellDirectory& cells;
  const LoadBoard& load;
  RebalanceStore& rebalances;
  metrics::Registry& metrics;
  const clock::Clock& clock;
  clock::Random& random;
  LoopTimes times;
  op::PlannerPolicy policy;
  op::RebalancePolicy moves;
};

// Drives one physical cluster, in a thread of its own, so that a sick one holds up no other: gather, decide
// (op::PlanCluster), check again, act, report; level-triggered, on a new wish or when the time comes.
class ClusterLoop {
 public:
  ClusterLoop(std::string cluster, const ClusterLoopParts& parts);
  // Ends the thread; the cluster's nodes go on.
  ~ClusterLoop();
  ClusterLoop(const ClusterLoop&) = delete;
  ClusterLoop& operator=(const ClusterLoop&) = delete;

  // An older generation than the accepted one is ignored.
  void Accept(PhysicalWish wish);
  // What shall be moved; null: nothing.
  void AcceptPlan(PlanPointer plan);
  // Asks the thread to end, without waiting for it.
  void RequestStop();
  // Nothing is left of the cluster, or it was never taken in.
  bool finished() const;

  // One round now, in the caller's thread, for tests; the loop must not have been started by Accept elsewhere.
  // Gives the time until the next one is due.
  absl::Duration RunOnce();

  void StartThread();

 private:
  struct Round;

  void Run();
  std::optional<PhysicalWish> Wish() const;
  PlanPointer RebalancePlan() const;
  bool StillWished(int64_t generation) const;
  absl::Status Gather(Round& round);
  absl::Status GatherKafka(Round& round);
  void SampleHealth(Round& round);
  void Admit(Round& round);
  absl::Status OpenProbe(const ClusterSight& sight);
  void AddDigests(Round& round);
  absl::Status Act(Round& round);
  absl::Status Do(Round& round, const op::Step& step);
  absl::Status StopForRoll(Round& round, int32_t node_id);
  absl::Status Retire(Round& round, int32_t node_id);
  absl::Status Rebalance(Round& round);
  absl::Status RenewCertificates(const Round& round);
  void Note(const op::Step& step, const absl::Status& result);
  void Report(Round& round);
  absl::Duration Pause(const Round& round) const;

  const std::string cluster_;
  const ClusterLoopParts& parts_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<PhysicalWish> wish_;
  PlanPointer plan_;
  // Grows with each wish and each plan.
  int64_t heard_ = 0;
  bool stopping_ = false;
  bool finished_ = false;

  // Of the loop's thread alone.
  NodeMemory memory_;
  std::unique_ptr<KafkaProbe> probe_;
  std::string probe_bootstrap_;
  RebalanceRunner moves_;
  std::optional<op::KafkaHealth> health_;
  absl::Duration health_took_;
  std::optional<op::DynamicConfigs> configs_;
  op::Moment configs_read_at_;
  std::optional<op::Moment> last_disruption_at_;
  std::map<int32_t, std::string> digests_;
  std::string digests_for_;
  op::Moment digests_made_at_;
  absl::Status admission_;
  int64_t admitted_generation_ = -1;
  op::Moment admission_asked_at_;
  std::optional<op::PhysicalSpec> admitted_spec_;
  op::Moment certificates_checked_at_;
  bool certificates_checked_ = false;
  std::deque<DoneAction> actions_;
  std::map<int32_t, op::NodeState> last_states_;
  std::map<int32_t, absl::Time> since_;
  std::optional<std::string> last_cell_;
  std::thread thread_;
};

}  // namespace sluice::satellite
