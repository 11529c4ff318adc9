#include "services/satellite/ports/testing/fake_kafka_probe.h"

namespace sluice::satellite::testing {

class FakeKafkaProbe final : public KafkaProbe {
 public:
  explicit FakeKafkaProbe(FakeKafka& kafka) : kafka_(kafka) {}

  absl::Status BrokerReady(int32_t node_id, const kafka_admin::BrokerAddress&, const kafka_admin::BrokerAddress&,
                           absl::Duration) override {
    std::lock_guard lock(kafka_.mutex_);
    return kafka_.silent_.contains(node_id) ? absl::UnavailableError("does not answer") : absl::OkStatus();
  }
  absl::Status ControllerReady(const kafka_admin::BrokerAddress&, absl::Duration) override { return absl::OkStatus(); }
  absl::StatusOr<op::KafkaHealth> Health(absl::Duration) override {
    std::lock_guard lock(kafka_.mutex_);
    ++kafka_.health_asked_;
    if (!kafka_.health_) return absl::UnavailableError("nobody answers");
    return *kafka_.health_;
  }
  absl::StatusOr<op::DynamicConfigs> ClusterConfigs(absl::Duration) override {
    std::lock_guard lock(kafka_.mutex_);
    return kafka_.configs_;
  }
  absl::Status ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration) override {
    std::lock_guard lock(kafka_.mutex_);
    kafka_.configs_ = wanted;
    return absl::OkStatus();
  }
  absl::Status ReloadCertificates(int32_t, const std::string&, absl::Duration) override { return absl::OkStatus(); }
  kafka_admin::AdminClient& Admin() override { return kafka_.admin_; }

 private:
  FakeKafka& kafka_;
};

void FakeKafka::SetAnswers(int32_t node_id, bool answers) {
  std::lock_guard lock(mutex_);
  if (answers) {
    silent_.erase(node_id);
  } else {
    silent_.insert(node_id);
  }
}

void FakeKafka::SetHealth(std::optional<op::KafkaHealth> health) {
  std::lock_guard lock(mutex_);
  health_ = std::move(health);
}

op::DynamicConfigs FakeKafka::configs() const {
  std::lock_guard lock(mutex_);
  return configs_;
}

int FakeKafka::health_asked() const {
  std::lock_guard lock(mutex_);
  return health_asked_;
}

absl::StatusOr<std::unique_ptr<KafkaProbe>> FakeKafka::Open(ProbeTarget) {
  return std::make_unique<FakeKafkaProbe>(*this);
}

}  // namespace sluice::satellite::testing
