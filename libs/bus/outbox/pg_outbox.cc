#include "libs/bus/outbox/pg_outbox.h"

#include "libs/base/status.h"
#include "libs/bus/outbox/outbox_sql.h"

namespace sluice::bus {

absl::Status PgOutbox::Admit(std::span<const OutboxMessage> messages) { return backlog_.Admit(messages); }

absl::Status PgOutbox::Append(pqxx::transaction_base& transaction, std::span<const OutboxMessage> messages) {
  if (messages.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(backlog_.Admit(messages));
  ASSIGN_OR_RETURN(const std::vector<std::string> parameters, OutboxParameters(messages, ids_));
  static const std::string* const sql = new std::string(OutboxInsertSql(1));
  transaction.exec_params(*sql, pqxx::prepare::make_dynamic_params(parameters));
  return absl::OkStatus();
}

}  // namespace sluice::bus
