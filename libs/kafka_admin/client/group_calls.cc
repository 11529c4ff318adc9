#include <map>
#include <utility>

#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/delete_groups.h"
#include "libs/kafka_admin/message/describe_groups.h"
#include "libs/kafka_admin/message/find_coordinator.h"
#include "libs/kafka_admin/message/list_groups.h"
#include "libs/kafka_admin/message/list_transactions.h"

namespace sluice::kafka_admin {
namespace {

// FindCoordinator takes many keys at once from this version on.
constexpr int16_t kManyKeysSince = 4;

template <typename Answer>
absl::StatusOr<int32_t> CoordinatorOf(const Answer& answer) {
  if (answer.error_code != kNone) return ItemStatus(answer.error_code, answer.error_message);
  return answer.node_id;
}

template <typename Response>
struct BrokerAnswer {
  int32_t broker_id = -1;
  absl::Status status;
  Response response;
};

// Asks every broker the same thing, on all connections at once. An error of a broker's own becomes its status.
template <typename Response, typename Request>
absl::StatusOr<std::vector<BrokerAnswer<Response>>> AskEveryBroker(Router& router, const Request& request,
                                                                   Deadline deadline) {
  std::vector<BrokerAnswer<Response>> answers;
  RETURN_IF_ERROR(router.Retry(deadline, [&](Attempt& attempt) -> absl::Status {
    ASSIGN_OR_RETURN(auto brokers, router.Brokers(attempt.deadline));
    answers.clear();
    for (const auto& [id, address] : brokers) answers.push_back({.broker_id = id});
    return absl::OkStatus();
  }));
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    std::vector<std::pair<std::shared_ptr<BrokerConnection>, SentRequest>> sent(pending.size());
    for (size_t i = 0; i < pending.size(); ++i) {
      BrokerAnswer<Response>& answer = answers[pending[i]];
      auto connection = router.Connect(Target::Broker(answer.broker_id), attempt.deadline);
      answer.status = connection.status();
      if (!answer.status.ok()) continue;
      auto request_sent = (*connection)->Send(request, attempt.deadline);
      answer.status = request_sent.status();
      if (answer.status.ok()) sent[i] = {*connection, *request_sent};
    }
    for (size_t i = 0; i < pending.size(); ++i) {
      BrokerAnswer<Response>& answer = answers[pending[i]];
      if (!answer.status.ok()) continue;
      auto response = sent[i].first->template Await<Response>(sent[i].second, attempt.deadline);
      answer.status = response.ok() ? KafkaStatus(response->error_code) : response.status();
      if (answer.status.ok()) answer.response = *std::move(response);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<BrokerAnswer<Response>>(router, answers, deadline, attempt));
  return answers;
}

// Calls `ask` for each coordinator with the indexes of its groups. What fails, fails the groups it concerns.
template <typename Result, typename IdOf, typename Ask>
void AskCoordinators(const std::map<std::string, absl::StatusOr<int32_t>>& coordinators, std::vector<Result>& results,
                     const std::vector<size_t>& pending, IdOf id_of, Ask ask) {
  std::map<int32_t, std::vector<size_t>> grouped;
  for (size_t i : pending) {
    const absl::StatusOr<int32_t>& coordinator = coordinators.at(id_of(results[i]));
    if (coordinator.ok()) grouped[*coordinator].push_back(i);
    if (!coordinator.ok()) results[i].status = coordinator.status();
  }
  for (const auto& [coordinator, indexes] : grouped) {
    absl::Status status = ask(Target::Broker(coordinator), indexes);
    if (status.ok()) continue;
    for (size_t i : indexes) results[i].status = status;
  }
}

GroupDescription FromMessage(const message::DescribeGroupsResponse::DescribedGroup& group) {
  GroupDescription description{.group_id = group.group_id,
                               .status = ItemStatus(group.error_code, group.error_message),
                               .state = group.group_state,
                               .protocol_type = group.protocol_type};
  // Before version 6 a group that does not exist was described as dead.
  if (description.status.ok() && group.group_state == "Dead") description.status = KafkaStatus(kGroupIdNotFound);
  for (const auto& member : group.members) {
    description.members.push_back(
        {.member_id = member.member_id, .client_id = member.client_id, .host = member.client_host});
  }
  return description;
}

}  // namespace

absl::StatusOr<std::map<std::string, absl::StatusOr<int32_t>>> BrokeredAdminClient::Coordinators(
    const std::vector<std::string>& group_ids, Attempt& attempt) {
  std::map<std::string, absl::StatusOr<int32_t>> coordinators;
  for (const std::string& id : group_ids) coordinators[id] = MissingItem(id);
  ASSIGN_OR_RETURN(auto connection, router_.Connect(Target::Any(), attempt.deadline));
  ASSIGN_OR_RETURN(int16_t version, connection->VersionOf<message::FindCoordinatorRequest>());
  message::FindCoordinatorRequest request;  // its key_type is 0: groups
  if (version >= kManyKeysSince) {
    for (const auto& [id, unknown] : coordinators) request.coordinator_keys.push_back(id);
    ASSIGN_OR_RETURN(auto response,
                     connection->Call<message::FindCoordinatorResponse>(request, attempt.deadline, version));
    for (const auto& answer : response.coordinators) coordinators[answer.key] = CoordinatorOf(answer);
    return coordinators;
  }
  for (auto& [id, coordinator] : coordinators) {
    request.key = id;
    ASSIGN_OR_RETURN(auto response,
                     connection->Call<message::FindCoordinatorResponse>(request, attempt.deadline, version));
    coordinator = CoordinatorOf(response);
  }
  return coordinators;
}

absl::StatusOr<GroupListings> BrokeredAdminClient::ListGroups(absl::Duration timeout) {
  ASSIGN_OR_RETURN(auto answers, AskEveryBroker<message::ListGroupsResponse>(router_, message::ListGroupsRequest(),
                                                                             Deadline::After(timeout)));
  GroupListings listings;
  for (auto& answer : answers) {
    if (!answer.status.ok()) listings.unanswered[answer.broker_id] = answer.status;
    for (auto& group : answer.response.groups) {
      listings.groups.push_back({.group_id = std::move(group.group_id),
                                 .protocol_type = std::move(group.protocol_type),
                                 .state = std::move(group.group_state),
                                 .type = std::move(group.group_type)});
    }
  }
  return listings;
}

absl::StatusOr<TransactionListings> BrokeredAdminClient::ListTransactions(absl::Duration timeout) {
  ASSIGN_OR_RETURN(auto answers, AskEveryBroker<message::ListTransactionsResponse>(
                                     router_, message::ListTransactionsRequest(), Deadline::After(timeout)));
  TransactionListings listings;
  for (auto& answer : answers) {
    if (!answer.status.ok()) listings.unanswered[answer.broker_id] = answer.status;
    for (auto& transaction : answer.response.transaction_states) {
      listings.transactions.push_back({.transactional_id = std::move(transaction.transactional_id),
                                       .producer_id = transaction.producer_id,
                                       .state = std::move(transaction.transaction_state)});
    }
  }
  return listings;
}

absl::StatusOr<std::vector<GroupDescription>> BrokeredAdminClient::DescribeGroups(
    const std::vector<std::string>& group_ids, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<GroupDescription> results;
  for (const std::string& id : group_ids) results.push_back({.group_id = id});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    ASSIGN_OR_RETURN(auto coordinators, Coordinators(group_ids, attempt));
    auto ask = [&](Target target, const std::vector<size_t>& indexes) -> absl::Status {
      message::DescribeGroupsRequest request;
      for (size_t i : indexes) request.groups.push_back(group_ids[i]);
      ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::DescribeGroupsResponse>(target, request, attempt));
      std::map<std::string, GroupDescription> answers;
      for (const auto& group : response.groups) answers[group.group_id] = FromMessage(group);
      for (size_t i : indexes) {
        auto answer = answers.find(group_ids[i]);
        if (answer != answers.end()) results[i] = answer->second;
        if (answer == answers.end()) results[i].status = MissingItem(group_ids[i]);
      }
      return absl::OkStatus();
    };
    AskCoordinators(
        coordinators, results, pending, [](const GroupDescription& group) { return group.group_id; }, ask);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<GroupDescription>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<NamedResult>> BrokeredAdminClient::DeleteGroups(const std::vector<std::string>& group_ids,
                                                                           absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<NamedResult> results;
  for (const std::string& id : group_ids) results.push_back({.name = id});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    ASSIGN_OR_RETURN(auto coordinators, Coordinators(group_ids, attempt));
    auto ask = [&](Target target, const std::vector<size_t>& indexes) -> absl::Status {
      message::DeleteGroupsRequest request;
      for (size_t i : indexes) request.groups_names.push_back(group_ids[i]);
      ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::DeleteGroupsResponse>(target, request, attempt));
      std::map<std::string, absl::Status> answers;
      for (const auto& answer : response.results) answers[answer.group_id] = KafkaStatus(answer.error_code);
      for (size_t i : indexes) {
        auto answer = answers.find(group_ids[i]);
        results[i].status = answer != answers.end() ? answer->second : MissingItem(group_ids[i]);
      }
      return absl::OkStatus();
    };
    AskCoordinators(
        coordinators, results, pending, [](const NamedResult& result) { return result.name; }, ask);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<NamedResult>(router_, results, deadline, attempt));
  return results;
}

}  // namespace sluice::kafka_admin
