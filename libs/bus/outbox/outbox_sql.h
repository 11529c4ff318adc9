#pragma once

#include <pqxx/pqxx>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/bus/event.h"
#include "libs/clock/random.h"

// For a create as ONE statement: the outbox rows go in by a data-modifying CTE of the caller's own INSERT.
//
//   const std::string sql = "WITH saved AS (INSERT INTO cluster (…) VALUES ($1, $2) RETURNING 1), outbox AS (" +
//                           OutboxInsertSql(/*first_parameter=*/3) + ") SELECT count(*) FROM saved";
//   ASSIGN_OR_RETURN(auto rows, OutboxParameters(messages, ids));
//   tx.exec_params(sql, id, name, pqxx::prepare::make_dynamic_params(rows));    // or exec_prepared
//   … after the commit: outbox.Committed();
//
// Where the statement also changes an existing row, let the insert read from it (`condition`, e.g. "EXISTS (SELECT 1
// FROM saved)"): then it runs after the row lock was taken, and the rows keep the order of the commits, and nothing is
// said when nothing was saved.
namespace sluice::bus {

// How many parameters OutboxInsertSql takes, all text[] in PostgreSQL's array notation.
inline constexpr int kOutboxParameters = 9;

// "INSERT INTO bus_outbox (…) SELECT … FROM unnest($n::text[], …) WHERE <condition>".
std::string OutboxInsertSql(int first_parameter, std::string_view condition = "true");

// The arrays, one for each parameter. Gives each message its ce_id from `ids`. Errors as Outbox::Append.
absl::StatusOr<std::vector<std::string>> OutboxParameters(std::span<const OutboxMessage> messages,
                                                          clock::IdSource& ids);

}  // namespace sluice::bus
