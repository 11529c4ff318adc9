#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/kafka_probe/call_budget.h"
#include "services/satellite/adapters/kafka_probe/health_sample.h"
#include "services/satellite/adapters/kafka_probe/tcp_probe.h"

namespace sluice::satellite {
namespace {

using kafka_admin::AdminClient;
using kafka_admin::BrokerAddress;
using kafka_admin::ConfigEntry;

kafka_admin::ConfigResource AllBrokers() { return {kafka_admin::ConfigResourceType::kBroker, ""}; }

class RealKafkaProbe final : public KafkaProbe {
 public:
  RealKafkaProbe(const clock::Clock& clock, const AdminClientMaker& make_client, ProbeTarget target,
                 std::unique_ptr<AdminClient> client)
      : clock_(clock), make_client_(make_client), target_(std::move(target)), client_(std::move(client)) {}

  absl::Status BrokerReady(int32_t node_id, const BrokerAddress& internal, const BrokerAddress& client,
                           absl::Duration timeout) override;
  absl::Status ControllerReady(const BrokerAddress& controller, absl::Duration timeout) override {
    return Connects(controller, timeout);
  }
  absl::StatusOr<op::KafkaHealth> Health(absl::Duration timeout) override {
    return SampleHealth(*client_, clock_, timeout);
  }
  absl::StatusOr<op::DynamicConfigs> ClusterConfigs(absl::Duration timeout) override;
  absl::Status ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration timeout) override;
  absl::Status ReloadCertificates(int32_t node_id, const std::string& keystore_file, absl::Duration timeout) override;
  AdminClient& Admin() override { return *client_; }

 private:
  absl::StatusOr<AdminClient*> ClientOf(int32_t node_id, const BrokerAddress& internal);

  const clock::Clock& clock_;
  const AdminClientMaker& make_client_;
  const ProbeTarget target_;
  // To any broker.
  const std::unique_ptr<AdminClient> client_;
  struct BrokerClient {
    BrokerAddress address;
    std::unique_ptr<AdminClient> client;
  };
  // To exactly that broker: another one's word that it is well is not its own.
  std::map<int32_t, BrokerClient> broker_clients_;
};

absl::StatusOr<AdminClient*> RealKafkaProbe::ClientOf(int32_t node_id, const BrokerAddress& internal) {
  BrokerClient& entry = broker_clients_[node_id];
  if (entry.client && entry.address == internal) return entry.client.get();
  kafka_admin::AdminClientOptions options;
  options.bootstrap = {internal};
  options.client_id = "sluice-satellite-probe";
  options.tls = target_.tls;
  ASSIGN_OR_RETURN(entry.client, make_client_(options));
  entry.address = internal;
  return entry.client.get();
}

absl::Status RealKafkaProbe::BrokerReady(int32_t node_id, const BrokerAddress& internal, const BrokerAddress& client,
                                         absl::Duration timeout) {
  const CallBudget budget(clock_, timeout);
  // A refused connection costs nothing, a TLS client that retries does.
  RETURN_IF_ERROR(Connects(internal, budget.Left()));
  RETURN_IF_ERROR(Connects(client, budget.Left()));
  ASSIGN_OR_RETURN(AdminClient * own, ClientOf(node_id, internal));
  ASSIGN_OR_RETURN(const kafka_admin::ClusterDescription cluster, own->DescribeCluster(true, budget.Left()));
  for (const kafka_admin::Broker& broker : cluster.brokers) {
    if (broker.id != node_id) continue;
    return broker.fenced ? absl::UnavailableError(absl::StrCat("broker ", node_id, " is fenced")) : absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("broker ", node_id, " is not registered yet"));
}

absl::StatusOr<op::DynamicConfigs> RealKafkaProbe::ClusterConfigs(absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto described, client_->DescribeConfigs({AllBrokers()}, {}, timeout));
  op::DynamicConfigs configs;
  for (const kafka_admin::ConfigDescription& brokers : described) {
    RETURN_IF_ERROR(brokers.status);
    for (const ConfigEntry& entry : brokers.entries) {
      if (entry.source == ConfigEntry::Source::kDynamicDefaultBroker && entry.value) configs[entry.name] = *entry.value;
    }
  }
  return configs;
}

absl::Status RealKafkaProbe::ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration timeout) {
  const CallBudget budget(clock_, timeout);
  ASSIGN_OR_RETURN(const op::DynamicConfigs present, ClusterConfigs(budget.Left()));
  std::vector<kafka_admin::ConfigChange> changes;
  for (const auto& [name, value] : wanted) {
    const auto found = present.find(name);
    if (found == present.end() || found->second != value) {
      changes.push_back({name, kafka_admin::ConfigChange::Op::kSet, value});
    }
  }
  for (const auto& [name, value] : present) {
    if (!wanted.contains(name)) changes.push_back({name, kafka_admin::ConfigChange::Op::kDelete, ""});
  }
  if (changes.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto results, client_->AlterConfigs({{AllBrokers(), changes}}, false, budget.Left()));
  for (const kafka_admin::ConfigResult& result : results) RETURN_IF_ERROR(result.status);
  return absl::OkStatus();
}

absl::Status RealKafkaProbe::ReloadCertificates(int32_t node_id, const std::string& keystore_file,
                                                absl::Duration timeout) {
  // The same name as before: Kafka looks at the file's time when it is set again (it keeps the old one when the new
  // does not fit, and says so).
  std::vector<kafka_admin::ConfigChange> changes;
  for (const char* listener : {"internal", "client"}) {
    changes.push_back({absl::StrCat("listener.name.", listener, ".ssl.keystore.location"),
                       kafka_admin::ConfigChange::Op::kSet, keystore_file});
  }
  ASSIGN_OR_RETURN(
      const auto results,
      client_->AlterConfigs({{{kafka_admin::ConfigResourceType::kBroker, std::to_string(node_id)}, changes}}, false,
                            timeout));
  for (const kafka_admin::ConfigResult& result : results) RETURN_IF_ERROR(result.status);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaProbe>> RealKafkaProbeFactory::Open(ProbeTarget target) {
  kafka_admin::AdminClientOptions options;
  options.bootstrap = target.bootstrap;
  options.client_id = "sluice-satellite-probe";
  options.tls = target.tls;
  ASSIGN_OR_RETURN(std::unique_ptr<AdminClient> client, make_client_(options));
  return std::make_unique<RealKafkaProbe>(clock_, make_client_, std::move(target), std::move(client));
}

}  // namespace sluice::satellite
