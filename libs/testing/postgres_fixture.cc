#include "libs/testing/postgres_fixture.h"

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>

#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::testing {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";
constexpr char kUser[] = "postgres";

void GiveToPostgres(const std::string& path) {
  if (geteuid() != 0) return;
  if (const passwd* user = getpwnam(kUser)) {
    if (chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) std::abort();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresFixture>> PostgresFixture::Start(PostgresFixtureOptions options) {
  std::unique_ptr<PostgresFixture> fixture(new PostgresFixture(NewTempFolder("sluice-pg"), options));
  RETURN_IF_ERROR(fixture->InitDb());
  for (int attempt = 0; attempt < 3; ++attempt) {
    fixture->port_ = FreePort();
    if (fixture->Launch().ok()) return fixture;
  }
  return absl::UnavailableError("PostgreSQL does not start: " + TailOf(fixture->folder_ + "/log"));
}

PostgresFixture::~PostgresFixture() {
  if (server_ != nullptr) Crash();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status PostgresFixture::InitDb() {
  chmod(folder_.c_str(), 0755);
  const std::string password_file = folder_ + "/password";
  std::ofstream(password_file) << "test-only-password\n";
  std::filesystem::create_directory(folder_ + "/data");
  for (const char* path : {"", "/data", "/password"}) GiveToPostgres(folder_ + path);
  chmod(password_file.c_str(), 0600);
  return RunToEnd({.argv = {std::string(kBin) + "initdb", "-D", folder_ + "/data", "-U", kUser, "--no-sync", "-E",
                            "UTF8", "--locale=C", "--auth=scram-sha-256", "--pwfile=" + password_file},
                   .log_file = folder_ + "/log",
                   .user = kUser},
                  absl::Seconds(60));
}

absl::Status PostgresFixture::Launch() {
  ASSIGN_OR_RETURN(
      server_, ChildProcess::Start(
                   {.argv = {std::string(kBin) + "postgres", "-D", folder_ + "/data", "-p", std::to_string(port_), "-k",
                             folder_, "-h", "127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
                             "-c", "max_wal_size=1GB", "-c", options_.fsync ? "fsync=on" : "fsync=off"},
                    .log_file = folder_ + "/log",
                    .user = kUser,
                    // Immediate shutdown: takes its own children along.
                    .parent_death_signal = SIGQUIT}));
  const absl::Time deadline = absl::Now() + absl::Seconds(120);
  ASSIGN_OR_RETURN(const std::string text, postgres::ConnectionString(OptionsFor(kUser)));
  while (absl::Now() < deadline && server_->Running()) {
    try {
      pqxx::connection connection(text);
      return absl::OkStatus();
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return absl::UnavailableError("PostgreSQL is not ready: " + TailOf(folder_ + "/log"));
}

postgres::ConnectOptions PostgresFixture::OptionsFor(const std::string& dbname) const {
  postgres::ConnectOptions options;
  options.port = port_;
  options.dbname = dbname;
  options.user = kUser;
  options.password_file = folder_ + "/password";
  options.sslmode = "disable";
  return options;
}

absl::StatusOr<postgres::ConnectOptions> PostgresFixture::CreateDatabase(const std::string& name) {
  ASSIGN_OR_RETURN(const std::string text, postgres::ConnectionString(OptionsFor(kUser)));
  try {
    pqxx::connection connection(text);
    pqxx::nontransaction session(connection);
    session.exec("CREATE DATABASE " + session.quote_name(name));
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
  return OptionsFor(name);
}

void PostgresFixture::Stop() {
  server_->Signal(SIGINT);
  if (!server_->WaitForExit(absl::Seconds(30))) Crash();
  server_.reset();
}

void PostgresFixture::Crash() {
  server_->Signal(SIGQUIT);
  if (!server_->WaitForExit(absl::Seconds(10))) server_->Kill();
  server_.reset();
}

absl::Status PostgresFixture::StartAgain() { return Launch(); }

}  // namespace sluice::testing
