#pragma once

#include <pqxx/pqxx>
#include <span>

#include "absl/status/status.h"
#include "libs/bus/event.h"
#include "libs/log/log.h"

namespace sluice::bus {

// What a service does with what it hears. Runs inside the transaction that also records the event in the inbox, so its
// changes and the fact that it ran are saved together: effect once. It may run again after a failure, late, or twice
// with the first run rolled back; it touches nothing outside the transaction. Called from one thread.
class EventHandler {
 public:
  virtual ~EventHandler() = default;

  // An error (or a pqxx exception let through) rolls this event back and has it tried again later, its key's later
  // events behind it; see InboxConsumer. An event that no longer matters (an old generation) is OK.
  virtual absl::Status Handle(pqxx::transaction_base& transaction, const ReceivedEvent& event) = 0;

  // Override to save many events by one statement. An error means: one by one.
  virtual absl::Status HandleBatch(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events) {
    for (const ReceivedEvent& event : events) {
      const log::TraceScope trace(event.traceparent);
      if (absl::Status status = Handle(transaction, event); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // After the commit of events that it handled: wake loops here. Never blocks.
  virtual void Committed() {}
};

}  // namespace sluice::bus
