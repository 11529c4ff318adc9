#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "libs/bus/inbox/event_handler.h"

namespace sluice::bus {

// Writes a row for each event: rows without a unique key, so that a second effect shows.
class EffectHandler final : public EventHandler {
 public:
  absl::Status Handle(pqxx::transaction_base& transaction, const ReceivedEvent& event) override {
    ++calls;
    if (fail_payload.load() && event.payload && event.payload->rfind("poison", 0) == 0) {
      return absl::InternalError("poison");
    }
    transaction.exec_params("INSERT INTO effect (topic, key, generation, ce_id) VALUES ($1, $2, $3, $4)", event.topic,
                            event.key, event.generation, event.id);
    return absl::OkStatus();
  }

  std::atomic<int> calls{0};
  // While true, events whose payload begins with "poison" fail.
  std::atomic<bool> fail_payload{true};
};

}  // namespace sluice::bus
