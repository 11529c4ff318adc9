#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/bus/event.h"
#include "libs/bus/outbox/outbox.h"
#include "libs/clock/clock.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "services/balancer-planner/ports/rebalance_store.h"

namespace sluice::balancer_planner {

struct PgRebalanceStorePorts {
  postgres::Pool& pool;
  bus::Outbox& outbox;
  const clock::Clock& clock;
  metrics::Registry& metrics;
};

// The store on PostgreSQL: a Commit is one transaction over the row, its moves, the remembered call and the outbox, in
// which lie the event and, where something is said to the data plane, the plan document or its tombstone.
class PgRebalanceStore final : public RebalanceStore {
 public:
  explicit PgRebalanceStore(PgRebalanceStorePorts ports);

  absl::Status Commit(const RebalanceChange& change) override;
  absl::StatusOr<std::optional<Rebalance>> Find(const std::string& uid) override;
  absl::StatusOr<std::vector<PlannedBatch>> BatchesOf(const std::string& uid) override;
  absl::StatusOr<std::vector<Rebalance>> Open() override;
  absl::StatusOr<std::vector<Rebalance>> List(const RebalanceQuery& query) override;
  absl::StatusOr<EndedRebalances> Ended(const ClusterKey& cluster) override;
  absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedCall& call) override;
  absl::StatusOr<int> Prune(absl::Time calls, absl::Time ended) override;

 private:
  const PgRebalanceStorePorts ports_;
  metrics::Histogram& commit_seconds_;
  metrics::Counter& conflicts_;
};

// What a change says: its event, and the document or tombstone on its data plane's plans topic.
std::vector<bus::OutboxMessage> MessagesOf(const RebalanceChange& change);

}  // namespace sluice::balancer_planner
