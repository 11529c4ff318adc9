#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/kafka_probe/tcp_probe.h"

namespace sluice::satellite {
namespace {

using kafka_admin::AdminClient;
using kafka_admin::BrokerAddress;
using kafka_admin::ConfigEntry;

constexpr char kMinInSync[] = "min.insync.replicas";

kafka_admin::ConfigResource AllBrokers() { return {kafka_admin::ConfigResourceType::kBroker, ""}; }

// What is left of one timeout over several calls.
class Budget {
 public:
  Budget(const clock::Clock& clock, absl::Duration timeout) : clock_(clock), end_(clock.MonotonicNow() + timeout) {}
  absl::Duration Left() const { return std::max(absl::Milliseconds(1), end_ - clock_.MonotonicNow()); }

 private:
  const clock::Clock& clock_;
  const absl::Duration end_;
};

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
  absl::StatusOr<op::KafkaHealth> Health(absl::Duration timeout) override;
  absl::StatusOr<op::DynamicConfigs> ClusterConfigs(absl::Duration timeout) override;
  absl::Status ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration timeout) override;
  absl::Status ReloadCertificates(int32_t node_id, const std::string& keystore_file, absl::Duration timeout) override;

 private:
  absl::StatusOr<AdminClient*> ClientOf(int32_t node_id, const BrokerAddress& internal);
  absl::StatusOr<std::vector<op::PartitionHealth>> Partitions(const Budget& budget);
  absl::StatusOr<std::map<std::string, int32_t>> MinInSync(const std::vector<std::string>& topics,
                                                           const Budget& budget);

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
  const Budget budget(clock_, timeout);
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

absl::StatusOr<std::map<std::string, int32_t>> RealKafkaProbe::MinInSync(const std::vector<std::string>& topics,
                                                                         const Budget& budget) {
  std::vector<kafka_admin::ConfigResource> resources;
  for (const std::string& topic : topics) resources.push_back({kafka_admin::ConfigResourceType::kTopic, topic});
  std::map<std::string, int32_t> min_in_sync;
  if (resources.empty()) return min_in_sync;
  ASSIGN_OR_RETURN(const auto described, client_->DescribeConfigs(resources, {kMinInSync}, budget.Left()));
  for (const kafka_admin::ConfigDescription& topic : described) {
    RETURN_IF_ERROR(topic.status);
    for (const ConfigEntry& entry : topic.entries) {
      int32_t value = 0;
      if (entry.name == kMinInSync && entry.value && absl::SimpleAtoi(*entry.value, &value)) {
        min_in_sync[topic.resource.name] = value;
      }
    }
  }
  return min_in_sync;
}

absl::StatusOr<std::vector<op::PartitionHealth>> RealKafkaProbe::Partitions(const Budget& budget) {
  ASSIGN_OR_RETURN(const auto topics, client_->DescribeTopics(std::nullopt, budget.Left()));
  ASSIGN_OR_RETURN(const auto moving, client_->ListReassignments(std::nullopt, budget.Left()));
  std::set<kafka_admin::TopicPartition> reassigning;
  for (const kafka_admin::OngoingReassignment& one : moving) reassigning.insert(one.partition);
  std::vector<std::string> names;
  for (const kafka_admin::TopicDescription& topic : topics) {
    RETURN_IF_ERROR(topic.status);
    names.push_back(topic.name);
  }
  ASSIGN_OR_RETURN(const auto min_in_sync, MinInSync(names, budget));
  std::vector<op::PartitionHealth> partitions;
  for (const kafka_admin::TopicDescription& topic : topics) {
    const auto found = min_in_sync.find(topic.name);
    if (found == min_in_sync.end())
      return absl::UnavailableError(absl::StrCat("min ISR of ", topic.name, " is unknown"));
    for (const kafka_admin::PartitionDescription& p : topic.partitions) {
      partitions.push_back({.topic = topic.name,
                            .partition = p.id,
                            .leader = p.leader,
                            .replicas = p.replicas,
                            .in_sync = p.isr,
                            .min_in_sync = found->second,
                            .reassigning = reassigning.contains({topic.name, p.id})});
    }
  }
  return partitions;
}

absl::StatusOr<op::KafkaHealth> RealKafkaProbe::Health(absl::Duration timeout) {
  const Budget budget(clock_, timeout);
  op::KafkaHealth health;
  health.sampled_at = clock_.MonotonicNow();
  ASSIGN_OR_RETURN(const kafka_admin::ClusterDescription cluster, client_->DescribeCluster(true, budget.Left()));
  for (const kafka_admin::Broker& broker : cluster.brokers) {
    health.registered_brokers.insert(broker.id);
    if (broker.fenced) health.fenced_brokers.insert(broker.id);
  }
  if (auto partitions = Partitions(budget); partitions.ok()) health.partitions = *std::move(partitions);
  const auto quorum = client_->DescribeQuorum(budget.Left());
  if (!quorum.ok()) return health;
  health.active_controller = quorum->leader_id;
  std::optional<absl::Time> newest;
  for (const kafka_admin::QuorumReplica& voter : quorum->voters) {
    if (voter.last_fetch_time) newest = std::max(newest.value_or(absl::InfinitePast()), *voter.last_fetch_time);
  }
  for (const kafka_admin::QuorumReplica& voter : quorum->voters) {
    op::VoterHealth seen{voter.id, std::nullopt};
    // Against the leader's own clock, which stamps all of these.
    if (voter.last_caught_up_time && newest) {
      seen.behind = std::max(absl::ZeroDuration(), *newest - *voter.last_caught_up_time);
    }
    health.voters.push_back(seen);
  }
  return health;
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
  const Budget budget(clock_, timeout);
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
