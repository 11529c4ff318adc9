#include "services/provisioner/adapters/postgres/pg_store.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/failpoint/failpoint.h"
#include "services/provisioner/adapters/postgres/row.h"

namespace sluice::provisioner {
namespace {

constexpr postgres::TransactionOptions kWrite = {.timeout = absl::Seconds(5)};
constexpr postgres::TransactionOptions kRead = {.timeout = absl::Seconds(5), .read_only = true, .idempotent = true};

failpoint::FailPoint before_commit("provisioner.commit.1_before");
failpoint::FailPoint after_commit("provisioner.commit.2_after");

}  // namespace

PgStore::PgStore(PgStorePorts ports)
    : ports_(ports),
      commit_seconds_(ports.metrics.HistogramOf("sluice_provisioner_commit_seconds", "A mutation's transaction")),
      conflicts_(ports.metrics.CounterOf("sluice_provisioner_commit_conflicts_total",
                                         "Mutations that met a row changed meanwhile")) {}

template <typename T>
absl::StatusOr<T> PgStore::Read(absl::FunctionRef<absl::StatusOr<T>(PgSession&)> work) {
  return ports_.pool.Query<T>(kRead, [&](pqxx::transaction_base& transaction) {
    PgSession session(transaction, ports_.ids, ports_.clock);
    return work(session);
  });
}

absl::StatusOr<std::optional<Aggregate>> PgStore::FindByUid(Kind kind, const std::string& uid) {
  return Read<std::optional<Aggregate>>([&](PgSession& session) { return session.FindByUid(kind, uid); });
}

absl::StatusOr<std::optional<Aggregate>> PgStore::FindByName(Kind kind, const std::string& name) {
  return Read<std::optional<Aggregate>>([&](PgSession& session) { return session.FindByName(kind, name); });
}

absl::StatusOr<std::vector<Aggregate>> PgStore::FindByUids(Kind kind, const std::vector<std::string>& uids) {
  return Read<std::vector<Aggregate>>([&](PgSession& session) { return session.FindByUids(kind, uids); });
}

absl::StatusOr<std::vector<RoleBinding>> PgStore::BindingsOf(const std::vector<std::string>& principals) {
  return Read<std::vector<RoleBinding>>([&](PgSession& session) { return session.BindingsOf(principals); });
}

absl::StatusOr<std::map<std::string, ClusterFamily>> PgStore::Families(const std::vector<std::string>& cluster_uids,
                                                                       bool) {
  // Outside of a transaction a lock would be gone with the answer.
  return Read<std::map<std::string, ClusterFamily>>(
      [&](PgSession& session) { return session.Families(cluster_uids, /*lock=*/false); });
}

absl::StatusOr<std::vector<Aggregate>> PgStore::List(const ListQuery& query) {
  return Read<std::vector<Aggregate>>([&](PgSession& session) { return session.List(query); });
}

absl::StatusOr<std::optional<std::string>> PgStore::RememberedAnswer(const RememberedRequest& request) {
  return Read<std::optional<std::string>>([&](PgSession& session) { return session.RememberedAnswer(request); });
}

absl::StatusOr<Committed> PgStore::Commit(const Mutation& mutation) {
  RETURN_IF_ERROR(before_commit.Hit());
  RETURN_IF_ERROR(ports_.outbox.Admit(PgSession::MessagesOf(mutation)));
  const absl::Duration begin = ports_.clock.MonotonicNow();
  // A remembered request may be tried again though its commit's outcome is unknown: the second try meets its own
  // answer.
  const postgres::TransactionOptions options = {
      .timeout = absl::Seconds(5), .idempotent = mutation.request.has_value(), .single_statement = true};
  absl::StatusOr<Committed> committed = ports_.pool.Query<Committed>(options, [&](pqxx::transaction_base& transaction) {
    return PgSession(transaction, ports_.ids, ports_.clock).Commit(mutation);
  });
  commit_seconds_.Observe(absl::ToDoubleSeconds(ports_.clock.MonotonicNow() - begin));
  if (!committed.ok()) {
    if (ErrorReason(committed.status()) == "VERSION_CONFLICT") conflicts_.Increment();
    return committed;
  }
  RETURN_IF_ERROR(after_commit.Hit());
  ports_.outbox.Committed();
  return committed;
}

absl::StatusOr<std::vector<Aggregate>> PgStore::Due(Kind kind, absl::Time now, int limit) {
  return ports_.pool.Query<std::vector<Aggregate>>(kRead, [&](pqxx::transaction_base& transaction) {
    return AggregatesIn(transaction.exec_params(
        "SELECT kind, version, state FROM aggregate WHERE kind = $1 AND due_us <= $2 ORDER BY due_us LIMIT $3",
        static_cast<int>(kind), absl::ToUnixMicros(now), limit));
  });
}

absl::StatusOr<std::map<std::string, int32_t>> PgStore::LogicalClustersPerCell() {
  using Counts = std::map<std::string, int32_t>;
  return ports_.pool.Query<Counts>(kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<Counts> {
    Counts counts;
    for (const pqxx::row& row :
         transaction.exec("SELECT placed_on, count(*) FROM aggregate WHERE placed_on IS NOT NULL GROUP BY placed_on")) {
      counts[row[0].as<std::string>()] = row[1].as<int32_t>();
    }
    return counts;
  });
}

absl::StatusOr<std::vector<UntakenDocument>> PgStore::Untaken(const std::string& data_plane, absl::Time before,
                                                              int limit) {
  using Documents = std::vector<UntakenDocument>;
  return ports_.pool.Query<Documents>(kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<Documents> {
    const pqxx::result result = transaction.exec_params(
        "SELECT d.kind, d.version, d.state, coalesce(s.generation, 0) FROM aggregate d LEFT JOIN aggregate s "
        "ON s.kind = 10 AND s.uid = $1 || ':' || d.uid "
        "WHERE d.kind = 9 AND d.parent = 'dataPlanes/' || $1 AND d.update_us < $2 "
        "AND coalesce(s.generation, 0) < d.generation ORDER BY d.update_us LIMIT $3",
        data_plane, absl::ToUnixMicros(before), limit);
    ASSIGN_OR_RETURN(std::vector<Aggregate> aggregates, AggregatesIn(result));
    Documents documents;
    for (size_t i = 0; i < aggregates.size(); ++i) {
      documents.push_back({std::get<DesiredDocument>(std::move(aggregates[i])), result[i][3].as<int64_t>()});
    }
    return documents;
  });
}

absl::Status PgStore::Republish(const std::vector<DesiredDocument>& documents) {
  absl::Status status = ports_.pool.InTransaction(kWrite, [&](pqxx::transaction_base& transaction) {
    std::vector<bus::OutboxMessage> messages;
    for (const DesiredDocument& document : documents) {
      // Locked, so that a newer one is said after it; left out when it has changed meanwhile.
      const pqxx::result still =
          transaction.exec_params("SELECT 1 FROM aggregate WHERE kind = 9 AND uid = $1 AND version = $2 FOR SHARE",
                                  document.meta.uid, document.meta.version);
      if (!still.empty()) messages.push_back(MessageOf(document, ""));
    }
    return messages.empty() ? absl::OkStatus() : ports_.outbox.Append(transaction, messages);
  });
  if (status.ok()) ports_.outbox.Committed();
  return status;
}

absl::Status PgStore::Audit(const std::vector<AuditEntry>& entries) {
  if (entries.empty()) return absl::OkStatus();
  std::vector<bus::OutboxMessage> messages;
  for (const AuditEntry& entry : entries) messages.push_back(MessageOf(entry));
  RETURN_IF_ERROR(ports_.pool.InTransaction(
      kWrite, [&](pqxx::transaction_base& transaction) { return ports_.outbox.Append(transaction, messages); }));
  ports_.outbox.Committed();
  return absl::OkStatus();
}

absl::StatusOr<int> PgStore::PruneRequests(absl::Time before, int limit) {
  return ports_.pool.Query<int>(kWrite, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
    const pqxx::result result = transaction.exec_params(
        "DELETE FROM request WHERE ctid = ANY (ARRAY(SELECT ctid FROM request WHERE create_us < $1 ORDER BY create_us "
        "LIMIT $2))",
        absl::ToUnixMicros(before), limit);
    return static_cast<int>(result.affected_rows());
  });
}

}  // namespace sluice::provisioner
