#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "libs/bus/outbox/outbox.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "services/provisioner/adapters/postgres/pg_session.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

struct PgStorePorts {
  postgres::Pool& pool;
  bus::Outbox& outbox;
  clock::IdSource& ids;
  const clock::Clock& clock;
  metrics::Registry& metrics;
};

// The store on PostgreSQL. A Commit is one statement in one transaction: the rows, the remembered request and the
// outbox.
class PgStore final : public Store {
 public:
  explicit PgStore(PgStorePorts ports);

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

 private:
  template <typename T>
  absl::StatusOr<T> Read(absl::FunctionRef<absl::StatusOr<T>(PgSession&)> work);

  PgStorePorts ports_;
  metrics::Histogram& commit_seconds_;
  metrics::Counter& conflicts_;
};

}  // namespace sluice::provisioner
