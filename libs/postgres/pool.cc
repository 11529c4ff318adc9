#include "libs/postgres/pool.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/backoff.h"
#include "libs/postgres/guarded_connection.h"

namespace sluice::postgres {
namespace {

constexpr absl::Duration kFirstReconnect = absl::Milliseconds(50);
constexpr absl::Duration kLongestReconnect = absl::Seconds(2);
constexpr absl::Duration kFirstConflictWait = absl::Milliseconds(5);
constexpr absl::Duration kLongestConflictWait = absl::Milliseconds(200);

absl::Status Unavailable(std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, message,
                   {.reason = "DATABASE_UNAVAILABLE", .retry_after = absl::Seconds(1)});
}

std::unique_ptr<pqxx::transaction_base> Begin(pqxx::connection& connection, const TransactionOptions& options) {
  using pqxx::transaction;
  if (options.single_statement) return std::make_unique<pqxx::nontransaction>(connection);
  constexpr auto kReadOnly = pqxx::readwrite_policy::read_only;
  switch (options.isolation) {
    case Isolation::kRepeatableRead:
      if (options.read_only) return std::make_unique<transaction<pqxx::repeatable_read, kReadOnly>>(connection);
      return std::make_unique<transaction<pqxx::repeatable_read>>(connection);
    case Isolation::kSerializable:
      if (options.read_only) return std::make_unique<transaction<pqxx::serializable, kReadOnly>>(connection);
      return std::make_unique<transaction<pqxx::serializable>>(connection);
    case Isolation::kReadCommitted:
      break;
  }
  if (options.read_only) return std::make_unique<transaction<pqxx::read_committed, kReadOnly>>(connection);
  return std::make_unique<transaction<pqxx::read_committed>>(connection);
}

}  // namespace

class Pool::Impl {
 public:
  using Connection = std::shared_ptr<GuardedConnection>;

  Impl(PoolOptions options, const clock::Clock& clock, clock::Random& random, metrics::Registry* registry)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        reconnect_(random, kFirstReconnect, kLongestReconnect),
        guard_(clock) {
    if (registry == nullptr) return;
    const metrics::Labels labels = {{"database", options_.connect.dbname}};
    wait_seconds_ = &registry->HistogramOf("sluice_postgres_acquire_seconds", "Wait for a connection", labels);
    in_use_gauge_ = &registry->GaugeOf("sluice_postgres_connections_in_use", "Connections at work", labels);
    conflicts_ = &registry->CounterOf("sluice_postgres_conflicts_total", "Transactions that were tried again", labels);
    failures_ = &registry->CounterOf("sluice_postgres_unavailable_total", "Calls that found no database", labels);
  }

  ~Impl() {
    for (const Connection& connection : idle_) guard_.Forget(connection);
  }

  absl::Status Run(const TransactionOptions& options, absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work) {
    const absl::Duration deadline = clock_.MonotonicNow() + options.timeout;
    clock::BackOff conflict_wait(random_, kFirstConflictWait, kLongestConflictWait);
    bool lost_once = false;
    for (int attempt = 1;; ++attempt) {
      bool lost = false;
      absl::Status status = Attempt(options, deadline, work, lost);
      if (status.ok()) return status;
      const std::string reason = ErrorReason(status);
      const absl::Duration left = deadline - clock_.MonotonicNow();
      if (reason == "TRANSACTION_CONFLICT" && attempt < options.max_attempts) {
        if (conflicts_ != nullptr) conflicts_->Increment();
        const absl::Duration wait = conflict_wait.Next();
        if (wait >= left) return status;
        SleepFor(wait);
        continue;
      }
      // A connection that died while it lay idle, or under the work: nothing was committed, so once more on a new one.
      const bool may_repeat =
          reason == "DATABASE_UNAVAILABLE" || (reason == "COMMIT_OUTCOME_UNKNOWN" && options.idempotent);
      if (lost && may_repeat && !lost_once && left > absl::ZeroDuration()) {
        lost_once = true;
        continue;
      }
      if (reason == "DATABASE_UNAVAILABLE" && failures_ != nullptr) failures_->Increment();
      return status;
    }
  }

  const PoolOptions& options() const { return options_; }

 private:
  absl::Status Attempt(const TransactionOptions& options, absl::Duration deadline,
                       absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work, bool& lost) {
    ASSIGN_OR_RETURN(Connection connection, Acquire(deadline));
    connection->Arm(deadline);
    absl::Status status = RunOn(connection->get(), options, work);
    connection->Disarm();
    lost = !connection->get().is_open() || ErrorReason(status) == "DATABASE_UNAVAILABLE" ||
           ErrorReason(status) == "COMMIT_OUTCOME_UNKNOWN";
    Release(std::move(connection), /*broken=*/lost);
    if (lost && clock_.MonotonicNow() >= deadline && ErrorReason(status) == "DATABASE_UNAVAILABLE") {
      return MakeError(absl::StatusCode::kDeadlineExceeded, "the database did not answer in time",
                       {.reason = "DATABASE_TIMEOUT"});
    }
    return status;
  }

