#include "libs/postgres/migrations.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <pqxx/pqxx>
#include <sstream>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/postgres/guarded_connection.h"
#include "libs/postgres/pool.h"

namespace sluice::postgres {
namespace {

std::string Sha256Hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 15];
  }
  return hex;
}

absl::Status Changed(std::string_view history, int number, std::string_view what) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   "migration " + std::to_string(number) + " of " + std::string(history) + " " + std::string(what),
                   {.reason = "MIGRATION_HISTORY_CHANGED",
                    .remedy = "released migrations never change: put the file back and add a new one"});
}

absl::Status CheckNumbers(const std::vector<Migration>& migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].number != static_cast<int>(i) + 1) {
      return MakeError(absl::StatusCode::kInvalidArgument,
                       "migrations must be numbered 1, 2, 3: found " + std::to_string(migrations[i].number) +
                           " at place " + std::to_string(i + 1),
                       {.reason = "MIGRATION_NUMBERS"});
    }
  }
  return absl::OkStatus();
}

// number → SHA-256 of what has run.
using Recorded = std::map<int, std::string>;

Recorded ReadRecorded(pqxx::connection& connection, std::string_view history) {
  pqxx::work transaction(connection);
  transaction.exec(
      "CREATE TABLE IF NOT EXISTS schema_migration (history text NOT NULL, number int NOT NULL, name text NOT NULL, "
      "sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (history, number))");
  Recorded recorded;
  for (const auto& row : transaction.exec_params("SELECT number, sha256 FROM schema_migration WHERE history = $1",
                                                 std::string(history))) {
    recorded[row[0].as<int>()] = row[1].as<std::string>();
  }
  transaction.commit();
  return recorded;
}

absl::Status CheckHistory(std::string_view history, const std::vector<Migration>& migrations, const Recorded& recorded,
                          MigrationMode mode) {
  for (const auto& [number, sha256] : recorded) {
    if (number > static_cast<int>(migrations.size())) {
      if (mode == MigrationMode::kExact) return Changed(history, number, "has run but is not known here");
      continue;
    }
    if (Sha256Hex(migrations[number - 1].sql) != sha256) return Changed(history, number, "has changed since it ran");
  }
  return absl::OkStatus();
}

absl::Status MigrateOn(pqxx::connection& connection, std::string_view history, const std::vector<Migration>& migrations,
                       MigrationMode mode, absl::Duration lock_timeout) {
  {
    pqxx::nontransaction session(connection);
    session.exec("SET statement_timeout = 0");
    session.exec("SET lock_timeout = " + std::to_string(absl::ToInt64Milliseconds(lock_timeout)));
    // Held until the connection ends.
    session.exec("SELECT pg_advisory_lock(hashtextextended('sluice.schema_migration', 0))");
  }
  const Recorded recorded = ReadRecorded(connection, history);
  RETURN_IF_ERROR(CheckHistory(history, migrations, recorded, mode));
  for (const Migration& migration : migrations) {
    if (recorded.contains(migration.number)) continue;
    pqxx::work transaction(connection);
    transaction.exec(migration.sql);
    transaction.exec_params("INSERT INTO schema_migration (history, number, name, sha256) VALUES ($1, $2, $3, $4)",
                            std::string(history), migration.number, migration.name, Sha256Hex(migration.sql));
    transaction.commit();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Migration>> LoadMigrations(const std::string& folder) {
  std::vector<Migration> migrations;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    const bool named = file.size() > 9 && file[4] == '_' && entry.path().extension() == ".sql" &&
                       std::all_of(file.begin(), file.begin() + 4, [](unsigned char c) { return std::isdigit(c); });
    if (!named) {
      return MakeError(absl::StatusCode::kInvalidArgument, file + " is not named NNNN_name.sql",
                       {.reason = "MIGRATION_NUMBERS"});
    }
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    migrations.push_back({std::stoi(file.substr(0, 4)), file.substr(5, file.size() - 9), text.str()});
  }
  if (error) {
    return MakeError(absl::StatusCode::kNotFound, "cannot read the migrations in " + folder,
                     {.reason = "MIGRATION_FOLDER"});
  }
  std::sort(migrations.begin(), migrations.end(),
            [](const Migration& a, const Migration& b) { return a.number < b.number; });
  RETURN_IF_ERROR(CheckNumbers(migrations));
  return migrations;
}

absl::Status Migrate(const ConnectOptions& options, std::string_view history, const std::vector<Migration>& migrations,
                     MigrationMode mode, absl::Duration lock_timeout) {
  RETURN_IF_ERROR(CheckNumbers(migrations));
  ASSIGN_OR_RETURN(const std::string text, ConnectionString(options));
  try {
    GuardedConnection connection(text);
    return MigrateOn(connection.get(), history, migrations, mode, lock_timeout);
  } catch (const std::exception& error) {
    return StatusOfException(error);
  }
}

}  // namespace sluice::postgres
