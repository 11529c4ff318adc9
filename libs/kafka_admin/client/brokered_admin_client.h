#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/kafka_admin/admin_client.h"
#include "libs/kafka_admin/client/router.h"

namespace sluice::kafka_admin {

// AdminClient over Kafka's protocol: each method fills a generated message, routes it, and reads the answer back into
// the port's structs. The methods are spread over *_calls.cc by what they are about.
class BrokeredAdminClient : public AdminClient {
 public:
  explicit BrokeredAdminClient(AdminClientOptions options) : router_(std::move(options)) {}

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
  // Where each partition's leader is, by one Metadata call; a status of its own for each that has none.
  absl::StatusOr<std::map<TopicPartition, absl::StatusOr<int32_t>>> Leaders(const std::vector<TopicPartition>& wanted,
                                                                            Attempt& attempt);
  // Brokers of 3.8 and later page through topics; before that one Metadata response holds them all.
  absl::StatusOr<std::vector<TopicDescription>> DescribeByPages(const std::optional<std::vector<std::string>>& names,
                                                                BrokerConnection& connection, Deadline deadline);
  absl::StatusOr<std::vector<TopicDescription>> DescribeByMetadata(const std::optional<std::vector<std::string>>& names,
                                                                   BrokerConnection& connection, Deadline deadline);
  // Where each group's coordinator is; a status of its own for each that has none.
  absl::StatusOr<std::map<std::string, absl::StatusOr<int32_t>>> Coordinators(const std::vector<std::string>& group_ids,
                                                                              Attempt& attempt);

  Router router_;
};

}  // namespace sluice::kafka_admin
