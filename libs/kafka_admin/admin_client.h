#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/access.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/group.h"
#include "libs/kafka_admin/topic.h"

namespace sluice::kafka_admin {

// A port to one Kafka cluster's administration: KafkaAdminClient (kafka_admin_client.h) speaks to brokers,
// FakeAdminClient (testing/fake_admin_client.h) is an in-memory cluster. Both pass testing/admin_client_contract.
//
// Time. Every call blocks until it has an answer or `timeout` has passed since it was entered, on a clock that no
// step of the wall clock disturbs. `timeout` also bounds the retries inside: what Kafka calls retriable (a moved
// controller, a broken connection, a controller-mutation quota) is tried again with jitter, item by item.
//
// Errors. The outer status is for what concerns the whole call: nobody reached, login refused, the deadline. What
// concerns one item is in that item's own status, and the results are in the order of the request, one for each
// item. An error of Kafka's carries the reason "KAFKA_" + Kafka's name of it ("KAFKA_TOPIC_ALREADY_EXISTS";
// docs/errors.md), see ErrorReason in libs/base/error.h; besides those:
//   KAFKA_CONNECTION_FAILED     Unavailable         no broker could be dialled, or the connection broke
//   KAFKA_BROKER_NOT_AVAILABLE  Unavailable         a call for one broker, which is not alive (not retried)
//   KAFKA_TLS_FAILED            FailedPrecondition  handshake refused: chain, host name, client certificate
//   KAFKA_TIMEOUT               DeadlineExceeded    `timeout` has passed; a mutation may or may not have happened
//   KAFKA_MALFORMED_RESPONSE    Internal            bytes that do not decode, or a response over the size limit
// Since a mutation is retried when its connection breaks, a create may report KAFKA_TOPIC_ALREADY_EXISTS for the
// topic it made itself: treat "exists" and "not found" as reached goals, as level-triggered callers do.
//
// Threads: all methods may be called from any thread at the same time; calls to one broker share its connection
// and are pipelined.
class AdminClient {
 public:
  virtual ~AdminClient() = default;

  // --- cluster ---
  // `include_fenced` needs a broker of 4.0 or later; otherwise fenced brokers are left out.
  virtual absl::StatusOr<ClusterDescription> DescribeCluster(bool include_fenced, absl::Duration timeout) = 0;
  virtual absl::StatusOr<QuorumDescription> DescribeQuorum(absl::Duration timeout) = 0;
  virtual absl::StatusOr<FeatureDescription> DescribeFeatures(absl::Duration timeout) = 0;
  // All or none under KRaft; the results tell each feature's own fault where the controller names it.
  virtual absl::StatusOr<std::vector<NamedResult>> UpdateFeatures(const std::vector<FeatureUpdate>& updates,
                                                                  bool validate_only, absl::Duration timeout) = 0;
  // Forgets a broker that will not come back. NotFound (KAFKA_BROKER_ID_NOT_REGISTERED) when there is none.
  virtual absl::Status UnregisterBroker(int32_t broker_id, absl::Duration timeout) = 0;
  // `topics` unset: all. Asks that broker itself.
  virtual absl::StatusOr<std::vector<LogDir>> DescribeLogDirs(int32_t broker_id,
                                                              const std::optional<std::vector<TopicPartition>>& topics,
                                                              absl::Duration timeout) = 0;

