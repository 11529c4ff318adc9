#pragma once

#include <span>
#include <string>

#include "libs/bus/inbox/event_handler.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "services/provisioner/app/status_handler.h"

namespace sluice::provisioner {

// One data plane's status topic, from records to StatusHandler. A status that names another data plane than its
// topic's, or another key than its record's, is dropped and audited. Called from one thread.
class StatusEvents final : public bus::EventHandler {
 public:
  // All outlive it.
  StatusEvents(std::string data_plane, StatusHandler& handler, clock::IdSource& ids, const clock::Clock& clock)
      : data_plane_(std::move(data_plane)), handler_(handler), ids_(ids), clock_(clock) {}

  absl::Status Handle(pqxx::transaction_base& transaction, const bus::ReceivedEvent& event) override {
    return HandleBatch(transaction, {&event, 1});
  }
  absl::Status HandleBatch(pqxx::transaction_base& transaction, std::span<const bus::ReceivedEvent> events) override;
  void Committed() override { handler_.Committed(); }

 private:
  const std::string data_plane_;
  StatusHandler& handler_;
  clock::IdSource& ids_;
  const clock::Clock& clock_;
};

}  // namespace sluice::provisioner
