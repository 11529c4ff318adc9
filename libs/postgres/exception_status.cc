#include <exception>
#include <string>

#include "libs/base/error.h"
#include "libs/postgres/pool.h"

namespace sluice::postgres {
namespace {

// The constraint's name stands in quotes in PostgreSQL's message: … constraint "cluster_name_key".
std::string ConstraintIn(std::string_view message) {
  const std::size_t word = message.find("constraint \"");
  if (word == std::string_view::npos) return "";
  const std::size_t begin = word + 12;
  return std::string(message.substr(begin, message.find('"', begin) - begin));
}

absl::Status Unavailable(std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, message,
                   {.reason = "DATABASE_UNAVAILABLE", .retry_after = absl::Seconds(1)});
}

absl::Status OfSqlError(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  const std::string message = error.what();
  const std::string kind = state.substr(0, 2);
  if (state == "40001" || state == "40P01") {
    return MakeError(absl::StatusCode::kAborted, message, {.reason = "TRANSACTION_CONFLICT"});
  }
  if (state == "57014" || state == "55P03") {
    return MakeError(absl::StatusCode::kDeadlineExceeded, message, {.reason = "DATABASE_TIMEOUT"});
  }
  // Connection, resources, shutdown, not accepting yet, read-only standby.
  if (kind == "08" || kind == "53" || state == "57P01" || state == "57P02" || state == "57P03" || state == "25006") {
    return Unavailable(message);
  }
  if (state == "23505") {
    return MakeError(absl::StatusCode::kAlreadyExists, message,
                     {.reason = "UNIQUE_VIOLATION", .metadata = {{"constraint", ConstraintIn(message)}}});
  }
  if (kind == "23") {
    return MakeError(absl::StatusCode::kFailedPrecondition, message,
                     {.reason = "CONSTRAINT_VIOLATION", .metadata = {{"constraint", ConstraintIn(message)}}});
  }
  return MakeError(absl::StatusCode::kInternal, message, {.reason = "SQL_ERROR", .metadata = {{"sqlstate", state}}});
}

}  // namespace

absl::Status StatusOfException(const std::exception& error) {
  if (dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr) return Unavailable(error.what());
  // Constraint violations have classes of their own whose sqlstate is empty in libpqxx 6.4.
  if (dynamic_cast<const pqxx::unique_violation*>(&error) != nullptr) {
    return MakeError(absl::StatusCode::kAlreadyExists, error.what(),
                     {.reason = "UNIQUE_VIOLATION", .metadata = {{"constraint", ConstraintIn(error.what())}}});
  }
  if (dynamic_cast<const pqxx::integrity_constraint_violation*>(&error) != nullptr) {
    return MakeError(absl::StatusCode::kFailedPrecondition, error.what(),
                     {.reason = "CONSTRAINT_VIOLATION", .metadata = {{"constraint", ConstraintIn(error.what())}}});
  }
  if (dynamic_cast<const pqxx::in_doubt_error*>(&error) != nullptr ||
      dynamic_cast<const pqxx::statement_completion_unknown*>(&error) != nullptr) {
    return MakeError(absl::StatusCode::kUnknown, error.what(), {.reason = "COMMIT_OUTCOME_UNKNOWN"});
  }
  if (dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr) {
    return MakeError(absl::StatusCode::kAborted, error.what(), {.reason = "TRANSACTION_CONFLICT"});
  }
  if (dynamic_cast<const pqxx::insufficient_resources*>(&error) != nullptr) return Unavailable(error.what());
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) return OfSqlError(*sql);
  return MakeError(absl::StatusCode::kInternal, error.what(), {.reason = "SQL_ERROR"});
}

bool IsDatabaseTrouble(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason == "DATABASE_UNAVAILABLE" || reason == "COMMIT_OUTCOME_UNKNOWN" || reason == "DATABASE_TIMEOUT";
}

}  // namespace sluice::postgres
