#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "services/provisioner/core/model/resource.h"

namespace sluice::provisioner {

struct Organization {
  Meta meta;  // name: organizations/{id}
  std::string id;
  std::string display_name;
  Labels labels;

  friend bool operator==(const Organization&, const Organization&) = default;
};

struct Environment {
  Meta meta;  // name: organizations/{organization}/environments/{id}
  std::string organization;
  std::string id;
  std::string display_name;
  Labels labels;

  friend bool operator==(const Environment&, const Environment&) = default;
};

// A bearer key of the API. The principal in role bindings is "apiKeys/{uid}".
struct ApiKey {
  Meta meta;  // name: organizations/{organization}/apiKeys/{id}; delete_time set: revoked
  std::string organization;
  std::string id;
  std::string display_name;
  std::optional<absl::Time> expire_time;
  // ports/secrets.h: KeyedHash of the secret. Nobody can log in with it.
  std::string secret_hash;

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

enum class Role { kOrganizationAdmin = 1, kEnvironmentAdmin = 2, kViewer = 3, kPlatformAdmin = 4 };

struct RoleBinding {
  Meta meta;  // name: organizations/{organization}/roleBindings/{id}
  std::string organization;
  std::string id;
  std::string principal;  // apiKeys/{uid}
  Role role = Role::kViewer;
  // organizations/{o}, organizations/{o}/environments/{e}, or "platform"
  std::string scope;

  friend bool operator==(const RoleBinding&, const RoleBinding&) = default;
};

}  // namespace sluice::provisioner