  // --- topics ---
  // Returns once the controller has committed them; brokers learn of them some milliseconds later.
  virtual absl::StatusOr<std::vector<CreatedTopic>> CreateTopics(const std::vector<NewTopic>& topics,
                                                                 bool validate_only, absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<NamedResult>> DeleteTopics(const std::vector<std::string>& names,
                                                                absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<NamedResult>> CreatePartitions(const std::vector<NewPartitions>& topics,
                                                                    bool validate_only, absl::Duration timeout) = 0;
  // As one broker sees them, by pages inside. `names` unset: all topics that this client may describe, by name.
  virtual absl::StatusOr<std::vector<TopicDescription>> DescribeTopics(
      const std::optional<std::vector<std::string>>& names, absl::Duration timeout) = 0;
  // A broker's own config is asked of that broker. `keys` empty: all entries.
  virtual absl::StatusOr<std::vector<ConfigDescription>> DescribeConfigs(const std::vector<ConfigResource>& resources,
                                                                         const std::vector<std::string>& keys,
                                                                         absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<ConfigResult>> AlterConfigs(const std::vector<ConfigAlteration>& alterations,
                                                                 bool validate_only, absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<OffsetResult>> ListOffsets(const std::vector<OffsetQuery>& queries,
                                                                absl::Duration timeout) = 0;

  // --- replicas and leaders ---
  // `partitions` unset: all. A partition whose leader is the right one already has KAFKA_ELECTION_NOT_NEEDED.
  virtual absl::StatusOr<std::vector<PartitionResult>> ElectLeaders(
      ElectionKind kind, const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) = 0;
  // Starts (or cancels) moves and returns; follow them by ListReassignments and DescribeLogDirs.
  virtual absl::StatusOr<std::vector<PartitionResult>> AlterReassignments(
      const std::vector<Reassignment>& reassignments, absl::Duration timeout) = 0;
  // `partitions` unset: all. Only those that are moving.
  virtual absl::StatusOr<std::vector<OngoingReassignment>> ListReassignments(
      const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) = 0;

  // --- who may, and how much ---
  virtual absl::StatusOr<std::vector<AclBinding>> DescribeAcls(const AclFilter& filter, absl::Duration timeout) = 0;
  // To create one that exists is no error. What CheckAclBinding refuses is not sent.
  virtual absl::StatusOr<std::vector<AclCreateResult>> CreateAcls(const std::vector<AclBinding>& bindings,
                                                                  absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<AclDeleteResult>> DeleteAcls(const std::vector<AclFilter>& filters,
                                                                  absl::Duration timeout) = 0;
  // `users` unset: all.
  virtual absl::StatusOr<std::vector<ScramUserDescription>> DescribeScramUsers(
      const std::optional<std::vector<std::string>>& users, absl::Duration timeout) = 0;
  // The results of the deletions come first. A user named twice in one call is refused
  // (KAFKA_DUPLICATE_RESOURCE). KAFKA_RESOURCE_NOT_FOUND for a deletion of what is not there.
  virtual absl::StatusOr<std::vector<NamedResult>> AlterScramUsers(const std::vector<ScramDeletion>& deletions,
                                                                   const std::vector<ScramUpsert>& upserts,
                                                                   absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<ClientQuota>> DescribeClientQuotas(const ClientQuotaFilter& filter,
                                                                        absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<ClientQuotaResult>> AlterClientQuotas(
      const std::vector<ClientQuotaAlteration>& alterations, bool validate_only, absl::Duration timeout) = 0;
  // Logs in on a connection of its own and asks for the metadata of no topic: whether the credentials work on that
  // broker now. Unauthenticated (KAFKA_SASL_AUTHENTICATION_FAILED) when they do not, or not yet. No retry inside.
  virtual absl::Status ProbeScramLogin(const ScramLogin& login, absl::Duration timeout) = 0;

  // --- groups, transactions ---
  virtual absl::StatusOr<GroupListings> ListGroups(absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<GroupDescription>> DescribeGroups(const std::vector<std::string>& group_ids,
                                                                       absl::Duration timeout) = 0;
  // KAFKA_NON_EMPTY_GROUP while it has members, KAFKA_GROUP_ID_NOT_FOUND when there is none.
  virtual absl::StatusOr<std::vector<NamedResult>> DeleteGroups(const std::vector<std::string>& group_ids,
                                                                absl::Duration timeout) = 0;
  virtual absl::StatusOr<TransactionListings> ListTransactions(absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::vector<PartitionProducers>> DescribeProducers(
      const std::vector<TopicPartition>& partitions, absl::Duration timeout) = 0;
};

}  // namespace sluice::kafka_admin
