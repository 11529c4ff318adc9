#include <map>

#include "absl/strings/numbers.h"
#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/client/results.h"
#include "libs/kafka_admin/message/describe_configs.h"
#include "libs/kafka_admin/message/incremental_alter_configs.h"

namespace sluice::kafka_admin {
namespace {

// A broker answers for itself only.
std::optional<int32_t> OwnBroker(const ConfigResource& resource) {
  bool of_broker = resource.type == ConfigResourceType::kBroker || resource.type == ConfigResourceType::kBrokerLogger;
  int32_t id = -1;
  if (!of_broker || !absl::SimpleAtoi(resource.name, &id)) return std::nullopt;
  return id;
}

template <typename Items>
std::map<std::optional<int32_t>, std::vector<size_t>> ByBroker(const Items& results,
                                                               const std::vector<size_t>& pending) {
  std::map<std::optional<int32_t>, std::vector<size_t>> grouped;
  for (size_t i : pending) grouped[OwnBroker(results[i].resource)].push_back(i);
  return grouped;
}

template <typename Answer>
ConfigResource ResourceOf(const Answer& answer) {
  return {.type = static_cast<ConfigResourceType>(answer.resource_type), .name = answer.resource_name};
}

// Sends each broker its part. What fails for one named broker fails its items; what fails for any broker fails all.
template <typename Result, typename Ask>
absl::Status AskEachBroker(std::vector<Result>& results, const std::vector<size_t>& pending, Ask ask) {
  for (const auto& [broker_id, indexes] : ByBroker(results, pending)) {
    absl::Status status = ask(broker_id ? Target::Broker(*broker_id) : Target::Any(), indexes);
    if (status.ok()) continue;
    if (!broker_id) return status;
    for (size_t i : indexes) results[i].status = status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ConfigDescription>> BrokeredAdminClient::DescribeConfigs(
    const std::vector<ConfigResource>& resources, const std::vector<std::string>& keys, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<ConfigDescription> results;
  for (const ConfigResource& resource : resources) results.push_back({.resource = resource});
  auto ask = [&](Attempt& attempt, Target target, const std::vector<size_t>& indexes) -> absl::Status {
    message::DescribeConfigsRequest request;
    for (size_t i : indexes) {
      message::DescribeConfigsRequest::DescribeConfigsResource resource;
      resource.resource_type = static_cast<int8_t>(resources[i].type);
      resource.resource_name = resources[i].name;
      resource.configuration_keys.reset();
      if (!keys.empty()) resource.configuration_keys = keys;
      request.resources.push_back(std::move(resource));
    }
    ASSIGN_OR_RETURN(auto response, router_.CallOnce<message::DescribeConfigsResponse>(target, request, attempt));
    std::map<ConfigResource, ConfigDescription> answers;
    for (auto& answer : response.results) {
      ConfigDescription& description = answers[ResourceOf(answer)];
      description = {.resource = ResourceOf(answer), .status = ItemStatus(answer.error_code, answer.error_message)};
      for (auto& config : answer.configs) {
        description.entries.push_back({.name = std::move(config.name),
                                       .value = std::move(config.value),
                                       .source = static_cast<ConfigEntry::Source>(config.config_source),
                                       .read_only = config.read_only,
                                       .sensitive = config.is_sensitive});
      }
    }
    for (size_t i : indexes) {
      auto answer = answers.find(resources[i]);
      if (answer != answers.end()) results[i] = answer->second;
      if (answer == answers.end()) results[i].status = MissingItem(resources[i].name);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachItem<ConfigDescription>(
      router_, results, deadline, [&](Attempt& attempt, const std::vector<size_t>& pending) {
        return AskEachBroker(results, pending, [&](Target target, const std::vector<size_t>& indexes) {
          return ask(attempt, target, indexes);
        });
      }));
  return results;
}

absl::StatusOr<std::vector<ConfigResult>> BrokeredAdminClient::AlterConfigs(
    const std::vector<ConfigAlteration>& alterations, bool validate_only, absl::Duration timeout) {
  Deadline deadline = Deadline::After(timeout);
  std::vector<ConfigResult> results;
  for (const ConfigAlteration& alteration : alterations) results.push_back({.resource = alteration.resource});
  auto ask = [&](Attempt& attempt, Target target, const std::vector<size_t>& indexes) -> absl::Status {
    message::IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    for (size_t i : indexes) {
      message::IncrementalAlterConfigsRequest::AlterConfigsResource resource;
      resource.resource_type = static_cast<int8_t>(alterations[i].resource.type);
      resource.resource_name = alterations[i].resource.name;
      for (const ConfigChange& change : alterations[i].changes) {
        std::optional<std::string> value = change.value;
        if (change.op == ConfigChange::Op::kDelete) value.reset();
        resource.configs.push_back(
            {.name = change.name, .config_operation = static_cast<int8_t>(change.op), .value = std::move(value)});
      }
      request.resources.push_back(std::move(resource));
    }
    ASSIGN_OR_RETURN(auto response,
                     router_.CallOnce<message::IncrementalAlterConfigsResponse>(target, request, attempt));
    std::map<ConfigResource, absl::Status> answers;
    for (const auto& answer : response.responses) {
      answers[ResourceOf(answer)] = ItemStatus(answer.error_code, answer.error_message);
    }
    for (size_t i : indexes) {
      auto answer = answers.find(alterations[i].resource);
      results[i].status = answer != answers.end() ? answer->second : MissingItem(alterations[i].resource.name);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      ForEachItem<ConfigResult>(router_, results, deadline, [&](Attempt& attempt, const std::vector<size_t>& pending) {
        return AskEachBroker(results, pending, [&](Target target, const std::vector<size_t>& indexes) {
          return ask(attempt, target, indexes);
        });
      }));
  return results;
}

}  // namespace sluice::kafka_admin
