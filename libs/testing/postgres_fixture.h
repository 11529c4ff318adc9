#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/postgres/connect_options.h"
#include "libs/testing/child_process.h"

namespace sluice::testing {

struct PostgresFixtureOptions {
  // A killed process loses nothing without it, only a machine that loses power does; benchmarks want it. Without it a
  // start after a crash does not sync the whole folder, which takes a minute on a busy disk.
  bool fsync = false;
};

// A real PostgreSQL 15 of its own: temporary folder, free port, password login. Gone with the object, also when the
// test crashes. As root it runs as the user `postgres`. Takes 1–3 s.
class PostgresFixture {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresFixture>> Start(PostgresFixtureOptions options = {});
  ~PostgresFixture();

  // A new database, owned by the superuser that the options log in as.
  absl::StatusOr<postgres::ConnectOptions> CreateDatabase(const std::string& name);
  postgres::ConnectOptions OptionsFor(const std::string& dbname) const;

  // Ends it as an operator does (fast shutdown), or as a crash; the data stays.
  void Stop();
  void Crash();
  // After Stop or Crash, on the same port.
  absl::Status StartAgain();

 private:
  PostgresFixture(std::string folder, PostgresFixtureOptions options) : folder_(std::move(folder)), options_(options) {}
  absl::Status InitDb();
  absl::Status Launch();

  const std::string folder_;
  const PostgresFixtureOptions options_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace sluice::testing
