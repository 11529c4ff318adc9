#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/postgres/connect_options.h"

namespace sluice::postgres {

// One step of a schema's history, from a file NNNN_name.sql. Never changed once released.
struct Migration {
  int number = 0;
  std::string name;
  std::string sql;
};

// All NNNN_*.sql in `folder`, sorted. INVALID_ARGUMENT on a gap, a double or a foreign file. To embed them instead:
// embedded_migrations in libs/postgres/migrations.bzl.
absl::StatusOr<std::vector<Migration>> LoadMigrations(const std::string& folder);

// Brings the schema `history` (the service's name, or "bus") up to date: each step in a transaction of its own together
// with its row in schema_migration (history, number, name, SHA-256). One process at a time, by an advisory lock, which
// it waits `lock_timeout` for. Steps must be 1, 2, 3, …. Errors: FAILED_PRECONDITION MIGRATION_HISTORY_CHANGED when a
// step that has run differs from what is recorded, or is missing here (an older program on a newer schema is fine:
// MigrationMode::kAllowNewer); otherwise as Pool.
enum class MigrationMode { kAllowNewer, kExact };
absl::Status Migrate(const ConnectOptions& options, std::string_view history, const std::vector<Migration>& migrations,
                     MigrationMode mode = MigrationMode::kAllowNewer, absl::Duration lock_timeout = absl::Seconds(30));

}  // namespace sluice::postgres
