#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin::testing {
namespace {

bool NameMatches(const AclFilter& filter, const AclBinding& binding) {
  bool any_pattern = filter.pattern_type == AclPatternType::kAny || filter.pattern_type == AclPatternType::kMatch;
  if (!any_pattern && filter.pattern_type != binding.pattern_type) return false;
  if (!filter.resource_name) return true;
  if (filter.pattern_type != AclPatternType::kMatch) return *filter.resource_name == binding.resource_name;
  if (binding.pattern_type == AclPatternType::kPrefixed) {
    return absl::StartsWith(*filter.resource_name, binding.resource_name);
  }
  return binding.resource_name == *filter.resource_name || binding.resource_name == "*";
}

bool Matches(const AclFilter& filter, const AclBinding& binding) {
  return (filter.resource_type == AclResourceType::kAny || filter.resource_type == binding.resource_type) &&
         NameMatches(filter, binding) && (!filter.principal || *filter.principal == binding.principal) &&
         (!filter.host || *filter.host == binding.host) &&
         (filter.operation == AclOperation::kAny || filter.operation == binding.operation) &&
         (filter.permission == AclPermission::kAny || filter.permission == binding.permission);
}

absl::Status CheckCredential(const ScramUpsert& upsert) {
  size_t size = upsert.mechanism == ScramMechanism::kSha256 ? 32 : 64;
  if (upsert.user.empty() || upsert.salted_password.size() != size || upsert.iterations < 4096 ||
      upsert.iterations > 16384) {
    return KafkaStatus(kUnacceptableCredential, "iterations of 4,096 to 16,384 and a password of the right size");
  }
  return absl::OkStatus();
}

absl::Status CheckQuota(const ClientQuotaAlteration& alteration) {
  static const std::set<std::string> kByteRates = {"producer_byte_rate", "consumer_byte_rate"};
  static const std::set<std::string> kOthers = {"request_percentage", "controller_mutation_rate",
                                                "connection_creation_rate"};
  if (alteration.entity.empty()) return KafkaStatus(kInvalidRequest, "a quota must be somebody's");
  for (const auto& [key, value] : alteration.values) {
    if (!kByteRates.contains(key) && !kOthers.contains(key)) return KafkaStatus(kInvalidRequest, "unknown quota");
    if (kByteRates.contains(key) && value && *value != std::floor(*value)) {
      return KafkaStatus(kInvalidRequest, "a byte rate cannot be a fractional value");
    }
  }
  return absl::OkStatus();
}

bool Matches(const ClientQuotaFilter& filter, const ClientQuotaEntity& entity) {
  for (const ClientQuotaFilter::Component& component : filter.components) {
    auto part = entity.find(component.entity_type);
    if (part == entity.end()) return false;
    using Match = ClientQuotaFilter::Component::Match;
    if (component.match == Match::kExact && part->second != component.name) return false;
    if (component.match == Match::kDefault && part->second.has_value()) return false;
  }
  return !filter.strict || filter.components.size() == entity.size();
}

}  // namespace

absl::StatusOr<std::vector<AclBinding>> FakeAdminClient::DescribeAcls(const AclFilter& filter, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeAcls", timeout));
  std::vector<AclBinding> found;
  std::copy_if(acls_.begin(), acls_.end(), std::back_inserter(found),
               [&](const AclBinding& binding) { return Matches(filter, binding); });
  return Answer("DescribeAcls", std::move(found));
}

absl::StatusOr<std::vector<AclCreateResult>> FakeAdminClient::CreateAcls(const std::vector<AclBinding>& bindings,
                                                                         absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("CreateAcls", timeout));
  std::vector<AclCreateResult> results;
  for (const AclBinding& binding : bindings) {
    absl::Status status = CheckAclBinding(binding);
    if (status.ok()) acls_.insert(binding);
    results.push_back({.binding = binding, .status = std::move(status)});
  }
  return Answer("CreateAcls", std::move(results));
}

absl::StatusOr<std::vector<AclDeleteResult>> FakeAdminClient::DeleteAcls(const std::vector<AclFilter>& filters,
                                                                         absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DeleteAcls", timeout));
  std::vector<AclDeleteResult> results;
  std::set<AclBinding> doomed;
  for (const AclFilter& filter : filters) {
    AclDeleteResult result;
    for (const AclBinding& binding : acls_) {
      if (!Matches(filter, binding)) continue;
      result.matches.push_back({.binding = binding});
      doomed.insert(binding);
    }
    results.push_back(std::move(result));
  }
  for (const AclBinding& binding : doomed) acls_.erase(binding);
  return Answer("DeleteAcls", std::move(results));
}

