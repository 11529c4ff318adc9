#include "libs/postgres/pool.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "libs/base/error.h"
#include "libs/postgres/listener.h"
#include "libs/postgres/migrations.h"
#include "libs/testing/postgres_fixture.h"

namespace sluice::postgres {
namespace {

class PostgresTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = testing::PostgresFixture::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = started->release();
    auto options = server_->CreateDatabase("pool_test");
    ASSERT_TRUE(options.ok()) << options.status();
    options_ = new ConnectOptions(*options);
  }
  static void TearDownTestSuite() {
    delete server_;
    delete options_;
  }

  static absl::Status Exec(Pool& pool, const std::string& sql, TransactionOptions options = {}) {
    return pool.InTransaction(options, [&](pqxx::transaction_base& transaction) {
      transaction.exec(sql);
      return absl::OkStatus();
    });
  }
  static int Count(Pool& pool, const std::string& table) {
    return *pool.Query<int>({}, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
      return transaction.exec1("SELECT count(*) FROM " + table)[0].as<int>();
    });
  }
  std::unique_ptr<Pool> NewPool(int size = 4, int max_waiters = 100) {
    return std::make_unique<Pool>(PoolOptions{.connect = *options_, .size = size, .max_waiters = max_waiters},
                                  clock::RealClock(), clock::CryptoRandom(), &registry_);
  }

  static testing::PostgresFixture* server_;
  static ConnectOptions* options_;
  metrics::Registry registry_;
};

testing::PostgresFixture* PostgresTest::server_ = nullptr;
ConnectOptions* PostgresTest::options_ = nullptr;

TEST_F(PostgresTest, CommitsOnOkAndRollsBackOnErrorAndException) {
  auto pool = NewPool();
  ASSERT_TRUE(Exec(*pool, "CREATE TABLE commits (n int PRIMARY KEY)").ok());
  EXPECT_TRUE(Exec(*pool, "INSERT INTO commits VALUES (1)").ok());
  const absl::Status refused = pool->InTransaction([](pqxx::transaction_base& transaction) {
    transaction.exec("INSERT INTO commits VALUES (2)");
    return absl::FailedPreconditionError("no");
  });
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Count(*pool, "commits"), 1);
}

TEST_F(PostgresTest, SqlErrorsBecomeReasons) {
  auto pool = NewPool();
  ASSERT_TRUE(Exec(*pool, "CREATE TABLE reasons (n int CONSTRAINT one_only UNIQUE CHECK (n > 0))").ok());
  ASSERT_TRUE(Exec(*pool, "INSERT INTO reasons VALUES (1)").ok());
  const absl::Status twice = Exec(*pool, "INSERT INTO reasons VALUES (1)");
  EXPECT_EQ(ErrorReason(twice), "UNIQUE_VIOLATION") << twice;
  EXPECT_EQ(GetErrorDetail(twice)->metadata["constraint"], "one_only");
  EXPECT_EQ(ErrorReason(Exec(*pool, "INSERT INTO reasons VALUES (0)")), "CONSTRAINT_VIOLATION");
  const absl::Status nonsense = Exec(*pool, "SELEKT 1");
  EXPECT_EQ(ErrorReason(nonsense), "SQL_ERROR");
  EXPECT_EQ(GetErrorDetail(nonsense)->metadata["sqlstate"], "42601");
}

TEST_F(PostgresTest, SerializationFailuresAreTriedAgain) {
  auto pool = NewPool(8);
  ASSERT_TRUE(Exec(*pool, "CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)").ok());
  std::vector<std::thread> writers;
  std::atomic<int> done = 0;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        const TransactionOptions options{
            .timeout = absl::Seconds(60), .isolation = Isolation::kSerializable, .max_attempts = 1000};
        const absl::Status status = pool->InTransaction(options, [](pqxx::transaction_base& transaction) {
          const int n = transaction.exec1("SELECT n FROM counter")[0].as<int>();
          transaction.exec_params("UPDATE counter SET n = $1", n + 1);
          return absl::OkStatus();
        });
        EXPECT_TRUE(status.ok()) << status;
        if (status.ok()) ++done;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(*pool->Query<int>({},
                              [](pqxx::transaction_base& transaction) -> absl::StatusOr<int> {
                                return transaction.exec1("SELECT n FROM counter")[0].as<int>();
                              }),
            100);
}

