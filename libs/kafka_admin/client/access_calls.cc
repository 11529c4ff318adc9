#include <map>

#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/alter_client_quotas.h"
#include "libs/kafka_admin/message/alter_user_scram_credentials.h"
#include "libs/kafka_admin/message/create_acls.h"
#include "libs/kafka_admin/message/delete_acls.h"
#include "libs/kafka_admin/message/describe_acls.h"
#include "libs/kafka_admin/message/describe_client_quotas.h"
#include "libs/kafka_admin/message/describe_user_scram_credentials.h"
#include "libs/kafka_admin/message/metadata.h"

namespace sluice::kafka_admin {
namespace {

// DescribeAcls and a filter of DeleteAcls have the same fields.
template <typename Message>
void SetFilter(const AclFilter& filter, Message& message) {
  message.resource_type_filter = static_cast<int8_t>(filter.resource_type);
  message.resource_name_filter = filter.resource_name;
  message.pattern_type_filter = static_cast<int8_t>(filter.pattern_type);
  message.principal_filter = filter.principal;
  message.host_filter = filter.host;
  message.operation = static_cast<int8_t>(filter.operation);
  message.permission_type = static_cast<int8_t>(filter.permission);
}

template <typename Resource, typename Acl>
AclBinding FromMessage(const Resource& resource, const Acl& acl) {
  return {.resource_type = static_cast<AclResourceType>(resource.resource_type),
          .resource_name = resource.resource_name,
          .pattern_type = static_cast<AclPatternType>(resource.pattern_type),
          .principal = acl.principal,
          .host = acl.host,
          .operation = static_cast<AclOperation>(acl.operation),
          .permission = static_cast<AclPermission>(acl.permission_type)};
}

message::CreateAclsRequest::AclCreation ToMessage(const AclBinding& binding) {
  return {.resource_type = static_cast<int8_t>(binding.resource_type),
          .resource_name = binding.resource_name,
          .resource_pattern_type = static_cast<int8_t>(binding.pattern_type),
          .principal = binding.principal,
          .host = binding.host,
          .operation = static_cast<int8_t>(binding.operation),
          .permission_type = static_cast<int8_t>(binding.permission)};
}

AclDeleteResult FromMessage(const message::DeleteAclsResponse::DeleteAclsFilterResult& answer) {
  AclDeleteResult result{.status = ItemStatus(answer.error_code, answer.error_message)};
  for (const auto& match : answer.matching_acls) {
    result.matches.push_back(
        {.binding = FromMessage(match, match), .status = ItemStatus(match.error_code, match.error_message)});
  }
  return result;
}

message::AlterClientQuotasRequest::EntryData ToMessage(const ClientQuotaAlteration& alteration) {
  message::AlterClientQuotasRequest::EntryData entry;
  for (const auto& [type, name] : alteration.entity) entry.entity.push_back({.entity_type = type, .entity_name = name});
  for (const auto& [key, value] : alteration.values) {
    entry.ops.push_back({.key = key, .value = value.value_or(0), .remove = !value.has_value()});
  }
  return entry;
}

template <typename Entry>
ClientQuotaEntity EntityOf(const Entry& entry) {
  ClientQuotaEntity entity;
  for (const auto& part : entry.entity) entity[part.entity_type] = part.entity_name;
  return entity;
}

}  // namespace

absl::StatusOr<std::vector<AclBinding>> BrokeredAdminClient::DescribeAcls(const AclFilter& filter,
                                                                          absl::Duration timeout) {
  message::DescribeAclsRequest request;
  SetFilter(filter, request);
  ASSIGN_OR_RETURN(auto response,
                   router_.Call<message::DescribeAclsResponse>(Target::Any(), request, Deadline::After(timeout)));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  std::vector<AclBinding> bindings;
  for (const auto& resource : response.resources) {
    for (const auto& acl : resource.acls) bindings.push_back(FromMessage(resource, acl));
  }
  return bindings;
}

absl::StatusOr<std::vector<AclCreateResult>> BrokeredAdminClient::CreateAcls(const std::vector<AclBinding>& bindings,
                                                                             absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<AclCreateResult> results;
  for (const AclBinding& binding : bindings) results.push_back({binding, CheckAclBinding(binding)});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::CreateAclsRequest request;
    std::vector<size_t> sent;
    for (size_t i : pending) {
      if (!CheckAclBinding(bindings[i]).ok()) continue;
      sent.push_back(i);
      request.creations.push_back(ToMessage(bindings[i]));
    }
    if (sent.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::CreateAclsResponse>(Target::Controller(), request, attempt));
    if (response.results.size() != sent.size()) return MissingItem("some ACLs");
    for (size_t i = 0; i < sent.size(); ++i) {
      results[sent[i]].status = ItemStatus(response.results[i].error_code, response.results[i].error_message);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<AclCreateResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<AclDeleteResult>> BrokeredAdminClient::DeleteAcls(const std::vector<AclFilter>& filters,
                                                                             absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<AclDeleteResult> results(filters.size());
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::DeleteAclsRequest request;
    for (size_t i : pending) SetFilter(filters[i], request.filters.emplace_back());
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::DeleteAclsResponse>(Target::Controller(), request, attempt));
    if (response.filter_results.size() != pending.size()) return MissingItem("some filters");
    for (size_t i = 0; i < pending.size(); ++i) results[pending[i]] = FromMessage(response.filter_results[i]);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<AclDeleteResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<ScramUserDescription>> BrokeredAdminClient::DescribeScramUsers(
    const std::optional<std::vector<std::string>>& users, absl::Duration timeout) {
  std::vector<ScramUserDescription> descriptions;
  // An empty list means all users on the wire.
  if (users && users->empty()) return descriptions;
  message::DescribeUserScramCredentialsRequest request;
  request.users.reset();
  for (const std::string& user : users.value_or(std::vector<std::string>())) {
    if (!request.users) request.users.emplace();
    request.users->push_back({.name = user});
  }
  ASSIGN_OR_RETURN(auto response, router_.Call<message::DescribeUserScramCredentialsResponse>(
                                      Target::Any(), request, Deadline::After(timeout)));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  std::map<std::string, ScramUserDescription> found;
  for (const auto& result : response.results) {
    ScramUserDescription description{.user = result.user,
                                     .status = ItemStatus(result.error_code, result.error_message)};
    for (const auto& info : result.credential_infos) {
      description.credentials.push_back(
          {.mechanism = static_cast<ScramMechanism>(info.mechanism), .iterations = info.iterations});
    }
    found[result.user] = std::move(description);
  }
  if (!users) {
    for (auto& [user, description] : found) descriptions.push_back(std::move(description));
    return descriptions;
  }
  for (const std::string& user : *users) {
    auto description = found.find(user);
    descriptions.push_back(description != found.end()
                               ? description->second
                               : ScramUserDescription{.user = user, .status = MissingItem(user)});
  }
  return descriptions;
}

absl::StatusOr<std::vector<NamedResult>> BrokeredAdminClient::AlterScramUsers(
    const std::vector<ScramDeletion>& deletions, const std::vector<ScramUpsert>& upserts, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<NamedResult> results;
  for (const ScramDeletion& deletion : deletions) results.push_back({.name = deletion.user});
  for (const ScramUpsert& upsert : upserts) results.push_back({.name = upsert.user});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::AlterUserScramCredentialsRequest request;
    for (size_t i : pending) {
      if (i < deletions.size()) {
        request.deletions.push_back(
            {.name = deletions[i].user, .mechanism = static_cast<int8_t>(deletions[i].mechanism)});
        continue;
      }
      const ScramUpsert& upsert = upserts[i - deletions.size()];
      request.upsertions.push_back({.name = upsert.user,
                                    .mechanism = static_cast<int8_t>(upsert.mechanism),
                                    .iterations = upsert.iterations,
                                    .salt = {.data = upsert.salt},
                                    .salted_password = {.data = upsert.salted_password}});
    }
    ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::AlterUserScramCredentialsResponse>(Target::Controller(),
                                                                                                 request, attempt));
    std::map<std::string, absl::Status> answers;
    for (const auto& answer : response.results) {
      answers[answer.user] = ItemStatus(answer.error_code, answer.error_message);
    }
    for (size_t i : pending) {
      auto answer = answers.find(results[i].name);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(results[i].name);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<NamedResult>(router_, results, deadline, attempt));
  return results;
}

absl::StatusOr<std::vector<ClientQuota>> BrokeredAdminClient::DescribeClientQuotas(const ClientQuotaFilter& filter,
                                                                                   absl::Duration timeout) {
  message::DescribeClientQuotasRequest request;
  request.strict = filter.strict;
  for (const ClientQuotaFilter::Component& component : filter.components) {
    std::optional<std::string> name;
    if (component.match == ClientQuotaFilter::Component::Match::kExact) name = component.name;
    request.components.push_back({.entity_type = component.entity_type,
                                  .match_type = static_cast<int8_t>(component.match),
                                  .match = std::move(name)});
  }
  ASSIGN_OR_RETURN(auto response, router_.Call<message::DescribeClientQuotasResponse>(Target::Any(), request,
                                                                                      Deadline::After(timeout)));
  RETURN_IF_ERROR(ItemStatus(response.error_code, response.error_message));
  std::vector<ClientQuota> quotas;
  if (!response.entries) return quotas;
  for (const auto& entry : *response.entries) {
    ClientQuota quota{.entity = EntityOf(entry)};
    for (const auto& value : entry.values) quota.values[value.key] = value.value;
    quotas.push_back(std::move(quota));
  }
  return quotas;
}

absl::StatusOr<std::vector<ClientQuotaResult>> BrokeredAdminClient::AlterClientQuotas(
    const std::vector<ClientQuotaAlteration>& alterations, bool validate_only, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<ClientQuotaResult> results;
  for (const ClientQuotaAlteration& alteration : alterations) results.push_back({.entity = alteration.entity});
  auto attempt = [&](Attempt& attempt, const std::vector<size_t>& pending) -> absl::Status {
    message::AlterClientQuotasRequest request;
    request.validate_only = validate_only;
    for (size_t i : pending) request.entries.push_back(ToMessage(alterations[i]));
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::AlterClientQuotasResponse>(Target::Controller(), request, attempt));
    std::map<ClientQuotaEntity, absl::Status> answers;
    for (const auto& entry : response.entries)
      answers[EntityOf(entry)] = ItemStatus(entry.error_code, entry.error_message);
    for (size_t i : pending) {
      auto answer = answers.find(results[i].entity);
      results[i].status = answer != answers.end() ? answer->second : MissingItem("a quota's entity");
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<ClientQuotaResult>(router_, results, deadline, attempt));
  return results;
}

absl::Status BrokeredAdminClient::ProbeScramLogin(const ScramLogin& login, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  if (deadline.Expired()) return TimeoutError("the login had no time left");
  ConnectionOptions options{.client_id = router_.options().client_id,
                            .tls = login.tls,
                            .sasl = login.credentials,
                            .connect_timeout = timeout};
  ASSIGN_OR_RETURN(std::shared_ptr<BrokerConnection> connection,
                   BrokerConnection::Open(login.broker, options, deadline));
  message::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  ASSIGN_OR_RETURN(auto response, connection->Call<message::MetadataResponse>(request, deadline));
  return KafkaStatus(response.error_code);
}

}  // namespace sluice::kafka_admin
