#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/clock/random.h"
#include "libs/operator/restart_policy.h"
#include "libs/operator/snapshot.h"
#include "services/satellite/ports/kafka_probe.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite {

// What a loop remembers of a cluster's nodes between two looks: readiness, which is probed and not seen, and crashes in
// a row. Lost with the process, and then learnt again. Not thread-safe.
class NodeMemory {
 public:
  NodeMemory(const op::RestartPolicy& policy, clock::Random& random) : policy_(policy), random_(random) {}

  // Probes what is due (all that is not ready yet; what is ready each `again`) and gives each node as the planner wants
  // it, without digests. A ready node that fails two probes in a row is not ready any more. `probe` may be null while
  // nobody can be asked.
  std::vector<op::NodeSeen> Observe(const std::vector<NodeSight>& sights, KafkaProbe* probe, op::Moment now,
                                    absl::Duration again, absl::Duration probe_timeout);

  // Why the node is not ready, as the last probe said; "" when it is.
  std::string ProbeMessage(int32_t node_id) const;

 private:
  struct Node {
    int64_t run = -1;
    bool ready = false;
    int failed_probes = 0;
    std::optional<op::Moment> probed_at;
    std::optional<op::Moment> ready_since;
    std::optional<op::Moment> exit_at;
    int crashes_in_a_row = 0;
    double jitter = 0;
    std::string probe_message;
  };

  void NoteRun(Node& node, const NodeSight& sight);
  void NoteExit(Node& node, const NodeSight& sight);
  void Probe(Node& node, const NodeSight& sight, KafkaProbe& probe, op::Moment now, absl::Duration timeout);

  const op::RestartPolicy policy_;
  clock::Random& random_;
  std::map<int32_t, Node> nodes_;
};

}  // namespace sluice::satellite
