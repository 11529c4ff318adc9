#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/event.h"
#include "libs/bus/topics.h"
#include "libs/kafka_client/producer.h"
#include "services/provisioner/adapters/records/topic_records.h"

namespace sluice::provisioner::testing {

// Says events on event topics as the relay does, and waits until Kafka has them.
class EventSpeaker {
 public:
  struct Event {
    std::string aggregate;  // "environment", "topic"
    std::string key;
    records::EncodedEvent event;
    int64_t generation = 1;
  };

  explicit EventSpeaker(kafka_client::ConnectionOptions kafka) : kafka_(std::move(kafka)) {}

  absl::Status Say(const std::vector<Event>& events) {
    absl::Status delivered;
    ASSIGN_OR_RETURN(auto producer, kafka_client::Producer::Create({.connection = kafka_},
                                                                   [&](const kafka_client::DeliveryReport& report) {
                                                                     if (!report.status.ok()) delivered = report.status;
                                                                   }));
    for (const Event& event : events) {
      const bus::OutboxMessage message{.topic = bus::EventsTopic(event.aggregate),
                                       .key = event.key,
                                       .type = event.event.type,
                                       .source = bus::ServiceSource("provisioner"),
                                       .payload = event.event.payload,
                                       .generation = event.generation};
      const auto headers = bus::EncodeHeaders(message, "id-" + std::to_string(next_id_++), absl::Now());
      RETURN_IF_ERROR(producer->Send(
          {.topic = message.topic, .key = message.key, .value = *message.payload, .headers = headers}, next_id_));
    }
    RETURN_IF_ERROR(producer->Flush(absl::Seconds(60)));
    return delivered;
  }

 private:
  const kafka_client::ConnectionOptions kafka_;
  int64_t next_id_ = 1;
};

}  // namespace sluice::provisioner::testing
