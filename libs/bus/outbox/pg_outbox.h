#pragma once

#include <memory>
#include <span>

#include "libs/bus/outbox/backlog.h"
#include "libs/bus/outbox/outbox.h"
#include "libs/bus/outbox/relay_wakeup.h"
#include "libs/clock/random.h"

namespace sluice::bus {

// The outbox in the service's own PostgreSQL (tables by BusMigrations, libs/bus/schema/bus_migrations.h).
class PgOutbox final : public Outbox {
 public:
  // Shares `backlog` and `wakeup` with the process's Relay. All outlive it.
  PgOutbox(Backlog& backlog, RelayWakeup& wakeup, clock::IdSource& ids)
      : backlog_(backlog), wakeup_(wakeup), ids_(ids) {}

  absl::Status Admit(std::span<const OutboxMessage> messages) override;
  absl::Status Append(pqxx::transaction_base& transaction, std::span<const OutboxMessage> messages) override;
  void Committed() override { wakeup_.Committed(); }

 private:
  Backlog& backlog_;
  RelayWakeup& wakeup_;
  clock::IdSource& ids_;
};

}  // namespace sluice::bus