  absl::Status RunOn(pqxx::connection& connection, const TransactionOptions& options,
                     absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work) {
    try {
      std::unique_ptr<pqxx::transaction_base> transaction = Begin(connection, options);
      absl::Status status = work(*transaction);
      if (status.ok()) {
        transaction->commit();
      } else {
        transaction->abort();
      }
      return status;
    } catch (const std::exception& error) {
      absl::Status status = StatusOfException(error);
      if (options.single_statement && !options.read_only && ErrorReason(status) == "DATABASE_UNAVAILABLE") {
        return MakeError(absl::StatusCode::kUnknown, error.what(), {.reason = "COMMIT_OUTCOME_UNKNOWN"});
      }
      return status;
    }
  }

  absl::StatusOr<Connection> Acquire(absl::Duration deadline) {
    const absl::Duration begun = clock_.MonotonicNow();
    std::unique_lock lock(mutex_);
    if (waiters_ >= options_.max_waiters) return Unavailable("too many calls wait for a database connection");
    ++waiters_;
    const absl::Duration left = deadline - begun;
    const bool ready = changed_.wait_for(lock, absl::ToChronoNanoseconds(std::max(left, absl::ZeroDuration())),
                                         [this] { return !idle_.empty() || in_use_ < options_.size; });
    --waiters_;
    if (!ready) return Unavailable("no database connection became free in time");
    ++in_use_;
    if (in_use_gauge_ != nullptr) in_use_gauge_->Set(in_use_);
    if (wait_seconds_ != nullptr) wait_seconds_->Observe(absl::ToDoubleSeconds(clock_.MonotonicNow() - begun));
    if (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    return Connect(lock);
  }

  // While the database is away one caller at a time tries, after the back-off; all others hear of it at once.
  absl::StatusOr<Connection> Connect(std::unique_lock<std::mutex>& lock) {
    if (away_ && (probing_ || clock_.MonotonicNow() < next_connect_)) {
      GiveBackPlace();
      return Unavailable("the database is away: " + last_error_);
    }
    if (away_) probing_ = true;
    lock.unlock();
    absl::StatusOr<Connection> made = Open();
    lock.lock();
    probing_ = false;
    if (made.ok()) {
      away_ = false;
      reconnect_.Reset();
      return made;
    }
    away_ = true;
    last_error_ = std::string(made.status().message());
    next_connect_ = clock_.MonotonicNow() + reconnect_.Next();
    GiveBackPlace();
    return made.status();
  }

  absl::StatusOr<Connection> Open() {
    ASSIGN_OR_RETURN(const std::string text, ConnectionString(options_.connect));
    try {
      auto connection = std::make_shared<GuardedConnection>(text);
      for (const auto& [name, sql] : options_.prepared) connection->get().prepare(name, sql);
      guard_.Watch(connection);
      return connection;
    } catch (const std::exception& error) {
      return StatusOfException(error);
    }
  }

  void Release(Connection connection, bool broken) {
    std::vector<Connection> dropped;
    {
      std::lock_guard lock(mutex_);
      GiveBackPlace();
      if (broken) {
        // The others that lie idle broke with it, most likely: a restart of the server ends them all.
        dropped.swap(idle_);
        dropped.push_back(std::move(connection));
      } else {
        idle_.push_back(std::move(connection));
      }
    }
    changed_.notify_one();
    for (const Connection& gone : dropped) guard_.Forget(gone);
  }

  void GiveBackPlace() {
    --in_use_;
    if (in_use_gauge_ != nullptr) in_use_gauge_->Set(in_use_);
  }

  void SleepFor(absl::Duration wait) {
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, absl::ToChronoNanoseconds(wait));
  }

  const PoolOptions options_;
  const clock::Clock& clock_;
  clock::Random& random_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable never_;
  std::vector<Connection> idle_;
  int in_use_ = 0;
  int waiters_ = 0;
  bool away_ = false;
  bool probing_ = false;
  absl::Duration next_connect_;
  std::string last_error_;
  clock::BackOff reconnect_;

  metrics::Histogram* wait_seconds_ = nullptr;
  metrics::Gauge* in_use_gauge_ = nullptr;
  metrics::Counter* conflicts_ = nullptr;
  metrics::Counter* failures_ = nullptr;
  ConnectionGuard guard_;
};

Pool::Pool(PoolOptions options, const clock::Clock& clock, clock::Random& random, metrics::Registry* registry)
    : impl_(std::make_unique<Impl>(std::move(options), clock, random, registry)) {}

Pool::~Pool() = default;

absl::Status Pool::InTransaction(const TransactionOptions& options,
                                 absl::FunctionRef<absl::Status(pqxx::transaction_base&)> work) {
  return impl_->Run(options, work);
}

absl::Status Pool::Ping(absl::Duration timeout) {
  return InTransaction({.timeout = timeout, .read_only = true, .single_statement = true},
                       [](pqxx::transaction_base& transaction) {
                         transaction.exec("SELECT 1");
                         return absl::OkStatus();
                       });
}

const ConnectOptions& Pool::connect_options() const { return impl_->options().connect; }

}  // namespace sluice::postgres
