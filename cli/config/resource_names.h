#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::cli {

// What short names are short for: the context's organization and environment, or what --org and --env say.
struct Scope {
  std::string organization;
  std::string environment;
};

// Full resource names from what a person types. A text that holds a '/' is taken for a full name and must have the
// form of its kind; a short one is put below the scope (SCOPE_INCOMPLETE when the scope lacks a part). A name that is
// of neither form is NAME_INVALID, and `field` of the error names the argument.
absl::StatusOr<std::string> OrganizationName(const Scope& scope, std::string_view text = "");
absl::StatusOr<std::string> EnvironmentName(const Scope& scope, std::string_view text = "");
absl::StatusOr<std::string> KafkaClusterName(const Scope& scope, std::string_view text);
// `cluster` may be empty when `text` is a full name.
absl::StatusOr<std::string> KafkaKeyName(const Scope& scope, std::string_view cluster, std::string_view text);
absl::StatusOr<std::string> TopicName(const Scope& scope, std::string_view cluster, std::string_view text);
absl::StatusOr<std::string> OperationName(const Scope& scope, std::string_view text);
absl::StatusOr<std::string> ApiKeyName(const Scope& scope, std::string_view text);
absl::StatusOr<std::string> RoleBindingName(const Scope& scope, std::string_view text);
absl::StatusOr<std::string> DataPlaneName(std::string_view text);

// "orders" of ".../kafkaClusters/orders"; the text itself when it has no '/'.
std::string LastSegment(std::string_view name);
// The name above: "a/b" of "a/b/keys/k"; empty when there is none.
std::string ParentOf(std::string_view name);

}  // namespace sluice::cli
