#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "libs/kafka_admin/testing/fake_admin_client.h"
#include "services/satellite/ports/kafka_probe.h"

namespace sluice::satellite::testing {

// A cluster's Kafka as a test wants it to be seen. Everything answers and is well at first. Thread-safe. Test-only.
class FakeKafka final : public KafkaProbeFactory {
 public:
  // The node answers, or does not.
  void SetAnswers(int32_t node_id, bool answers);
  // What Health gives; unset: nobody answers.
  void SetHealth(std::optional<op::KafkaHealth> health);
  op::DynamicConfigs configs() const;
  // How often Health was asked.
  int health_asked() const;
  // Brokers 1 to 6 and no topics at first.
  kafka_admin::testing::FakeAdminClient& admin() { return admin_; }

  absl::StatusOr<std::unique_ptr<KafkaProbe>> Open(ProbeTarget target) override;

 private:
  friend class FakeKafkaProbe;
  mutable std::mutex mutex_;
  std::set<int32_t> silent_;
  std::optional<op::KafkaHealth> health_;
  op::DynamicConfigs configs_;
  int health_asked_ = 0;
  kafka_admin::testing::FakeAdminClient admin_{{{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}, {.id = 6}}};
};

}  // namespace sluice::satellite::testing
