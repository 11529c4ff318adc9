#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/api_versions.h"
#include "libs/kafka_admin/message/describe_cluster.h"
#include "libs/kafka_admin/message/describe_log_dirs.h"
#include "libs/kafka_admin/message/describe_quorum.h"
#include "libs/kafka_admin/message/unregister_broker.h"
#include "libs/kafka_admin/message/update_features.h"

namespace sluice::kafka_admin {
namespace {

constexpr char kMetadataTopic[] = "__cluster_metadata";

std::optional<absl::Time> TimeOf(int64_t timestamp_ms) {
  if (timestamp_ms < 0) return std::nullopt;
  return absl::FromUnixMillis(timestamp_ms);
}

QuorumReplica FromMessage(const message::DescribeQuorumResponse::ReplicaState& replica) {
  return {.id = replica.replica_id,
          .directory_id = replica.replica_directory_id,
          .log_end_offset = replica.log_end_offset,
          .last_fetch_time = TimeOf(replica.last_fetch_timestamp),
          .last_caught_up_time = TimeOf(replica.last_caught_up_timestamp)};
}

LogDir FromMessage(message::DescribeLogDirsResponse::DescribeLogDirsResult& dir) {
  LogDir described{.status = KafkaStatus(dir.error_code), .path = std::move(dir.log_dir), .cordoned = dir.is_cordoned};
  if (dir.total_bytes >= 0) described.total_bytes = dir.total_bytes;
  if (dir.usable_bytes >= 0) described.usable_bytes = dir.usable_bytes;
  for (const auto& topic : dir.topics) {
    for (const auto& partition : topic.partitions) {
      described.replicas.push_back({.topic = topic.name,
                                    .partition = partition.partition_index,
                                    .size_bytes = partition.partition_size,
                                    .offset_lag = partition.offset_lag,
                                    .future = partition.is_future_key});
    }
  }
  return described;
}

}  // namespace

absl::StatusOr<ClusterDescription> BrokeredAdminClient::DescribeCluster(bool include_fenced, absl::Duration timeout) {
  // Version 2 brought fenced brokers.
  constexpr int16_t kFencedSince = 2;
  Deadline deadline = Deadline::After(timeout);
  ClusterDescription description;
  RETURN_IF_ERROR(router_.Retry(deadline, [&](Attempt& attempt) -> absl::Status {
    ASSIGN_OR_RETURN(auto connection, router_.Connect(Target::Any(), attempt.deadline));
    ASSIGN_OR_RETURN(int16_t version, connection->VersionOf<message::DescribeClusterRequest>());
    message::DescribeClusterRequest request;
    request.include_fenced_brokers = include_fenced && version >= kFencedSince;
    ASSIGN_OR_RETURN(auto response,
                     connection->Call<message::DescribeClusterResponse>(request, attempt.deadline, version));
    RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
    description = {.cluster_id = response.cluster_id, .controller_id = response.controller_id};
    for (auto& broker : response.brokers) {
      description.brokers.push_back(
          {.id = broker.broker_id,
           .address = {.host = std::move(broker.host), .port = static_cast<uint16_t>(broker.port)},
           .rack = std::move(broker.rack),
           .fenced = broker.is_fenced});
    }
    return absl::OkStatus();
  }));
  return description;
}

absl::StatusOr<QuorumDescription> BrokeredAdminClient::DescribeQuorum(absl::Duration timeout) {
  message::DescribeQuorumRequest request;
  request.topics.push_back({.topic_name = kMetadataTopic, .partitions = {{.partition_index = 0}}});
  ASSIGN_OR_RETURN(auto response, router_.Call<message::DescribeQuorumResponse>(Target::Controller(), request,
                                                                                Deadline::After(timeout)));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1) return MissingItem(kMetadataTopic);
  const auto& partition = response.topics[0].partitions[0];
  RETURN_IF_ERROR(ItemStatus(partition.error_code, partition.error_message));
  QuorumDescription description{.leader_id = partition.leader_id,
                                .leader_epoch = partition.leader_epoch,
                                .high_watermark = partition.high_watermark};
  for (const auto& voter : partition.current_voters) description.voters.push_back(FromMessage(voter));
  for (const auto& observer : partition.observers) description.observers.push_back(FromMessage(observer));
  return description;
}

absl::StatusOr<FeatureDescription> BrokeredAdminClient::DescribeFeatures(absl::Duration timeout) {
  message::ApiVersionsRequest request;
  request.client_software_name = kClientSoftwareName;
  request.client_software_version = kClientSoftwareVersion;
  ASSIGN_OR_RETURN(auto response,
                   router_.Call<message::ApiVersionsResponse>(Target::Any(), request, Deadline::After(timeout)));
  RETURN_IF_ERROR(KafkaStatus(response.error_code));
  FeatureDescription description;
  for (const auto& feature : response.supported_features) {
    description.supported[feature.name] = {.min = feature.min_version, .max = feature.max_version};
  }
  for (const auto& feature : response.finalized_features) {
    description.finalized[feature.name] = feature.max_version_level;
  }
  if (response.finalized_features_epoch >= 0) description.finalized_epoch = response.finalized_features_epoch;
  return description;
}

absl::StatusOr<std::vector<NamedResult>> BrokeredAdminClient::UpdateFeatures(const std::vector<FeatureUpdate>& updates,
                                                                             bool validate_only,
                                                                             absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  message::UpdateFeaturesRequest request;
  request.timeout_ms = router_.BrokerTimeoutMs(deadline);
  request.validate_only = validate_only;
  for (const FeatureUpdate& update : updates) {
    request.feature_updates.push_back(
        {.feature = update.name, .max_version_level = update.level, .upgrade_type = static_cast<int8_t>(update.kind)});
  }
  ASSIGN_OR_RETURN(auto response,
                   router_.Call<message::UpdateFeaturesResponse>(Target::Controller(), request, deadline));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  // From version 2 on there are no results: the error above stood for all.
  std::vector<NamedResult> results;
  for (const FeatureUpdate& update : updates) {
    NamedResult result{.name = update.name};
    for (const auto& answer : response.results) {
      if (answer.feature == update.name) result.status = ItemStatus(answer.error_code, answer.error_message);
    }
    results.push_back(std::move(result));
  }
  return results;
}

absl::Status BrokeredAdminClient::UnregisterBroker(int32_t broker_id, absl::Duration timeout) {
  message::UnregisterBrokerRequest request;
  request.broker_id = broker_id;
  ASSIGN_OR_RETURN(auto response, router_.Call<message::UnregisterBrokerResponse>(Target::Controller(), request,
                                                                                  Deadline::After(timeout)));
  return ItemStatus(response.error_code, response.error_message);
}

absl::StatusOr<std::vector<LogDir>> BrokeredAdminClient::DescribeLogDirs(
    int32_t broker_id, const std::optional<std::vector<TopicPartition>>& topics, absl::Duration timeout) {
  message::DescribeLogDirsRequest request;
  request.topics.reset();
  if (topics) {
    request.topics.emplace();
    for (auto& [topic, partitions] : ByTopic(*topics)) {
      request.topics->push_back({.topic = topic, .partitions = partitions});
    }
  }
  ASSIGN_OR_RETURN(auto response, router_.Call<message::DescribeLogDirsResponse>(Target::Broker(broker_id), request,
                                                                                 Deadline::After(timeout)));
  RETURN_IF_ERROR(KafkaStatus(response.error_code));
  std::vector<LogDir> dirs;
  for (auto& dir : response.results) dirs.push_back(FromMessage(dir));
  return dirs;
}

}  // namespace sluice::kafka_admin
