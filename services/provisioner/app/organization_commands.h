#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/organization.h"

namespace sluice::provisioner {

struct CreateOrganization {
  std::string id;
  std::string display_name;
  Labels labels;
};

struct CreatedOrganization {
  Organization organization;
  ApiKey admin_key;
  // The bearer token "sk_{ak uid}_{secret}", shown once. A repeat: FAILED_PRECONDITION SECRET_SHOWN_ONCE.
  std::string bearer;
};

struct CreateEnvironment {
  std::string organization;
  std::string id;
  std::string display_name;
  Labels labels;
};

struct UpdateEnvironment {
  std::string name;
  std::string etag;
  std::string display_name;
  Labels labels;
  std::set<std::string> update_mask;  // display_name, labels
};

struct DeleteEnvironment {
  std::string name;
  std::string etag;
};

struct CreateApiKey {
  std::string organization;
  std::string id;  // empty: made
  std::string display_name;
  std::optional<absl::Time> expire_time;
};

struct CreatedApiKey {
  ApiKey key;
  std::string bearer;  // see CreatedOrganization
};

struct DeleteApiKey {
  std::string name;
};

struct CreateRoleBinding {
  std::string organization;
  std::string id;  // empty: made
  std::string principal;
  Role role = Role::kViewer;
  std::string scope;
};

struct DeleteRoleBinding {
  std::string name;
};

// Organizations, environments, and who may do what in them; done when it returns. Errors as KafkaClusterCommands.
// Thread-safe.
class OrganizationCommands {
 public:
  explicit OrganizationCommands(CommandPorts ports) : ports_(ports) {}

  // With a first ORGANIZATION_ADMIN key.
  absl::StatusOr<CreatedOrganization> Create(const Caller& caller, const CreateOrganization& request);
  // For `provisioner bootstrap-admin`: organization and environment "default" unless they exist, and the key "admin"
  // that is PLATFORM_ADMIN and ORGANIZATION_ADMIN. FAILED_PRECONDITION ADMIN_EXISTS when there is one already, unless
  // `rotate`: then that one is revoked and another made.
  absl::StatusOr<CreatedOrganization> Bootstrap(const Caller& caller, bool rotate);

  absl::StatusOr<Environment> CreateEnvironmentIn(const Caller& caller, const CreateEnvironment& request);
  absl::StatusOr<Environment> Update(const Caller& caller, const UpdateEnvironment& request);
  absl::Status Delete(const Caller& caller, const DeleteEnvironment& request);

  absl::StatusOr<CreatedApiKey> CreateKey(const Caller& caller, const CreateApiKey& request);
  // Revokes it: the row stays with its delete_time. A second time: OK, nothing changes.
  absl::Status Delete(const Caller& caller, const DeleteApiKey& request);

  absl::StatusOr<RoleBinding> Bind(const Caller& caller, const CreateRoleBinding& request);
  absl::Status Delete(const Caller& caller, const DeleteRoleBinding& request);

 private:
  CommandPorts ports_;
};

}  // namespace sluice::provisioner