TEST_F(PostgresTest, WaitersAreBoundedInTimeAndNumber) {
  auto pool = NewPool(1, 2);
  std::atomic<bool> held = false, release = false;
  std::thread holder([&] {
    EXPECT_TRUE(pool->InTransaction({.timeout = absl::Seconds(60)},
                                    [&](pqxx::transaction_base&) {
                                      held = true;
                                      while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                      return absl::OkStatus();
                                    })
                    .ok());
  });
  while (!held) std::this_thread::yield();
  std::atomic<int> too_many = 0, too_late = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const absl::Status status = Exec(*pool, "SELECT 1", {.timeout = absl::Seconds(3)});
      EXPECT_EQ(ErrorReason(status), "DATABASE_UNAVAILABLE");
      (status.message().find("too many") == absl::string_view::npos ? too_late : too_many)++;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GE(too_late, 2);
  EXPECT_GE(too_many, 1);
  release = true;
  holder.join();
  EXPECT_TRUE(Exec(*pool, "SELECT 1").ok());
}

TEST_F(PostgresTest, AnOverdueStatementIsCut) {
  auto pool = NewPool();
  const absl::Duration begun = clock::RealClock().MonotonicNow();
  const absl::Status late = Exec(*pool, "SELECT pg_sleep(8)", {.timeout = absl::Milliseconds(500)});
  EXPECT_EQ(ErrorReason(late), "DATABASE_TIMEOUT") << late;
  EXPECT_LT(clock::RealClock().MonotonicNow() - begun, absl::Seconds(7));
  EXPECT_TRUE(Exec(*pool, "SELECT 1").ok());
}

TEST_F(PostgresTest, AServerStatementTimeoutIsATimeoutToo) {
  PoolOptions options{.connect = *options_, .size = 1};
  options.connect.statement_timeout = absl::Milliseconds(100);
  Pool pool(options, clock::RealClock(), clock::CryptoRandom(), nullptr);
  EXPECT_EQ(ErrorReason(Exec(pool, "SELECT pg_sleep(30)")), "DATABASE_TIMEOUT");
}

TEST_F(PostgresTest, AKilledSessionUnderTheWorkIsRepeatedAndUnderACommitItIsNot) {
  auto pool = NewPool();
  ASSERT_TRUE(Exec(*pool, "CREATE TABLE killed (n int)").ok());
  int runs = 0;
  EXPECT_TRUE(pool->InTransaction([&](pqxx::transaction_base& transaction) {
                    if (++runs == 1) transaction.exec("SELECT pg_terminate_backend(pg_backend_pid())");
                    transaction.exec("INSERT INTO killed VALUES (1)");
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Count(*pool, "killed"), 1);
  // The one statement may have been done, so nobody may do it again unasked.
  runs = 0;
  const absl::Status unknown =
      pool->InTransaction({.single_statement = true}, [&](pqxx::transaction_base& transaction) {
        ++runs;
        transaction.exec("SELECT pg_terminate_backend(pg_backend_pid())");
        return absl::OkStatus();
      });
  EXPECT_EQ(ErrorReason(unknown), "COMMIT_OUTCOME_UNKNOWN") << unknown;
  EXPECT_EQ(runs, 1);
}

TEST_F(PostgresTest, AwayIsUnavailableAtOnceAndBackIsBack) {
  auto pool = NewPool();
  ASSERT_TRUE(Exec(*pool, "SELECT 1").ok());
  server_->Crash();
  EXPECT_EQ(ErrorReason(Exec(*pool, "SELECT 1")), "DATABASE_UNAVAILABLE");
  EXPECT_FALSE(pool->Ping(absl::Seconds(1)).ok());
  ASSERT_TRUE(server_->StartAgain().ok());
  const absl::Duration deadline = clock::RealClock().MonotonicNow() + absl::Seconds(60);
  absl::Status back;
  do {
    back = Exec(*pool, "SELECT 1");
  } while (!back.ok() && clock::RealClock().MonotonicNow() < deadline);
  EXPECT_TRUE(back.ok()) << back;
}

TEST_F(PostgresTest, MigrationsRunOnceInOrderAndRefuseAChangedPast) {
  const auto options = server_->CreateDatabase("migrations");
  ASSERT_TRUE(options.ok());
  std::vector<Migration> steps = {{1, "a", "CREATE TABLE a (n int)"}, {2, "b", "INSERT INTO a VALUES (1), (2)"}};
  std::vector<std::thread> starters;
  for (int i = 0; i < 3; ++i) {
    starters.emplace_back([&] { EXPECT_TRUE(Migrate(*options, "svc", steps).ok()); });
  }
  for (std::thread& starter : starters) starter.join();
  Pool pool({.connect = *options}, clock::RealClock(), clock::CryptoRandom(), nullptr);
  EXPECT_EQ(Count(pool, "a"), 2);
  steps.push_back({3, "c", "INSERT INTO a VALUES (3); SELEKT"});
  EXPECT_EQ(ErrorReason(Migrate(*options, "svc", steps)), "SQL_ERROR");
  EXPECT_EQ(Count(pool, "a"), 2) << "a failed step leaves nothing";
  steps[2].sql = "INSERT INTO a VALUES (3)";
  EXPECT_TRUE(Migrate(*options, "svc", steps).ok());
  EXPECT_EQ(Count(pool, "a"), 3);
  auto changed = steps;
  changed[0].sql += " ";
  EXPECT_EQ(ErrorReason(Migrate(*options, "svc", changed)), "MIGRATION_HISTORY_CHANGED");
  changed = steps;
  changed.pop_back();
  EXPECT_TRUE(Migrate(*options, "svc", changed).ok()) << "an older program on a newer schema";
  EXPECT_EQ(ErrorReason(Migrate(*options, "svc", changed, MigrationMode::kExact)), "MIGRATION_HISTORY_CHANGED");
  EXPECT_TRUE(Migrate(*options, "other", {{1, "x", "CREATE TABLE x (n int)"}}).ok()) << "histories are apart";
  EXPECT_EQ(ErrorReason(Migrate(*options, "svc", {{2, "gap", ""}})), "MIGRATION_NUMBERS");
}

TEST_F(PostgresTest, MigrationsFromAFolder) {
  const std::string folder = testing::NewTempFolder("sluice-migrations");
  std::ofstream(folder + "/0002_second.sql") << "SELECT 2";
  std::ofstream(folder + "/0001_first.sql") << "SELECT 1";
  auto loaded = LoadMigrations(folder);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)[0].name, "first");
  EXPECT_EQ((*loaded)[1].sql, "SELECT 2");
  std::ofstream(folder + "/notes.txt") << "x";
  EXPECT_EQ(ErrorReason(LoadMigrations(folder).status()), "MIGRATION_NUMBERS");
}

