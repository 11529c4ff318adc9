#pragma once

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "libs/bus/event.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// The store within one transaction of someone else's: the inbox's, or PgStore's own. Lets pqxx exceptions through; who
// owns the transaction turns them into statuses (libs/postgres/pool.h). Not thread-safe.
//
// After an error of Commit the transaction must be rolled back.
class PgSession final : public StoreSession {
 public:
  PgSession(pqxx::transaction_base& transaction, clock::IdSource& ids, const clock::Clock& clock)
      : transaction_(transaction), ids_(ids), clock_(clock) {}

  absl::StatusOr<std::optional<Aggregate>> FindByUid(Kind kind, const std::string& uid) override;
  absl::StatusOr<std::optional<Aggregate>> FindByName(Kind kind, const std::string& name) override;
  absl::StatusOr<std::vector<Aggregate>> FindByUids(Kind kind, const std::vector<std::string>& uids) override;
  absl::StatusOr<std::vector<RoleBinding>> BindingsOf(const std::vector<std::string>& principals) override;
  absl::StatusOr<std::map<std::string, ClusterFamily>> Families(const std::vector<std::string>& cluster_uids,
                                                                bool lock) override;
  absl::StatusOr<std::vector<Aggregate>> List(const ListQuery& query) override;
  absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedRequest& request) override;
  absl::StatusOr<Committed> Commit(const Mutation& mutation) override;

  // What Commit would say to the bus, for Outbox::Admit before the transaction.
  static std::vector<bus::OutboxMessage> MessagesOf(const Mutation& mutation);

 private:
  pqxx::transaction_base& transaction_;
  clock::IdSource& ids_;
  const clock::Clock& clock_;
};

// The aggregates of a result whose columns are kind, version, state.
absl::StatusOr<std::vector<Aggregate>> AggregatesIn(const pqxx::result& result);

}  // namespace sluice::provisioner
