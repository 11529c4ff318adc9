#include <map>

#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/alter_partition_reassignments.h"
#include "libs/kafka_admin/message/describe_producers.h"
#include "libs/kafka_admin/message/elect_leaders.h"
#include "libs/kafka_admin/message/list_offsets.h"
#include "libs/kafka_admin/message/list_partition_reassignments.h"

namespace sluice::kafka_admin {
namespace {

using Answers = std::map<TopicPartition, absl::Status>;

Answers AnswersOf(const message::ElectLeadersResponse& response) {
  Answers answers;
  for (const auto& topic : response.replica_election_results) {
    for (const auto& partition : topic.partition_result) {
      answers[{topic.topic, partition.partition_id}] = ItemStatus(partition.error_code, partition.error_message);
    }
  }
  return answers;
}

// Indexes of items by the broker that leads their partition. Items without a leader get their status at once.
template <typename Result>
std::map<int32_t, std::vector<size_t>> ByLeader(const std::map<TopicPartition, absl::StatusOr<int32_t>>& leaders,
                                                std::vector<Result>& results, const std::vector<size_t>& pending) {
  std::map<int32_t, std::vector<size_t>> grouped;
  for (size_t i : pending) {
    const absl::StatusOr<int32_t>& leader = leaders.at(results[i].partition);
    if (leader.ok()) grouped[*leader].push_back(i);
    if (!leader.ok()) results[i].status = leader.status();
  }
  return grouped;
}

template <typename Result>
std::vector<TopicPartition> PartitionsOf(const std::vector<Result>& results, const std::vector<size_t>& pending) {
  std::vector<TopicPartition> partitions;
  for (size_t i : pending) partitions.push_back(results[i].partition);
  return partitions;
}

template <typename Result>
void SetMissing(std::vector<Result>& results, const std::vector<size_t>& indexes,
                const std::map<TopicPartition, Result>& answers) {
  for (size_t i : indexes) {
    auto answer = answers.find(results[i].partition);
    if (answer != answers.end()) results[i] = answer->second;
    if (answer == answers.end()) results[i].status = MissingItem(results[i].partition.topic);
  }
}

}  // namespace

absl::StatusOr<std::vector<PartitionResult>> BrokeredAdminClient::ElectLeaders(
    ElectionKind kind, const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  message::ElectLeadersRequest request;
  request.election_type = static_cast<int8_t>(kind);
  request.topic_partitions.reset();
  std::vector<PartitionResult> results;
  if (!partitions) {
    request.timeout_ms = router_.BrokerTimeoutMs(deadline);
    ASSIGN_OR_RETURN(auto response,
                     router_.Call<message::ElectLeadersResponse>(Target::Controller(), request, deadline));
    RETURN_IF_ERROR(KafkaStatus(response.error_code));
    for (auto& [partition, status] : AnswersOf(response)) results.push_back({partition, status});
    return results;
  }
  for (const TopicPartition& partition : *partitions) results.push_back({.partition = partition});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    request.topic_partitions.emplace();
    for (auto& [topic, ids] : ByTopic(PartitionsOf(results, pending))) {
      request.topic_partitions->push_back({.topic = topic, .partitions = ids});
    }
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::ElectLeadersResponse>(Target::Controller(), request, attempt));
    RETURN_IF_ERROR(KafkaStatus(response.error_code));
    Answers answers = AnswersOf(response);
    for (size_t i : pending) {
      auto answer = answers.find(results[i].partition);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(results[i].partition.topic);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<PartitionResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<PartitionResult>> BrokeredAdminClient::AlterReassignments(
    const std::vector<Reassignment>& reassignments, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<PartitionResult> results;
  for (const Reassignment& reassignment : reassignments) results.push_back({.partition = reassignment.partition});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::AlterPartitionReassignmentsRequest request;
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    for (auto& [topic, indexes] : ByTopic(pending, [&](size_t i) { return results[i].partition; })) {
      auto& wanted = request.topics.emplace_back();
      wanted.name = topic;
      for (size_t i : indexes) {
        wanted.partitions.push_back(
            {.partition_index = results[i].partition.partition, .replicas = reassignments[i].replicas});
      }
    }
    ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::AlterPartitionReassignmentsResponse>(Target::Controller(),
                                                                                                   request, attempt));
    RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
    Answers answers;
    for (const auto& topic : response.responses) {
      for (const auto& partition : topic.partitions) {
        answers[{topic.name, partition.partition_index}] = ItemStatus(partition.error_code, partition.error_message);
      }
    }
    for (size_t i : pending) {
      auto answer = answers.find(results[i].partition);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(results[i].partition.topic);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<PartitionResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<OngoingReassignment>> BrokeredAdminClient::ListReassignments(
    const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  message::ListPartitionReassignmentsRequest request;
  request.timeout_ms = router_.BrokerTimeoutMs(deadline);
  if (partitions) {
    request.topics.emplace();
    for (auto& [topic, ids] : ByTopic(*partitions))
      request.topics->push_back({.name = topic, .partition_indexes = ids});
  }
  ASSIGN_OR_RETURN(auto response,
                   router_.Call<message::ListPartitionReassignmentsResponse>(Target::Controller(), request, deadline));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  std::vector<OngoingReassignment> ongoing;
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      ongoing.push_back({.partition = {.topic = topic.name, .partition = partition.partition_index},
                         .replicas = std::move(partition.replicas),
                         .adding = std::move(partition.adding_replicas),
                         .removing = std::move(partition.removing_replicas)});
    }
  }
  return ongoing;
}

absl::StatusOr<std::vector<OffsetResult>> BrokeredAdminClient::ListOffsets(const std::vector<OffsetQuery>& queries,
                                                                           absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<OffsetResult> results;
  for (const OffsetQuery& query : queries) results.push_back({.partition = query.partition});
  auto ask = [&](Attempt& attempt, int32_t leader, const std::vector<size_t>& indexes) -> absl::Status {
    message::ListOffsetsRequest request;
    request.replica_id = -1;  // a client
    request.timeout_ms = router_.BrokerTimeoutMs(attempt.deadline);
    for (auto& [topic, of_topic] : ByTopic(indexes, [&](size_t i) { return results[i].partition; })) {
      auto& wanted = request.topics.emplace_back();
      wanted.name = topic;
      for (size_t i : of_topic) {
        wanted.partitions.push_back(
            {.partition_index = results[i].partition.partition, .timestamp = queries[i].timestamp_ms});
      }
    }
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::ListOffsetsResponse>(Target::Broker(leader), request, attempt));
    std::map<TopicPartition, OffsetResult> answers;
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        TopicPartition key{.topic = topic.name, .partition = partition.partition_index};
        answers[key] = {.partition = key,
                        .status = KafkaStatus(partition.error_code),
                        .offset = partition.offset,
                        .timestamp_ms = partition.timestamp};
      }
    }
    SetMissing(results, indexes, answers);
    return absl::OkStatus();
  };
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    ASSIGN_OR_RETURN(auto leaders, Leaders(PartitionsOf(results, pending), attempt));
    for (const auto& [leader, indexes] : ByLeader(leaders, results, pending)) {
      absl::Status status = ask(attempt, leader, indexes);
      if (status.ok()) continue;
      for (size_t i : indexes) results[i].status = status;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<OffsetResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<PartitionProducers>> BrokeredAdminClient::DescribeProducers(
    const std::vector<TopicPartition>& partitions, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<PartitionProducers> results;
  for (const TopicPartition& partition : partitions) results.push_back({.partition = partition});
  auto ask = [&](Attempt& attempt, int32_t leader, const std::vector<size_t>& indexes) -> absl::Status {
    message::DescribeProducersRequest request;
    for (auto& [topic, ids] : ByTopic(PartitionsOf(results, indexes))) {
      request.topics.push_back({.name = topic, .partition_indexes = ids});
    }
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::DescribeProducersResponse>(Target::Broker(leader), request, attempt));
    std::map<TopicPartition, PartitionProducers> answers;
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        TopicPartition key{.topic = topic.name, .partition = partition.partition_index};
        PartitionProducers& answer = answers[key];
        answer = {.partition = key, .status = ItemStatus(partition.error_code, partition.error_message)};
        for (const auto& producer : partition.active_producers) {
          answer.producers.push_back({.producer_id = producer.producer_id,
                                      .producer_epoch = producer.producer_epoch,
                                      .last_timestamp_ms = producer.last_timestamp,
                                      .transaction_start_offset = producer.current_txn_start_offset});
        }
      }
    }
    SetMissing(results, indexes, answers);
    return absl::OkStatus();
  };
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    ASSIGN_OR_RETURN(auto leaders, Leaders(PartitionsOf(results, pending), attempt));
    for (const auto& [leader, indexes] : ByLeader(leaders, results, pending)) {
      absl::Status status = ask(attempt, leader, indexes);
      if (status.ok()) continue;
      for (size_t i : indexes) results[i].status = status;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<PartitionProducers>(router_, results, deadline, attempt));
  return results;
}

}  // namespace sluice::kafka_admin