TEST_F(PostgresTest, ListenerHearsWakesAndComesBack) {
  using Heard = Listener::Heard;
  auto pool = NewPool();
  Listener listener(*options_, "test_channel", clock::CryptoRandom());
  EXPECT_EQ(listener.WaitFor(absl::Seconds(10)), Heard::kReconnected);
  EXPECT_EQ(listener.WaitFor(absl::Milliseconds(1)), Heard::kNothing);
  ASSERT_TRUE(Exec(*pool, "NOTIFY test_channel").ok());
  EXPECT_EQ(listener.WaitFor(absl::Seconds(30)), Heard::kNotification);
  listener.Wake();
  EXPECT_EQ(listener.WaitFor(absl::Seconds(30)), Heard::kWoken);
  ASSERT_TRUE(
      Exec(*pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice-listen'")
          .ok());
  const absl::Duration deadline = clock::RealClock().MonotonicNow() + absl::Seconds(60);
  // The server's last words come before the end of the connection.
  Heard heard = Heard::kNothing;
  while (heard == Heard::kNothing && clock::RealClock().MonotonicNow() < deadline) {
    heard = listener.WaitFor(absl::Seconds(1));
  }
  EXPECT_EQ(heard, Heard::kDisconnected);
  while (heard == Heard::kDisconnected && clock::RealClock().MonotonicNow() < deadline) {
    heard = listener.WaitFor(absl::Milliseconds(100));
  }
  EXPECT_EQ(heard, Heard::kReconnected);
  ASSERT_TRUE(Exec(*pool, "NOTIFY test_channel").ok());
  EXPECT_EQ(listener.WaitFor(absl::Seconds(30)), Heard::kNotification);
}

TEST_F(PostgresTest, APasswordFileThatIsMissingIsNamed) {
  ConnectOptions options = *options_;
  options.password_file = "/nowhere/password";
  EXPECT_EQ(ErrorReason(ConnectionString(options).status()), "PASSWORD_FILE_UNREADABLE");
  Pool pool({.connect = options}, clock::RealClock(), clock::CryptoRandom(), nullptr);
  EXPECT_EQ(ErrorReason(pool.Ping(absl::Seconds(1))), "PASSWORD_FILE_UNREADABLE");
}

}  // namespace
}  // namespace sluice::postgres
