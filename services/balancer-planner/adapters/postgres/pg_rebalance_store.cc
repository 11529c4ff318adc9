#include "services/balancer-planner/adapters/postgres/pg_rebalance_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/topics.h"
#include "libs/failpoint/failpoint.h"
#include "services/balancer-planner/adapters/records/rebalance_records.h"
#include "services/balancer-planner/ports/rebalance_order.h"

namespace sluice::balancer_planner {
namespace {

constexpr postgres::TransactionOptions kWrite = {.timeout = absl::Seconds(5)};
constexpr postgres::TransactionOptions kRead = {.timeout = absl::Seconds(5), .read_only = true, .idempotent = true};
constexpr int kPruneBatch = 300;
// More failures in a row than this make no longer pause.
constexpr int kEndedLookedAt = 12;

failpoint::FailPoint before_commit("balancer_planner.commit.1_before");
failpoint::FailPoint after_commit("balancer_planner.commit.2_after");

pqxx::binarystring Bytes(const std::string& bytes) { return pqxx::binarystring(bytes.data(), bytes.size()); }

std::string_view BytesIn(const pqxx::binarystring& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

absl::StatusOr<std::vector<Rebalance>> RebalancesIn(const pqxx::result& result) {
  std::vector<Rebalance> rebalances;
  for (const pqxx::row& row : result) {
    const pqxx::binarystring state(row[0]);
    ASSIGN_OR_RETURN(Rebalance rebalance, records::DecodeState(BytesIn(state)));
    rebalances.push_back(std::move(rebalance));
  }
  return rebalances;
}

absl::Status Conflict(const std::string& uid) {
  return MakeError(absl::StatusCode::kAborted, absl::StrCat(uid, " has changed meanwhile"),
                   {.reason = "VERSION_CONFLICT", .retry_after = absl::Milliseconds(10)});
}

// What PostgreSQL refused, as callers know it.
absl::Status Explained(const absl::Status& status, const Rebalance& rebalance) {
  if (ErrorReason(status) != "UNIQUE_VIOLATION") return status;
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  const auto constraint = detail->metadata.find("constraint");
  if (constraint == detail->metadata.end() || constraint->second != "rebalance_open") return Conflict(rebalance.uid);
  return MakeError(absl::StatusCode::kAlreadyExists,
                   absl::StrCat("another rebalance of ", rebalance.physical_cluster, " is open"),
                   {.reason = "REBALANCE_OPEN", .remedy = "wait until it has ended, or cancel it"});
}

absl::Status Insert(pqxx::transaction_base& transaction, const RebalanceChange& change) {
  const Rebalance& after = change.transition.after;
  transaction.exec_params(
      "INSERT INTO rebalance (uid, data_plane, physical_cluster, open, version, generation, create_us, state) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      after.uid, after.data_plane, after.physical_cluster, IsOpen(after.stage), after.version, after.said.generation,
      absl::ToUnixMicros(after.create_time), Bytes(records::EncodeState(after)));
  transaction.exec_params("INSERT INTO rebalance_moves (uid, batches) VALUES ($1, $2)", after.uid,
                          Bytes(records::EncodeBatches(change.batches)));
  return absl::OkStatus();
}

absl::Status Update(pqxx::transaction_base& transaction, const Rebalance& after) {
  const std::optional<int64_t> end_us =
      after.end_time ? std::optional(absl::ToUnixMicros(*after.end_time)) : std::nullopt;
  const pqxx::result result = transaction.exec_params(
      "UPDATE rebalance SET open = $2, version = $3, generation = $4, end_us = $5, state = $6 "
      "WHERE uid = $1 AND version = $3 - 1",
      after.uid, IsOpen(after.stage), after.version, after.said.generation, end_us, Bytes(records::EncodeState(after)));
  return result.affected_rows() == 1 ? absl::OkStatus() : Conflict(after.uid);
}

void Remember(pqxx::transaction_base& transaction, const RememberedCall& call, const std::string& answer,
              absl::Time now) {
  transaction.exec_params(
      "INSERT INTO call (principal, request_id, payload_hash, answer, create_us) VALUES ($1, $2, $3, $4, $5)",
      call.principal, call.request_id, Bytes(call.payload_hash), answer, absl::ToUnixMicros(now));
}

}  // namespace

std::vector<bus::OutboxMessage> MessagesOf(const RebalanceChange& change) {
  const Rebalance& after = change.transition.after;
  const std::string source = bus::ServiceSource("balancer-planner");
  std::vector<bus::OutboxMessage> messages;
  messages.push_back({.topic = bus::EventsTopic("rebalance"),
                      .key = after.uid,
                      .type = "sluice.balancer_planner.v1.RebalanceChanged",
                      .source = source,
                      .payload = records::EncodeEvent(change.transition),
                      .traceparent = change.traceparent,
                      .generation = after.version});
  if (change.transition.say == Say::kNothing) return messages;
  bus::OutboxMessage document{.topic = bus::PlansTopic(after.data_plane),
                              .key = after.physical_cluster,
                              .type = "sluice.balancer_planner.v1.PlanDocument",
                              .source = source,
                              .traceparent = change.traceparent,
                              .generation = after.said.generation,
                              .compacted = true};
  if (change.transition.say == Say::kDocument) {
    document.payload = records::DocumentOf(after, change.batches).SerializeAsString();
  }
  messages.push_back(std::move(document));
  return messages;
}

PgRebalanceStore::PgRebalanceStore(PgRebalanceStorePorts ports)
    : ports_(ports),
      commit_seconds_(ports.metrics.HistogramOf("sluice_balancer_planner_commit_seconds", "A change's transaction")),
      conflicts_(ports.metrics.CounterOf("sluice_balancer_planner_commit_conflicts_total",
                                         "Changes that met a row changed meanwhile")) {}

absl::Status PgRebalanceStore::Commit(const RebalanceChange& change) {
  RETURN_IF_ERROR(before_commit.Hit());
  const Rebalance& after = change.transition.after;
  const std::vector<bus::OutboxMessage> messages = MessagesOf(change);
  RETURN_IF_ERROR(ports_.outbox.Admit(messages));
  const absl::Duration begin = ports_.clock.MonotonicNow();
  const absl::Status status =
      ports_.pool.InTransaction(kWrite, [&](pqxx::transaction_base& transaction) -> absl::Status {
        if (after.version == 1) {
          RETURN_IF_ERROR(Insert(transaction, change));
        } else {
          RETURN_IF_ERROR(Update(transaction, after));
        }
        if (change.call) Remember(transaction, *change.call, after.uid, ports_.clock.Now());
        return ports_.outbox.Append(transaction, messages);
      });
  commit_seconds_.Observe(absl::ToDoubleSeconds(ports_.clock.MonotonicNow() - begin));
  if (!status.ok()) {
    const absl::Status explained = Explained(status, after);
    if (ErrorReason(explained) == "VERSION_CONFLICT") conflicts_.Increment();
    return explained;
  }
  RETURN_IF_ERROR(after_commit.Hit());
  ports_.outbox.Committed();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Rebalance>> PgRebalanceStore::Find(const std::string& uid) {
  using Found = std::optional<Rebalance>;
  return ports_.pool.Query<Found>(kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<Found> {
    ASSIGN_OR_RETURN(std::vector<Rebalance> found,
                     RebalancesIn(transaction.exec_params("SELECT state FROM rebalance WHERE uid = $1", uid)));
    return found.empty() ? std::nullopt : Found(std::move(found[0]));
  });
}

absl::StatusOr<std::vector<PlannedBatch>> PgRebalanceStore::BatchesOf(const std::string& uid) {
  using Batches = std::vector<PlannedBatch>;
  return ports_.pool.Query<Batches>(kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<Batches> {
    const pqxx::result result = transaction.exec_params("SELECT batches FROM rebalance_moves WHERE uid = $1", uid);
    if (result.empty()) return Batches();
    const pqxx::binarystring bytes(result[0][0]);
    return records::DecodeBatches(BytesIn(bytes));
  });
}

absl::StatusOr<std::vector<Rebalance>> PgRebalanceStore::Open() {
  return ports_.pool.Query<std::vector<Rebalance>>(kRead, [&](pqxx::transaction_base& transaction) {
    return RebalancesIn(transaction.exec("SELECT state FROM rebalance WHERE open ORDER BY uid"));
  });
}

absl::StatusOr<std::vector<Rebalance>> PgRebalanceStore::List(const RebalanceQuery& query) {
  return ports_.pool.Query<std::vector<Rebalance>>(kRead, [&](pqxx::transaction_base& transaction) {
    return RebalancesIn(transaction.exec_params(
        "SELECT state FROM rebalance WHERE data_plane = $1 AND physical_cluster = $2 AND ($3 = '' OR (create_us, uid) "
        "< "
        "(SELECT create_us, uid FROM rebalance WHERE uid = $3)) ORDER BY create_us DESC, uid DESC LIMIT $4",
        query.cluster.data_plane, query.cluster.physical_cluster, query.before, query.limit));
  });
}

absl::StatusOr<EndedRebalances> PgRebalanceStore::Ended(const ClusterKey& cluster) {
  return ports_.pool.Query<EndedRebalances>(
      kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<EndedRebalances> {
        ASSIGN_OR_RETURN(const std::vector<Rebalance> ended,
                         RebalancesIn(transaction.exec_params(
                             "SELECT state FROM rebalance WHERE data_plane = $1 AND physical_cluster = $2 AND NOT open "
                             "ORDER BY create_us DESC, uid DESC LIMIT $3",
                             cluster.data_plane, cluster.physical_cluster, kEndedLookedAt)));
        const pqxx::row generation = transaction.exec_params1(
            "SELECT coalesce(max(generation), 0) FROM rebalance WHERE data_plane = $1 AND physical_cluster = $2",
            cluster.data_plane, cluster.physical_cluster);
        return EndedOf(ended, generation[0].as<int64_t>());
      });
}

absl::StatusOr<std::optional<std::string>> PgRebalanceStore::RememberedAnswer(const RememberedCall& call) {
  using Answer = std::optional<std::string>;
  return ports_.pool.Query<Answer>(kRead, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<Answer> {
    const pqxx::result result =
        transaction.exec_params("SELECT payload_hash, answer FROM call WHERE principal = $1 AND request_id = $2",
                                call.principal, call.request_id);
    if (result.empty()) return std::nullopt;
    const pqxx::binarystring hash(result[0][0]);
    if (BytesIn(hash) != call.payload_hash) {
      return MakeError(
          absl::StatusCode::kInvalidArgument, "this request_id was used with another request",
          {.reason = "REQUEST_ID_REUSED", .field = "request_id", .remedy = "take a new UUID for each request"});
    }
    return Answer(result[0][1].as<std::string>());
  });
}

absl::StatusOr<int> PgRebalanceStore::Prune(absl::Time calls, absl::Time ended) {
  return ports_.pool.Query<int>(kWrite, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
    const pqxx::result gone_calls = transaction.exec_params(
        "DELETE FROM call WHERE ctid = ANY (ARRAY(SELECT ctid FROM call WHERE create_us < $1 ORDER BY create_us LIMIT "
        "$2))",
        absl::ToUnixMicros(calls), kPruneBatch);
    // The newest of each cluster stays: the next generation grows from it.
    const pqxx::result gone = transaction.exec_params(
        "DELETE FROM rebalance WHERE uid = ANY (ARRAY(SELECT r.uid FROM rebalance r WHERE NOT r.open AND r.end_us < $1 "
        "AND EXISTS (SELECT FROM rebalance n WHERE n.physical_cluster = r.physical_cluster "
        "AND n.data_plane = r.data_plane "
        "AND (n.create_us, n.uid) > (r.create_us, r.uid)) ORDER BY r.end_us LIMIT $2))",
        absl::ToUnixMicros(ended), kPruneBatch);
    return static_cast<int>(gone_calls.affected_rows() + gone.affected_rows());
  });
}

}  // namespace sluice::balancer_planner
