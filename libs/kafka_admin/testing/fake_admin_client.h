#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/kafka_admin/admin_client.h"

namespace sluice::kafka_admin::testing {

// A Kafka cluster in memory, as strict as the real one in what admin_client_contract.h tests. Test-only.
//
//   FakeAdminClient kafka({{.id = 1}, {.id = 2}, {.id = 3}});
//   kafka.FailNext("CreateTopics", ConnectionError("gone"));
//
// A reassignment stays in progress until FinishReassignments. ACLs are kept, not enforced. All methods may be called
// from any thread.
class FakeAdminClient : public AdminClient {
 public:
  explicit FakeAdminClient(std::vector<Broker> brokers);

  // --- what a test does to the cluster ---
  // The next call of that method returns `status` and does nothing; repeated, one call each.
  void FailNext(std::string_view method, absl::Status status);
  // As FailNext, but the call does its work first: the answer is lost, not the request.
  void LoseNextAnswer(std::string_view method, absl::Status status);
  // Every call returns KAFKA_CONNECTION_FAILED.
  void SetReachable(bool reachable);
  // Adds a broker or replaces the one of its id.
  void SetBroker(Broker broker);
  // Leads nothing, is in no ISR, answers no DescribeLogDirs, and is reported as fenced.
  void SetBrokerAlive(int32_t broker_id, bool alive);
  // ProbeScramLogin there returns KAFKA_CONNECTION_FAILED; by default every address answers.
  void SetAddressAlive(const BrokerAddress& address, bool alive);
  void SetReplicaSize(const TopicPartition& partition, int32_t broker_id, int64_t bytes);
  void SetEndOffset(const TopicPartition& partition, int64_t offset);
  void SetGroup(GroupDescription group);
  void SetTransaction(TransactionListing transaction);
  // Every reassignment reaches its end.
  void FinishReassignments();
  // Names of the methods called, in order, since the last time it was asked.
  std::vector<std::string> TakeCalls();

  // --- AdminClient ---
  absl::StatusOr<ClusterDescription> DescribeCluster(bool include_fenced, absl::Duration timeout) override;
  absl::StatusOr<QuorumDescription> DescribeQuorum(absl::Duration timeout) override;
  absl::StatusOr<FeatureDescription> DescribeFeatures(absl::Duration timeout) override;
  absl::StatusOr<std::vector<NamedResult>> UpdateFeatures(const std::vector<FeatureUpdate>& updates, bool validate_only,
                                                          absl::Duration timeout) override;
  absl::Status UnregisterBroker(int32_t broker_id, absl::Duration timeout) override;
  absl::StatusOr<std::vector<LogDir>> DescribeLogDirs(int32_t broker_id,
                                                      const std::optional<std::vector<TopicPartition>>& topics,
                                                      absl::Duration timeout) override;
  absl::StatusOr<std::vector<CreatedTopic>> CreateTopics(const std::vector<NewTopic>& topics, bool validate_only,
                                                         absl::Duration timeout) override;
  absl::StatusOr<std::vector<NamedResult>> DeleteTopics(const std::vector<std::string>& names,
                                                        absl::Duration timeout) override;
  absl::StatusOr<std::vector<NamedResult>> CreatePartitions(const std::vector<NewPartitions>& topics,
                                                            bool validate_only, absl::Duration timeout) override;
  absl::StatusOr<std::vector<TopicDescription>> DescribeTopics(const std::optional<std::vector<std::string>>& names,
                                                               absl::Duration timeout) override;
  absl::StatusOr<std::vector<ConfigDescription>> DescribeConfigs(const std::vector<ConfigResource>& resources,
                                                                 const std::vector<std::string>& keys,
                                                                 absl::Duration timeout) override;
  absl::StatusOr<std::vector<ConfigResult>> AlterConfigs(const std::vector<ConfigAlteration>& alterations,
                                                         bool validate_only, absl::Duration timeout) override;
  absl::StatusOr<std::vector<OffsetResult>> ListOffsets(const std::vector<OffsetQuery>& queries,
                                                        absl::Duration timeout) override;
  absl::StatusOr<std::vector<PartitionResult>> ElectLeaders(
      ElectionKind kind, const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) override;
  absl::StatusOr<std::vector<PartitionResult>> AlterReassignments(const std::vector<Reassignment>& reassignments,
                                                                  absl::Duration timeout) override;
  absl::StatusOr<std::vector<OngoingReassignment>> ListReassignments(
      const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) override;
  absl::StatusOr<std::vector<AclBinding>> DescribeAcls(const AclFilter& filter, absl::Duration timeout) override;
  absl::StatusOr<std::vector<AclCreateResult>> CreateAcls(const std::vector<AclBinding>& bindings,
                                                          absl::Duration timeout) override;
  absl::StatusOr<std::vector<AclDeleteResult>> DeleteAcls(const std::vector<AclFilter>& filters,
                                                          absl::Duration timeout) override;
  absl::StatusOr<std::vector<ScramUserDescription>> DescribeScramUsers(
      const std::optional<std::vector<std::string>>& users, absl::Duration timeout) override;
  absl::StatusOr<std::vector<NamedResult>> AlterScramUsers(const std::vector<ScramDeletion>& deletions,
                                                           const std::vector<ScramUpsert>& upserts,
                                                           absl::Duration timeout) override;
  absl::StatusOr<std::vector<ClientQuota>> DescribeClientQuotas(const ClientQuotaFilter& filter,
                                                                absl::Duration timeout) override;
  absl::StatusOr<std::vector<ClientQuotaResult>> AlterClientQuotas(
      const std::vector<ClientQuotaAlteration>& alterations, bool validate_only, absl::Duration timeout) override;
  absl::Status ProbeScramLogin(const ScramLogin& login, absl::Duration timeout) override;
  absl::StatusOr<GroupListings> ListGroups(absl::Duration timeout) override;
  absl::StatusOr<std::vector<GroupDescription>> DescribeGroups(const std::vector<std::string>& group_ids,
                                                               absl::Duration timeout) override;
  absl::StatusOr<std::vector<NamedResult>> DeleteGroups(const std::vector<std::string>& group_ids,
                                                        absl::Duration timeout) override;
  absl::StatusOr<TransactionListings> ListTransactions(absl::Duration timeout) override;
  absl::StatusOr<std::vector<PartitionProducers>> DescribeProducers(const std::vector<TopicPartition>& partitions,
                                                                    absl::Duration timeout) override;

