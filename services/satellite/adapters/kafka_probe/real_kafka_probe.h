#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libs/clock/clock.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "services/satellite/ports/kafka_probe.h"

namespace sluice::satellite {

// Makes an admin client; tests put a fake in its place.
using AdminClientMaker =
    std::function<absl::StatusOr<std::unique_ptr<kafka_admin::AdminClient>>(kafka_admin::AdminClientOptions)>;

// Asks Kafka over libs/kafka_admin.
class RealKafkaProbeFactory final : public KafkaProbeFactory {
 public:
  explicit RealKafkaProbeFactory(const clock::Clock& clock,
                                 AdminClientMaker make_client = kafka_admin::NewKafkaAdminClient)
      : clock_(clock), make_client_(std::move(make_client)) {}
  absl::StatusOr<std::unique_ptr<KafkaProbe>> Open(ProbeTarget target) override;

 private:
  const clock::Clock& clock_;
  const AdminClientMaker make_client_;
};

}  // namespace sluice::satellite
