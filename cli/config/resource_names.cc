#include "cli/config/resource_names.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::cli {
namespace {

using Pattern = std::vector<std::string_view>;

const Pattern kOrganization = {"organizations"};
const Pattern kEnvironment = {"organizations", "environments"};
const Pattern kKafkaCluster = {"organizations", "environments", "kafkaClusters"};
const Pattern kKafkaKey = {"organizations", "environments", "kafkaClusters", "keys"};
const Pattern kTopic = {"organizations", "environments", "kafkaClusters", "topics"};
const Pattern kOperation = {"organizations", "operations"};
const Pattern kApiKey = {"organizations", "apiKeys"};
const Pattern kRoleBinding = {"organizations", "roleBindings"};
const Pattern kDataPlane = {"dataPlanes"};

std::string Form(const Pattern& pattern) {
  return absl::StrJoin(pattern, "/", [](std::string* out, std::string_view collection) {
    absl::StrAppend(out, Absl(collection), "/…");
  });
}

absl::Status Invalid(std::string_view field, std::string_view text, const Pattern& pattern) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("'", Absl(text), "' is no name of its kind (", Form(pattern), ")"),
      {.reason = "NAME_INVALID", .field = std::string(field), .remedy = "Give the short or the full name."});
}

// `text` when it is a full name of `pattern`'s form.
absl::StatusOr<std::string> Full(std::string_view field, const Pattern& pattern, std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(Absl(text), '/');
  if (parts.size() != 2 * pattern.size()) return Invalid(field, text, pattern);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (parts[2 * i] != pattern[i] || parts[2 * i + 1].empty()) return Invalid(field, text, pattern);
  }
  return std::string(text);
}

bool IsFull(std::string_view text) { return text.find('/') != std::string_view::npos; }

absl::StatusOr<std::string> Below(std::string_view field, const std::string& parent, const Pattern& pattern,
                                  std::string_view text) {
  return Full(field, pattern, absl::StrCat(parent, "/", Absl(pattern.back()), "/", Absl(text)));
}

absl::Status Incomplete(std::string_view what, std::string_view option) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, absl::StrCat("the context names no ", Absl(what)),
      {.reason = "SCOPE_INCOMPLETE",
       .field = std::string(what),
       .remedy = absl::StrCat("Give ", Absl(option), ", a full name, or set it by 'sluice context add'.")});
}

absl::StatusOr<std::string> BelowOrganization(const Scope& scope, std::string_view field, const Pattern& pattern,
                                              std::string_view text) {
  if (IsFull(text)) return Full(field, pattern, text);
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  return Below(field, parent, pattern, text);
}

absl::StatusOr<std::string> BelowCluster(const Scope& scope, std::string_view cluster, std::string_view field,
                                         const Pattern& pattern, std::string_view text) {
  if (IsFull(text)) return Full(field, pattern, text);
  if (cluster.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("which cluster is '", Absl(text), "' of?"),
                     {.reason = "SCOPE_INCOMPLETE", .field = "cluster", .remedy = "Give --cluster, or the full name."});
  }
  ASSIGN_OR_RETURN(const std::string parent, KafkaClusterName(scope, cluster));
  return Below(field, parent, pattern, text);
}

}  // namespace

absl::StatusOr<std::string> OrganizationName(const Scope& scope, std::string_view text) {
  if (IsFull(text)) return Full("organization", kOrganization, text);
  const std::string id = text.empty() ? scope.organization : std::string(text);
  if (id.empty()) return Incomplete("organization", "--org");
  if (IsFull(id)) return Full("organization", kOrganization, id);
  return absl::StrCat("organizations/", id);
}

absl::StatusOr<std::string> EnvironmentName(const Scope& scope, std::string_view text) {
  const std::string id = text.empty() ? scope.environment : std::string(text);
  if (IsFull(id)) return Full("environment", kEnvironment, id);
  if (id.empty()) return Incomplete("environment", "--env");
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  return Below("environment", parent, kEnvironment, id);
}

absl::StatusOr<std::string> KafkaClusterName(const Scope& scope, std::string_view text) {
  if (IsFull(text)) return Full("cluster", kKafkaCluster, text);
  ASSIGN_OR_RETURN(const std::string parent, EnvironmentName(scope));
  return Below("cluster", parent, kKafkaCluster, text);
}

absl::StatusOr<std::string> KafkaKeyName(const Scope& scope, std::string_view cluster, std::string_view text) {
  return BelowCluster(scope, cluster, "key", kKafkaKey, text);
}

absl::StatusOr<std::string> TopicName(const Scope& scope, std::string_view cluster, std::string_view text) {
  return BelowCluster(scope, cluster, "topic", kTopic, text);
}

absl::StatusOr<std::string> OperationName(const Scope& scope, std::string_view text) {
  return BelowOrganization(scope, "operation", kOperation, text);
}

absl::StatusOr<std::string> ApiKeyName(const Scope& scope, std::string_view text) {
  return BelowOrganization(scope, "apikey", kApiKey, text);
}

absl::StatusOr<std::string> RoleBindingName(const Scope& scope, std::string_view text) {
  return BelowOrganization(scope, "role_binding", kRoleBinding, text);
}

absl::StatusOr<std::string> DataPlaneName(std::string_view text) {
  if (IsFull(text)) return Full("dataplane", kDataPlane, text);
  return Full("dataplane", kDataPlane, absl::StrCat("dataPlanes/", Absl(text)));
}

std::string LastSegment(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

std::string ParentOf(std::string_view name) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string_view::npos) return "";
    name = name.substr(0, slash);
  }
  return std::string(name);
}

}  // namespace sluice::cli