 private:
  struct Partition {
    std::vector<int32_t> replicas;
    int32_t leader = -1;
    int32_t leader_epoch = 0;
    int64_t end_offset = 0;
    std::map<int32_t, int64_t> size_bytes;  // by broker
    std::optional<std::vector<int32_t>> target;
  };
  struct Topic {
    Uuid id;
    std::vector<Partition> partitions;
  };

  // Counts the call, and says whether and how it fails before (`Begin`) or after (`End`) its work.
  absl::Status Begin(std::string_view method, absl::Duration timeout);
  absl::Status End(std::string_view method);
  // Ends a call that has an answer.
  template <typename T>
  absl::StatusOr<T> Answer(std::string_view method, T answer) {
    absl::Status status = End(method);
    if (!status.ok()) return status;
    return answer;
  }

  std::vector<int32_t> AliveBrokers() const;
  bool Alive(int32_t broker_id) const;
  Partition* Find(const TopicPartition& partition);
  // Moves leadership to the first replica that is alive, or to nobody.
  void Lead(Partition& partition) const;
  std::vector<int32_t> Place(int16_t replication_factor);
  absl::Status CheckAssignment(const std::vector<int32_t>& replicas) const;
  absl::Status Create(const NewTopic& wanted, bool validate_only, CreatedTopic& created);
  absl::Status Grow(const NewPartitions& wanted, bool validate_only);
  absl::Status Reassign(const Reassignment& reassignment);
  TopicDescription Describe(const std::string& name, const Topic& topic) const;
  absl::Status CheckResource(const ConfigResource& resource) const;
  absl::Status Alter(const ConfigAlteration& alteration, bool validate_only);

  std::mutex mutex_;
  bool reachable_ = true;
  std::vector<std::string> calls_;
  std::multimap<std::string, absl::Status, std::less<>> failures_;
  std::multimap<std::string, absl::Status, std::less<>> lost_answers_;

  std::map<int32_t, Broker> brokers_;
  std::set<int32_t> dead_brokers_;
  std::set<BrokerAddress> dead_addresses_;
  std::map<std::string, int16_t> features_ = {{"metadata.version", 29}};
  std::map<std::string, Topic> topics_;
  uint64_t next_topic_id_ = 1;
  size_t next_placement_ = 0;
  std::map<ConfigResource, std::map<std::string, std::string>> configs_;
  std::set<AclBinding> acls_;
  std::map<std::pair<std::string, ScramMechanism>, ScramUpsert> scram_;
  std::map<ClientQuotaEntity, std::map<std::string, double>> quotas_;
  std::map<std::string, GroupDescription> groups_;
  std::vector<TransactionListing> transactions_;
};

}  // namespace sluice::kafka_admin::testing
