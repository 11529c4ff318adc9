#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/connect_options.h"

namespace sluice::postgres {

struct PoolOptions {
  ConnectOptions connect;
  // Connections at most, opened as they are needed.
  int size = 8;
  // Waiters beyond this are refused at once, so that a stopped database cannot collect every thread of the process.
  int max_waiters = 256;
  // Statements (name, SQL) that each connection prepares at their first use: exec_prepared saves the planning.
  std::vector<std::pair<std::string, std::string>> prepared;
};

enum class Isolation { kReadCommitted, kRepeatableRead, kSerializable };

struct TransactionOptions {
  // For everything: waiting for a connection, all tries, the commit. A connection that is still busy then is cut.
  absl::Duration timeout = absl::Seconds(5);
  Isolation isolation = Isolation::kReadCommitted;
  bool read_only = false;
  // Tries at most, on serialization failure and deadlock, with jittered back-off from 5 ms.
  int max_attempts = 5;
  // The work may be done twice without harm, so it is tried again too when the connection was lost, even at the commit.
  bool idempotent = false;
  // `work` runs exactly one statement: it goes without BEGIN and COMMIT, which saves two round trips. A connection that
  // is lost meanwhile gives COMMIT_OUTCOME_UNKNOWN, unless read_only or idempotent. Isolation is the server's default.
  bool single_statement = false;
};

// A bounded pool of connections to one database. Broken connections are dropped and opened again with jittered back-off
// (50 ms to 2 s, shared by all). Thread-safe.
//
// Errors of InTransaction besides those that the work returns (no exception leaves it; SQL errors that the work lets
// through as pqxx exceptions are turned into these):
//   UNAVAILABLE        DATABASE_UNAVAILABLE    not reachable, too busy, or shutting down; nothing was committed
//   UNKNOWN            COMMIT_OUTCOME_UNKNOWN  the connection broke during the commit (unless idempotent)
//   ABORTED            TRANSACTION_CONFLICT    still in conflict after max_attempts
//   DEADLINE_EXCEEDED  DATABASE_TIMEOUT        timeout or statement_timeout passed
//   ALREADY_EXISTS     UNIQUE_VIOLATION        metadata: constraint
//   FAILED_PRECONDITION CONSTRAINT_VIOLATION   foreign key, check, not null; metadata: constraint when known
//   INTERNAL           SQL_ERROR               anything else, SQLSTATE in metadata
class Pool {
 public:
  // Does not connect. `registry` may be null. All arguments outlive the pool.
  Pool(PoolOptions options, const clock::Clock& clock, clock::Random& random, metrics::Registry* registry);
  ~Pool();

  // Runs `work` inside a transaction and commits when it returns OK, rolls back otherwise. `work` may run several
  // times.
  absl::Status InTransaction(const TransactionOptions& options,
                             absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work);
  absl::Status InTransaction(absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work) {
    return InTransaction(TransactionOptions{}, work);
  }

  // The same for work that returns a value:
  //   ASSIGN_OR_RETURN(Cluster c, pool.Query<Cluster>(options, [&](pqxx::transaction_base& tx) -> StatusOr<Cluster>
  //   {…}));
  template <typename T>
  absl::StatusOr<T> Query(const TransactionOptions& options,
                          absl::FunctionRef<absl::StatusOr<T>(pqxx::transaction_base&)> work) {
    absl::StatusOr<T> result = absl::UnknownError("not run");
    absl::Status status = InTransaction(options, [&](pqxx::transaction_base& transaction) {
      result = work(transaction);
      return result.status();
    });
    if (!status.ok()) return status;
    return result;
  }

  // OK when a connection answers SELECT 1 within `timeout`: for /healthz.
  absl::Status Ping(absl::Duration timeout);

  const ConnectOptions& connect_options() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What a pqxx exception means as a status (the table above, without COMMIT_OUTCOME_UNKNOWN). For code that owns a
// connection outside a pool.
absl::Status StatusOfException(const std::exception& error);
// True for DATABASE_UNAVAILABLE, COMMIT_OUTCOME_UNKNOWN, DATABASE_TIMEOUT: the database is at fault, not the work.
bool IsDatabaseTrouble(const absl::Status& status);

}  // namespace sluice::postgres
