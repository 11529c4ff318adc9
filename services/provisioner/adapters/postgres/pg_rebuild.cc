#include "services/provisioner/adapters/postgres/pg_rebuild.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/adapters/postgres/row.h"

namespace sluice::provisioner {
namespace {

// NULL or the value, for exec_params.
const char* OrNull(const std::optional<std::string>& value) { return value ? value->c_str() : nullptr; }

}  // namespace

absl::Status PgRebuild::MustBeEmpty() {
  return pool_.InTransaction([](pqxx::transaction_base& transaction) {
    if (transaction.exec("SELECT 1 FROM aggregate LIMIT 1").empty()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kFailedPrecondition, "the database has rows",
                     {.reason = "DATABASE_NOT_EMPTY", .remedy = "rebuild into a new, empty database"});
  });
}

absl::Status PgRebuild::Put(const Aggregate& aggregate) {
  const Row row = RowOf(aggregate);
  const std::optional<std::string> due =
      row.due_us ? std::optional<std::string>(std::to_string(*row.due_us)) : std::nullopt;
  return pool_.InTransaction([&](pqxx::transaction_base& transaction) {
    transaction.exec_params(
        "INSERT INTO aggregate AS a (kind, uid, name, root, parent, placed_on, organization, due_us, deleted, version, "
        "generation, create_us, update_us, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bigint, $9, $10, $11, $12, "
        "$13, decode($14, 'hex')) ON CONFLICT (kind, uid) DO UPDATE SET name = excluded.name, root = excluded.root, "
        "parent = excluded.parent, placed_on = excluded.placed_on, due_us = excluded.due_us, deleted = "
        "excluded.deleted, version = excluded.version, generation = excluded.generation, update_us = "
        "excluded.update_us, state = excluded.state WHERE a.version <= excluded.version",
        static_cast<int>(row.kind), row.uid, OrNull(row.name), OrNull(row.root), OrNull(row.parent),
        OrNull(row.placed_on), OrNull(row.organization), OrNull(due), row.deleted, row.version, row.generation,
        row.create_us, row.update_us, absl::BytesToHexString(row.state));
    return absl::OkStatus();
  });
}

absl::Status PgRebuild::Erase(Kind kind, const std::string& uid) {
  return pool_.InTransaction([&](pqxx::transaction_base& transaction) {
    transaction.exec_params("DELETE FROM aggregate WHERE kind = $1 AND uid = $2", static_cast<int>(kind), uid);
    return absl::OkStatus();
  });
}

absl::Status PgRebuild::DropOrphanStatuses() {
  return pool_.InTransaction([](pqxx::transaction_base& transaction) {
    transaction.exec(
        "DELETE FROM aggregate s WHERE s.kind = 10 AND s.uid NOT LIKE '%:data-plane' AND NOT EXISTS (SELECT 1 FROM "
        "aggregate d WHERE d.kind = 9 AND substr(d.parent, 12) || ':' || d.uid = s.uid)");
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<PgRebuild::Checksum>> PgRebuild::Checksums() {
  using Checksums = std::vector<Checksum>;
  return pool_.Query<Checksums>({.timeout = absl::Minutes(1), .read_only = true},
                                [](pqxx::transaction_base& transaction) -> absl::StatusOr<Checksums> {
                                  Checksums checksums;
                                  for (int kind = 0; kind <= static_cast<int>(Kind::kSeenStatus); ++kind) {
                                    const pqxx::row row = transaction.exec_params1(
                                        "SELECT count(*), encode(sha256(coalesce(string_agg(convert_to(uid, 'UTF8') || "
                                        "sha256(state), ''::bytea ORDER BY uid), ''::bytea)), 'hex') FROM aggregate "
                                        "WHERE kind = $1 AND uid NOT LIKE '%:data-plane'",
                                        kind);
                                    checksums.push_back({std::string(KindName(static_cast<Kind>(kind))),
                                                         row[0].as<int64_t>(), row[1].as<std::string>()});
                                  }
                                  return checksums;
                                });
}

}  // namespace sluice::provisioner
