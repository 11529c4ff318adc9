#include "services/balancer-planner/adapters/postgres/pg_rebuild.h"

#include <optional>

#include "libs/base/error.h"
#include "services/balancer-planner/adapters/records/rebalance_records.h"

namespace sluice::balancer_planner {

absl::Status PgRebuild::MustBeEmpty() {
  return pool_.InTransaction([](pqxx::transaction_base& transaction) {
    if (transaction.exec("SELECT 1 FROM rebalance LIMIT 1").empty()) return absl::OkStatus();
    return MakeError(absl::StatusCode::kFailedPrecondition, "the database has rows",
                     {.reason = "DATABASE_NOT_EMPTY", .remedy = "rebuild into a new, empty database"});
  });
}

absl::Status PgRebuild::Put(const Rebalance& rebalance) {
  const std::string state = records::EncodeState(rebalance);
  const std::optional<int64_t> end_us =
      rebalance.end_time ? std::optional(absl::ToUnixMicros(*rebalance.end_time)) : std::nullopt;
  return pool_.InTransaction([&](pqxx::transaction_base& transaction) {
    transaction.exec_params(
        "INSERT INTO rebalance AS r (uid, data_plane, physical_cluster, open, version, generation, create_us, end_us, "
        "state) VALUES ($1, $2, $3, false, $4, $5, $6, $7, $8) ON CONFLICT (uid) DO UPDATE SET version = "
        "excluded.version, generation = excluded.generation, end_us = excluded.end_us, state = excluded.state WHERE "
        "r.version < excluded.version",
        rebalance.uid, rebalance.data_plane, rebalance.physical_cluster, rebalance.version, rebalance.said.generation,
        absl::ToUnixMicros(rebalance.create_time), end_us, pqxx::binarystring(state.data(), state.size()));
    return absl::OkStatus();
  });
}

absl::Status PgRebuild::OpenWhatHasNotEnded() {
  return pool_.InTransaction([](pqxx::transaction_base& transaction) {
    transaction.exec("UPDATE rebalance SET open = true WHERE end_us IS NULL");
    return absl::OkStatus();
  });
}

absl::StatusOr<PgRebuild::Checksum> PgRebuild::ChecksumOfRebalances() {
  return pool_.Query<Checksum>({.timeout = absl::Minutes(1), .read_only = true},
                               [](pqxx::transaction_base& transaction) -> absl::StatusOr<Checksum> {
                                 const pqxx::row row = transaction.exec_params1(
                                     "SELECT count(*), encode(sha256(coalesce(string_agg(convert_to(uid, 'UTF8') || "
                                     "sha256(state), ''::bytea ORDER BY uid), ''::bytea)), 'hex') FROM rebalance");
                                 return Checksum{row[0].as<int64_t>(), row[1].as<std::string>()};
                               });
}

}  // namespace sluice::balancer_planner
