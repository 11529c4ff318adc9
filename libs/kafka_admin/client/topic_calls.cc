#include <algorithm>
#include <map>
#include <set>

#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/create_partitions.h"
#include "libs/kafka_admin/message/create_topics.h"
#include "libs/kafka_admin/message/delete_topics.h"
#include "libs/kafka_admin/message/describe_topic_partitions.h"
#include "libs/kafka_admin/message/metadata.h"

namespace sluice::kafka_admin {
namespace {

message::CreateTopicsRequest::CreatableTopic ToMessage(const NewTopic& topic) {
  message::CreateTopicsRequest::CreatableTopic wanted;
  wanted.name = topic.name;
  bool placed = !topic.assignments.empty();
  wanted.num_partitions = placed ? -1 : topic.partitions;
  wanted.replication_factor = placed ? int16_t{-1} : topic.replication_factor;
  for (size_t i = 0; i < topic.assignments.size(); ++i) {
    wanted.assignments.push_back({.partition_index = static_cast<int32_t>(i), .broker_ids = topic.assignments[i]});
  }
  for (const auto& [key, value] : topic.configs) wanted.configs.push_back({.name = key, .value = value});
  return wanted;
}

template <typename Partition>
PartitionDescription FromMessage(const Partition& partition) {
  return {.status = KafkaStatus(partition.error_code),
          .id = partition.partition_index,
          .leader = partition.leader_id,
          .leader_epoch = partition.leader_epoch,
          .replicas = partition.replica_nodes,
          .isr = partition.isr_nodes,
          .offline_replicas = partition.offline_replicas};
}

// Results in the order of `names`, or by name when all were asked for.
absl::StatusOr<std::vector<TopicDescription>> InOrder(std::map<std::string, TopicDescription> found,
                                                      const std::optional<std::vector<std::string>>& names) {
  std::vector<TopicDescription> ordered;
  for (auto& [name, topic] : found) {
    std::sort(topic.partitions.begin(), topic.partitions.end(),
              [](const PartitionDescription& a, const PartitionDescription& b) { return a.id < b.id; });
    if (!names) ordered.push_back(std::move(topic));
  }
  if (!names) return ordered;
  for (const std::string& name : *names) {
    auto topic = found.find(name);
    ordered.push_back(topic != found.end() ? topic->second
                                           : TopicDescription{.status = MissingItem(name), .name = name});
  }
  return ordered;
}

}  // namespace

absl::StatusOr<std::vector<CreatedTopic>> BrokeredAdminClient::CreateTopics(const std::vector<NewTopic>& topics,
                                                                            bool validate_only,
                                                                            absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<CreatedTopic> results;
  for (const NewTopic& topic : topics) results.push_back({.name = topic.name});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::CreateTopicsRequest request;
    request.validate_only = validate_only;
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    for (size_t i : pending) request.topics.push_back(ToMessage(topics[i]));
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::CreateTopicsResponse>(Target::Controller(), request, attempt));
    std::map<std::string, const message::CreateTopicsResponse::CreatableTopicResult*> answers;
    for (const auto& topic : response.topics) answers[topic.name] = &topic;
    for (size_t i : pending) {
      auto answer = answers.find(results[i].name);
      if (answer == answers.end()) {
        results[i].status = MissingItem(results[i].name);
        continue;
      }
      const auto& topic = *answer->second;
      results[i].status = ItemStatus(topic.error_code, topic.error_message);
      if (!results[i].status.ok()) continue;
      results[i].id = topic.topic_id;
      results[i].partitions = topic.num_partitions;
      results[i].replication_factor = topic.replication_factor;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<CreatedTopic>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<NamedResult>> BrokeredAdminClient::DeleteTopics(const std::vector<std::string>& names,
                                                                           absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<NamedResult> results;
  for (const std::string& name : names) results.push_back({.name = name});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    ASSIGN_OR_RETURN(auto connection, router_.Connect(Target::Controller(), attempt.deadline));
    ASSIGN_OR_RETURN(int16_t version, connection->VersionOf<message::DeleteTopicsRequest>());
    message::DeleteTopicsRequest request;
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    for (size_t i : pending) {
      // Version 6 lets topics be named by their ids too, and has another field for it.
      if (version >= 6) request.topics.push_back({.name = names[i]});
      if (version < 6) request.topic_names.push_back(names[i]);
    }
    ASSIGN_OR_RETURN(auto response,
                     connection->Call<message::DeleteTopicsResponse>(request, attempt.deadline, version));
    attempt.wait = absl::Milliseconds(response.throttle_time_ms);
    std::map<std::string, absl::Status> answers;
    for (const auto& topic : response.responses) {
      answers[topic.name.value_or("")] = ItemStatus(topic.error_code, topic.error_message);
    }
    for (size_t i : pending) {
      auto answer = answers.find(names[i]);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(names[i]);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<NamedResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<NamedResult>> BrokeredAdminClient::CreatePartitions(const std::vector<NewPartitions>& topics,
                                                                               bool validate_only,
                                                                               absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<NamedResult> results;
  for (const NewPartitions& topic : topics) results.push_back({.name = topic.topic});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::CreatePartitionsRequest request;
    request.validate_only = validate_only;
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    for (size_t i : pending) {
      message::CreatePartitionsRequest::CreatePartitionsTopic wanted;
      wanted.name = topics[i].topic;
      wanted.count = topics[i].total;
      wanted.assignments.reset();
      for (const std::vector<int32_t>& replicas : topics[i].assignments) {
        if (!wanted.assignments) wanted.assignments.emplace();
        wanted.assignments->push_back({.broker_ids = replicas});
      }
      request.topics.push_back(std::move(wanted));
    }
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::CreatePartitionsResponse>(Target::Controller(), request, attempt));
    std::map<std::string, absl::Status> answers;
    for (const auto& topic : response.results) answers[topic.name] = ItemStatus(topic.error_code, topic.error_message);
    for (size_t i : pending) {
      auto answer = answers.find(results[i].name);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(results[i].name);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<NamedResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<TopicDescription>> BrokeredAdminClient::DescribeTopics(
    const std::optional<std::vector<std::string>>& names, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<TopicDescription> topics;
  // An empty list means all topics on the wire.
  if (names && names->empty()) return topics;
  RETURN_IF_ERROR(router_.Retry(deadline, [&](Attempt& attempt) -> absl::Status {
    ASSIGN_OR_RETURN(auto connection, router_.Connect(Target::Any(), attempt.deadline));
    if (connection->VersionOf<message::DescribeTopicPartitionsRequest>().ok()) {
      ASSIGN_OR_RETURN(topics, DescribeByPages(names, *connection, attempt.deadline));
    } else {
      ASSIGN_OR_RETURN(topics, DescribeByMetadata(names, *connection, attempt.deadline));
    }
    return absl::OkStatus();
  }));
  return topics;
}

absl::StatusOr<std::vector<TopicDescription>> BrokeredAdminClient::DescribeByPages(
    const std::optional<std::vector<std::string>>& names, BrokerConnection& connection, Deadline deadline) {
  message::DescribeTopicPartitionsRequest request;
  for (const std::string& name : names.value_or(std::vector<std::string>())) request.topics.push_back({.name = name});
  std::map<std::string, TopicDescription> found;
  while (true) {
    ASSIGN_OR_RETURN(auto response, connection.Call<message::DescribeTopicPartitionsResponse>(request, deadline));
    for (const auto& topic : response.topics) {
      // A topic that does not fit into one page goes on in the next.
      TopicDescription& description = found[topic.name.value_or("")];
      description.status = KafkaStatus(topic.error_code);
      description.name = topic.name.value_or("");
      description.id = topic.topic_id;
      description.internal = topic.is_internal;
      for (const auto& partition : topic.partitions) {
        description.partitions.push_back(FromMessage(partition));
        description.partitions.back().eligible_leaders =
            partition.eligible_leader_replicas.value_or(std::vector<int32_t>());
      }
    }
    if (!response.next_cursor) return InOrder(std::move(found), names);
    message::DescribeTopicPartitionsRequest::Cursor next = {.topic_name = response.next_cursor->topic_name,
                                                            .partition_index = response.next_cursor->partition_index};
    if (request.cursor == next) return MalformedResponseError("the pages of topics do not go on");
    request.cursor = std::move(next);
  }
}

absl::StatusOr<std::vector<TopicDescription>> BrokeredAdminClient::DescribeByMetadata(
    const std::optional<std::vector<std::string>>& names, BrokerConnection& connection, Deadline deadline) {
  message::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics.reset();
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    if (!request.topics) request.topics.emplace();
    request.topics->push_back({.name = name});
  }
  ASSIGN_OR_RETURN(auto response, connection.Call<message::MetadataResponse>(request, deadline));
  std::map<std::string, TopicDescription> found;
  for (const auto& topic : response.topics) {
    TopicDescription description{.status = KafkaStatus(topic.error_code),
                                 .name = topic.name.value_or(""),
                                 .id = topic.topic_id,
                                 .internal = topic.is_internal};
    for (const auto& partition : topic.partitions) description.partitions.push_back(FromMessage(partition));
    found[description.name] = std::move(description);
  }
  return InOrder(std::move(found), names);
}

absl::StatusOr<std::map<TopicPartition, absl::StatusOr<int32_t>>> BrokeredAdminClient::Leaders(
    const std::vector<TopicPartition>& wanted, Attempt& attempt) {
  message::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  std::set<std::string> topics;
  for (const TopicPartition& partition : wanted) topics.insert(partition.topic);
  for (const std::string& topic : topics) request.topics->push_back({.name = topic});
  ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::MetadataResponse>(Target::Any(), request, attempt));
  std::map<TopicPartition, absl::StatusOr<int32_t>> leaders;
  for (const TopicPartition& partition : wanted) leaders[partition] = KafkaStatus(kUnknownTopicOrPartition);
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      auto leader = leaders.find({.topic = topic.name.value_or(""), .partition = partition.partition_index});
      if (leader == leaders.end()) continue;
      leader->second = partition.error_code == kNone ? absl::StatusOr<int32_t>(partition.leader_id)
                                                     : absl::StatusOr<int32_t>(KafkaStatus(partition.error_code));
    }
    if (topic.error_code == kNone) continue;
    for (auto& [partition, leader] : leaders) {
      if (partition.topic == topic.name.value_or("")) leader = KafkaStatus(topic.error_code);
    }
  }
  return leaders;
}

}  // namespace sluice::kafka_admin
