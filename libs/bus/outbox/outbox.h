#pragma once

#include <pqxx/pqxx>
#include <span>

#include "absl/status/status.h"
#include "libs/bus/event.h"

namespace sluice::bus {

// The port through which a service speaks: rows appended in the transaction that saves what they tell, sent by a relay
// after it. Thread-safe.
//
//   RETURN_IF_ERROR(pool.InTransaction([&](auto& tx) {
//     … UPDATE the aggregate first: its row lock is what keeps a key's messages in the order of their commits …
//     return outbox.Append(tx, messages);
//   }));
//   outbox.Committed();
class Outbox {
 public:
  virtual ~Outbox() = default;

  // UNAVAILABLE with reason BUS_BACKLOG (RetryInfo set) while more waits to be sent than the limit, on any of the
  // messages' topics or on all together: one atomic load and a look-up a message. Append does it too; call it by itself
  // when rows go in by OutboxParameters.
  virtual absl::Status Admit(std::span<const OutboxMessage> messages) = 0;

  // One INSERT for all. INVALID_ARGUMENT (reason BUS_MESSAGE_INVALID, with field) for a message that no reader would
  // take.
  virtual absl::Status Append(pqxx::transaction_base& transaction, std::span<const OutboxMessage> messages) = 0;

  // Tells the relay, wherever it runs, that rows have been committed. Never blocks; calls are coalesced. A forgotten
  // call costs up to a second, by the relay's sweep.
  virtual void Committed() = 0;
};

}  // namespace sluice::bus
