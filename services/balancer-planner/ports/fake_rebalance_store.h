#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "services/balancer-planner/ports/rebalance_store.h"

namespace sluice::balancer_planner {

// In memory, for tests. Keeps what was said.
class FakeRebalanceStore final : public RebalanceStore {
 public:
  absl::Status Commit(const RebalanceChange& change) override;
  absl::StatusOr<std::optional<Rebalance>> Find(const std::string& uid) override;
  absl::StatusOr<std::vector<PlannedBatch>> BatchesOf(const std::string& uid) override;
  absl::StatusOr<std::vector<Rebalance>> Open() override;
  absl::StatusOr<std::vector<Rebalance>> List(const RebalanceQuery& query) override;
  absl::StatusOr<EndedRebalances> Ended(const ClusterKey& cluster) override;
  absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedCall& call) override;
  absl::StatusOr<int> Prune(absl::Time calls, absl::Time ended) override;

  // What all calls answer while it is not OK.
  void SetStatus(absl::Status status);
  // All changes in the order of their commits.
  std::vector<RebalanceChange> changes();

 private:
  absl::Status CheckNew(const Rebalance& rebalance) const;

  struct Answered {
    std::string payload_hash;
    std::string uid;
    absl::Time time;
  };
  std::mutex mutex_;
  absl::Status status_;
  std::map<std::string, Rebalance> rows_;
  std::map<std::string, std::vector<PlannedBatch>> batches_;
  std::map<std::pair<std::string, std::string>, Answered> calls_;
  std::vector<RebalanceChange> changes_;
};

}  // namespace sluice::balancer_planner