absl::StatusOr<std::vector<ScramUserDescription>> FakeAdminClient::DescribeScramUsers(
    const std::optional<std::vector<std::string>>& users, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeScramUsers", timeout));
  std::map<std::string, ScramUserDescription> known;
  for (const auto& [key, credential] : scram_) {
    known[key.first].user = key.first;
    known[key.first].credentials.push_back({.mechanism = key.second, .iterations = credential.iterations});
  }
  std::vector<ScramUserDescription> descriptions;
  if (!users) {
    for (auto& [user, description] : known) descriptions.push_back(description);
    return Answer("DescribeScramUsers", std::move(descriptions));
  }
  for (const std::string& user : *users) {
    auto found = known.find(user);
    descriptions.push_back(found != known.end()
                               ? found->second
                               : ScramUserDescription{.user = user, .status = KafkaStatus(kResourceNotFound)});
  }
  return Answer("DescribeScramUsers", std::move(descriptions));
}

absl::StatusOr<std::vector<NamedResult>> FakeAdminClient::AlterScramUsers(const std::vector<ScramDeletion>& deletions,
                                                                          const std::vector<ScramUpsert>& upserts,
                                                                          absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("AlterScramUsers", timeout));
  std::vector<NamedResult> results;
  std::map<std::string, int> named;
  for (const ScramDeletion& deletion : deletions) ++named[deletion.user];
  for (const ScramUpsert& upsert : upserts) ++named[upsert.user];
  for (const ScramDeletion& deletion : deletions) {
    absl::Status status;
    if (named[deletion.user] > 1) {
      status = KafkaStatus(kDuplicateResource);
    } else if (scram_.erase({deletion.user, deletion.mechanism}) == 0) {
      status = KafkaStatus(kResourceNotFound);
    }
    results.push_back({.name = deletion.user, .status = std::move(status)});
  }
  for (const ScramUpsert& upsert : upserts) {
    absl::Status status = named[upsert.user] > 1 ? KafkaStatus(kDuplicateResource) : CheckCredential(upsert);
    if (status.ok()) scram_[{upsert.user, upsert.mechanism}] = upsert;
    results.push_back({.name = upsert.user, .status = std::move(status)});
  }
  return Answer("AlterScramUsers", std::move(results));
}

absl::StatusOr<std::vector<ClientQuota>> FakeAdminClient::DescribeClientQuotas(const ClientQuotaFilter& filter,
                                                                               absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeClientQuotas", timeout));
  std::vector<ClientQuota> found;
  for (const auto& [entity, values] : quotas_) {
    if (Matches(filter, entity)) found.push_back({.entity = entity, .values = values});
  }
  return Answer("DescribeClientQuotas", std::move(found));
}

absl::StatusOr<std::vector<ClientQuotaResult>> FakeAdminClient::AlterClientQuotas(
    const std::vector<ClientQuotaAlteration>& alterations, bool validate_only, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("AlterClientQuotas", timeout));
  std::vector<ClientQuotaResult> results;
  for (const ClientQuotaAlteration& alteration : alterations) {
    absl::Status status = CheckQuota(alteration);
    results.push_back({.entity = alteration.entity, .status = status});
    if (!status.ok() || validate_only) continue;
    std::map<std::string, double>& values = quotas_[alteration.entity];
    for (const auto& [key, value] : alteration.values) {
      if (value) values[key] = *value;
      if (!value) values.erase(key);
    }
    if (values.empty()) quotas_.erase(alteration.entity);
  }
  return Answer("AlterClientQuotas", std::move(results));
}

absl::Status FakeAdminClient::ProbeScramLogin(const ScramLogin& login, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ProbeScramLogin", timeout));
  if (dead_addresses_.contains(login.broker)) return ConnectionError("connection refused");
  auto credential = scram_.find({login.credentials.user, login.credentials.mechanism});
  if (credential == scram_.end()) return KafkaStatus(kSaslAuthenticationFailed, "no such credential");
  const ScramUpsert& stored = credential->second;
  std::string salted;
  if (const auto* password = std::get_if<Password>(&login.credentials.secret)) {
    ASSIGN_OR_RETURN(SaltedPassword made,
                     SaltPassword(stored.mechanism, password->value, stored.salt, stored.iterations));
    salted = std::move(made.value);
  } else {
    salted = std::get<SaltedPassword>(login.credentials.secret).value;
  }
  if (salted != stored.salted_password) return KafkaStatus(kSaslAuthenticationFailed, "wrong password");
  return End("ProbeScramLogin");
}

}  // namespace sluice::kafka_admin::testing
