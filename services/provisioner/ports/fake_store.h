#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// A store in memory, true to the contract (store_contract_test.cc runs on it and on PostgreSQL). Thread-safe; a session
// inside a transaction is the store itself. For tests only.
class FakeStore final : public Store {
 public:
  absl::StatusOr<std::optional<Aggregate>> FindByUid(Kind kind, const std::string& uid) override;
  absl::StatusOr<std::optional<Aggregate>> FindByName(Kind kind, const std::string& name) override;
  absl::StatusOr<std::vector<Aggregate>> FindByUids(Kind kind, const std::vector<std::string>& uids) override;
  absl::StatusOr<std::vector<RoleBinding>> BindingsOf(const std::vector<std::string>& principals) override;
  absl::StatusOr<std::map<std::string, ClusterFamily>> Families(const std::vector<std::string>& cluster_uids,
                                                                bool lock) override;
  absl::StatusOr<std::vector<Aggregate>> List(const ListQuery& query) override;
  absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedRequest& request) override;
  absl::StatusOr<Committed> Commit(const Mutation& mutation) override;

  absl::StatusOr<std::vector<Aggregate>> Due(Kind kind, absl::Time now, int limit) override;
  absl::StatusOr<std::map<std::string, int32_t>> LogicalClustersPerCell() override;
  absl::StatusOr<std::vector<UntakenDocument>> Untaken(const std::string& data_plane, absl::Time before,
                                                       int limit) override;
  absl::Status Republish(const std::vector<DesiredDocument>& documents) override;
  absl::Status Audit(const std::vector<AuditEntry>& entries) override;
  absl::StatusOr<int> PruneRequests(absl::Time before, int limit) override;

  // What was committed, said again and audited, in order.
  std::vector<Mutation> mutations() const;
  std::vector<DesiredDocument> republished() const;
  std::vector<AuditEntry> audited() const;
  // The next Commit answers this instead, once.
  void FailNextCommit(absl::Status status);

 private:
  absl::Status CheckParents(const Mutation& mutation) const;
  absl::Status CheckWrite(const Write& write) const;
  const Aggregate* Named(Kind kind, const std::string& name) const;

  mutable std::mutex mutex_;
  std::map<std::pair<Kind, std::string>, Aggregate> rows_;
  std::map<std::string, RememberedRequest> requests_;
  std::vector<Mutation> mutations_;
  std::vector<DesiredDocument> republished_;
  std::vector<AuditEntry> audited_;
  absl::Status next_;
};

}  // namespace sluice::provisioner
