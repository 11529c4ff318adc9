#include "services/provisioner/app/organization_commands.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

constexpr char kPlatform[] = "platform";
constexpr char kDefault[] = "default";
constexpr char kAdmin[] = "admin";
// The organization is part of each name below it; 40 leaves room.
constexpr int kLongestOrganization = 40;

absl::Status SecretShownOnce() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "this request made its key, and the secret was shown then",
                   {.reason = "SECRET_SHOWN_ONCE",
                    .remedy = "if it was lost, delete the key and make another with a new request_id"});
}

std::string OrganizationName(const std::string& id) { return absl::StrCat("organizations/", id); }

Meta NewMeta(const std::string& uid, const std::string& name, absl::Time now) {
  return {.uid = uid, .name = name, .version = 1, .generation = 1, .create_time = now, .update_time = now};
}

Organization NewOrganization(const CommandPorts& ports, const CreateOrganization& request, absl::Time now) {
  return {.meta = NewMeta(absl::StrCat("org-", ports.ids.NewSuffix(10)), OrganizationName(request.id), now),
          .id = request.id,
          .display_name = request.display_name,
          .labels = request.labels};
}

Environment NewEnvironment(const CommandPorts& ports, const CreateEnvironment& request, absl::Time now) {
  return {.meta = NewMeta(absl::StrCat("env-", ports.ids.NewSuffix(10)),
                          absl::StrCat(OrganizationName(request.organization), "/environments/", request.id), now),
          .organization = request.organization,
          .id = request.id,
          .display_name = request.display_name,
          .labels = request.labels};
}

// A key and its bearer token; with validate_only without a secret.
CreatedApiKey NewKey(const CommandPorts& ports, const Caller& caller, const CreateApiKey& request, absl::Time now) {
  CreatedApiKey created;
  const std::string uid = absl::StrCat("ak-", ports.ids.NewSuffix(10));
  const std::string id = request.id.empty() ? uid : request.id;
  created.key = {.meta = NewMeta(uid, absl::StrCat(OrganizationName(request.organization), "/apiKeys/", id), now),
                 .organization = request.organization,
                 .id = id,
                 .display_name = request.display_name,
                 .expire_time = request.expire_time};
  if (caller.validate_only) return created;
  const std::string secret = ports.secrets.NewSecret();
  created.key.secret_hash = ports.secrets.KeyedHash(secret);
  created.bearer = BearerOf(uid, secret);
  return created;
}

RoleBinding NewBinding(const CommandPorts& ports, const CreateRoleBinding& request, absl::Time now) {
  const std::string uid = absl::StrCat("rb-", ports.ids.NewSuffix(10));
  const std::string id = request.id.empty() ? uid : request.id;
  return {.meta = NewMeta(uid, absl::StrCat(OrganizationName(request.organization), "/roleBindings/", id), now),
          .organization = request.organization,
          .id = id,
          .principal = request.principal,
          .role = request.role,
          .scope = request.scope};
}

absl::Status CheckScope(const CreateRoleBinding& request) {
  const std::string organization = OrganizationName(request.organization);
  const bool platform = request.role == Role::kPlatformAdmin;
  if (platform != (request.scope == kPlatform)) {
    return InvalidField("role_binding.scope", "does not go with the role",
                        "PLATFORM_ADMIN is bound at \"platform\", and only it");
  }
  if (platform) return absl::OkStatus();
  const bool whole = request.scope == organization;
  const bool environment = absl::StartsWith(request.scope, organization + "/environments/");
  if (!whole && !environment) {
    return InvalidField("role_binding.scope", "is not of this organization",
                        "take its name or an environment's below it");
  }
  if (request.role == Role::kOrganizationAdmin && !whole) {
    return InvalidField("role_binding.scope", "is an environment",
                        "an ORGANIZATION_ADMIN is bound at its organization");
  }
  if (request.role == Role::kEnvironmentAdmin && whole) {
    return InvalidField("role_binding.scope", "is an organization", "an ENVIRONMENT_ADMIN is bound at an environment");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RoleBinding>> BindingsIn(Store& store, const std::string& organization) {
  ASSIGN_OR_RETURN(std::vector<Aggregate> rows,
                   store.List({.kind = Kind::kRoleBinding,
                               .name_prefix = absl::StrCat(OrganizationName(organization), "/roleBindings/"),
                               .limit = 1000}));
  std::vector<RoleBinding> bindings;
  for (Aggregate& row : rows) bindings.push_back(std::get<RoleBinding>(std::move(row)));
  return bindings;
}

// The answer to a repeated request, as the resource is now.
template <typename T>
absl::StatusOr<std::optional<T>> ResourceBefore(const CommandPorts& ports, const Caller& caller, Kind kind) {
  ASSIGN_OR_RETURN(const std::optional<std::string> uid, AnswerBefore(ports, caller));
  if (!uid) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<Aggregate> found, ports.store.FindByUid(kind, *uid));
  if (!found) return NotFound(*uid);
  return std::optional<T>(std::get<T>(*std::move(found)));
}

}  // namespace

absl::StatusOr<CreatedOrganization> OrganizationCommands::Create(const Caller& caller,
                                                                 const CreateOrganization& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return SecretShownOnce();
  RETURN_IF_ERROR(CheckLabelId("organization_id", request.id, kLongestOrganization));
  RETURN_IF_ERROR(CheckDisplayName("organization.display_name", request.display_name));
  RETURN_IF_ERROR(CheckLabels("organization.labels", request.labels));
  const absl::Time now = ports_.clock.Now();
  CreatedOrganization created{.organization = NewOrganization(ports_, request, now)};
  CreatedApiKey key = NewKey(ports_, caller, {.organization = request.id, .id = kAdmin}, now);
  created.admin_key = key.key;
  created.bearer = key.bearer;
  if (caller.validate_only) return created;
  Mutation mutation =
      MutationFor(ports_, caller, "CreateOrganization", created.organization.meta.name, created.organization.meta.uid);
  mutation.writes.push_back(NewRow(created.organization));
  mutation.writes.push_back(NewRow(created.admin_key));
  mutation.writes.push_back(NewRow(NewBinding(ports_,
                                              {.organization = request.id,
                                               .id = kAdmin,
                                               .principal = absl::StrCat("apiKeys/", created.admin_key.meta.uid),
                                               .role = Role::kOrganizationAdmin,
                                               .scope = OrganizationName(request.id)},
                                              now)));
  ASSIGN_OR_RETURN(const Committed committed, CommitAndTell(ports_, caller, mutation));
  if (committed.repeated) return SecretShownOnce();
  return created;
}

absl::StatusOr<CreatedOrganization> OrganizationCommands::Bootstrap(const Caller& caller, bool rotate) {
  const absl::Time now = ports_.clock.Now();
  const std::string name = OrganizationName(kDefault);
  CreatedOrganization created;
  Mutation mutation = MutationFor(ports_, caller, "Bootstrap", name, "");
  ASSIGN_OR_RETURN(std::optional<Aggregate> organization, ports_.store.FindByName(Kind::kOrganization, name));
  created.organization = organization ? std::get<Organization>(*organization)
                                      : NewOrganization(ports_, {.id = kDefault, .display_name = "Default"}, now);
  if (!organization) {
    mutation.writes.push_back(NewRow(created.organization));
    mutation.writes.push_back(NewRow(NewEnvironment(ports_, {.organization = kDefault, .id = kDefault}, now)));
  }
  ASSIGN_OR_RETURN(std::vector<RoleBinding> bindings, BindingsIn(ports_.store, kDefault));
  for (const RoleBinding& binding : bindings) {
    if (binding.role != Role::kPlatformAdmin) continue;
    if (!rotate) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "the platform has an administrator already",
                       {.reason = "ADMIN_EXISTS", .remedy = "use its key, or rotate it"});
    }
    mutation.writes.push_back(ErasedRow(binding));
    ASSIGN_OR_RETURN(std::optional<Aggregate> old,
                     ports_.store.FindByUid(Kind::kApiKey, binding.principal.substr(std::string("apiKeys/").size())));
    if (old) {
      ApiKey key = std::get<ApiKey>(*std::move(old));
      key.meta.delete_time = now;
      mutation.writes.push_back(UpdatedRow(std::move(key), now));
    }
  }
  CreatedApiKey key = NewKey(ports_, caller, {.organization = kDefault, .display_name = "Platform administrator"}, now);
  created.admin_key = key.key;
  created.bearer = key.bearer;
  mutation.writes.push_back(NewRow(created.admin_key));
  const std::string principal = absl::StrCat("apiKeys/", key.key.meta.uid);
  mutation.writes.push_back(NewRow(NewBinding(
      ports_, {.organization = kDefault, .principal = principal, .role = Role::kPlatformAdmin, .scope = kPlatform},
      now)));
  mutation.writes.push_back(NewRow(NewBinding(
      ports_, {.organization = kDefault, .principal = principal, .role = Role::kOrganizationAdmin, .scope = name},
      now)));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return created;
}

absl::StatusOr<Environment> OrganizationCommands::CreateEnvironmentIn(const Caller& caller,
                                                                      const CreateEnvironment& request) {
  ASSIGN_OR_RETURN(std::optional<Environment> before, ResourceBefore<Environment>(ports_, caller, Kind::kEnvironment));
  if (before) return *std::move(before);
  RETURN_IF_ERROR(CheckLabelId("environment_id", request.id));
  RETURN_IF_ERROR(CheckDisplayName("environment.display_name", request.display_name));
  RETURN_IF_ERROR(CheckLabels("environment.labels", request.labels));
  Environment environment = NewEnvironment(ports_, request, ports_.clock.Now());
  if (caller.validate_only) return environment;
  Mutation mutation = MutationFor(ports_, caller, "CreateEnvironment", environment.meta.name, environment.meta.uid);
  mutation.requires_live = {OrganizationName(request.organization)};
  mutation.writes.push_back(NewRow(environment));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return environment;
}

absl::StatusOr<Environment> OrganizationCommands::Update(const Caller& caller, const UpdateEnvironment& request) {
  ASSIGN_OR_RETURN(std::optional<Environment> before, ResourceBefore<Environment>(ports_, caller, Kind::kEnvironment));
  if (before) return *std::move(before);
  ASSIGN_OR_RETURN(Environment environment, GetByName<Environment>(ports_.store, Kind::kEnvironment, request.name));
  RETURN_IF_ERROR(CheckEtag(request.etag, environment.meta));
  if (request.update_mask.empty()) return InvalidField("update_mask", "is empty", "name the fields that shall change");
  for (const std::string& path : request.update_mask) {
    if (path == "display_name") {
      environment.display_name = request.display_name;
    } else if (path == "labels") {
      environment.labels = request.labels;
    } else {
      return InvalidField("update_mask", absl::StrCat("has ", path, ", which cannot be changed"),
                          "take display_name or labels");
    }
  }
  RETURN_IF_ERROR(CheckDisplayName("environment.display_name", environment.display_name));
  RETURN_IF_ERROR(CheckLabels("environment.labels", environment.labels));
  ++environment.meta.generation;
  if (caller.validate_only) return environment;
  Mutation mutation = MutationFor(ports_, caller, "UpdateEnvironment", request.name, environment.meta.uid);
  mutation.writes.push_back(UpdatedRow(environment, ports_.clock.Now()));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return std::get<Environment>(mutation.writes.front().after);
}

absl::Status OrganizationCommands::Delete(const Caller& caller, const DeleteEnvironment& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return absl::OkStatus();
  ASSIGN_OR_RETURN(Environment environment, GetByName<Environment>(ports_.store, Kind::kEnvironment, request.name));
  RETURN_IF_ERROR(CheckEtag(request.etag, environment.meta));
  Mutation mutation = MutationFor(ports_, caller, "DeleteEnvironment", request.name, environment.meta.uid);
  mutation.requires_childless = request.name;
  if (caller.validate_only) return absl::OkStatus();
  mutation.writes.push_back(ErasedRow(std::move(environment)));
  return CommitAndTell(ports_, caller, mutation).status();
}

absl::StatusOr<CreatedApiKey> OrganizationCommands::CreateKey(const Caller& caller, const CreateApiKey& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return SecretShownOnce();
  if (!request.id.empty()) RETURN_IF_ERROR(CheckLabelId("api_key_id", request.id));
  RETURN_IF_ERROR(CheckDisplayName("api_key.display_name", request.display_name));
  const absl::Time now = ports_.clock.Now();
  if (request.expire_time && *request.expire_time <= now) {
    return InvalidField("api_key.expire_time", "is over", "take a time to come, or none");
  }
  CreatedApiKey created = NewKey(ports_, caller, request, now);
  if (caller.validate_only) return created;
  Mutation mutation = MutationFor(ports_, caller, "CreateApiKey", created.key.meta.name, created.key.meta.uid);
  mutation.requires_live = {OrganizationName(request.organization)};
  mutation.writes.push_back(NewRow(created.key));
  ASSIGN_OR_RETURN(const Committed committed, CommitAndTell(ports_, caller, mutation));
  if (committed.repeated) return SecretShownOnce();
  return created;
}

absl::Status OrganizationCommands::Delete(const Caller& caller, const DeleteApiKey& request) {
  ASSIGN_OR_RETURN(ApiKey key, GetByName<ApiKey>(ports_.store, Kind::kApiKey, request.name));
  if (key.meta.delete_time || caller.validate_only) return absl::OkStatus();
  const absl::Time now = ports_.clock.Now();
  key.meta.delete_time = now;
  ++key.meta.generation;
  Mutation mutation = MutationFor(ports_, caller, "DeleteApiKey", request.name, key.meta.uid);
  mutation.writes.push_back(UpdatedRow(std::move(key), now));
  return CommitAndTell(ports_, caller, mutation).status();
}

absl::StatusOr<RoleBinding> OrganizationCommands::Bind(const Caller& caller, const CreateRoleBinding& request) {
  ASSIGN_OR_RETURN(std::optional<RoleBinding> before, ResourceBefore<RoleBinding>(ports_, caller, Kind::kRoleBinding));
  if (before) return *std::move(before);
  if (!request.id.empty()) RETURN_IF_ERROR(CheckLabelId("role_binding_id", request.id));
  RETURN_IF_ERROR(CheckScope(request));
  const std::string begin = "apiKeys/";
  if (!absl::StartsWith(request.principal, begin)) {
    return InvalidField("role_binding.principal", "is no principal", "take apiKeys/{uid}");
  }
  ASSIGN_OR_RETURN(const std::optional<Aggregate> key,
                   ports_.store.FindByUid(Kind::kApiKey, request.principal.substr(begin.size())));
  // A key of another organization looks like a missing one.
  if (!key || std::get<ApiKey>(*key).organization != request.organization) {
    return InvalidField("role_binding.principal", "does not exist", "take the uid of a key of this organization");
  }
  RoleBinding binding = NewBinding(ports_, request, ports_.clock.Now());
  if (caller.validate_only) return binding;
  Mutation mutation = MutationFor(ports_, caller, "CreateRoleBinding", binding.meta.name, binding.meta.uid);
  mutation.requires_live = {OrganizationName(request.organization)};
  if (absl::StrContains(request.scope, "/environments/")) mutation.requires_live.push_back(request.scope);
  mutation.writes.push_back(NewRow(binding));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return binding;
}

absl::Status OrganizationCommands::Delete(const Caller& caller, const DeleteRoleBinding& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return absl::OkStatus();
  ASSIGN_OR_RETURN(RoleBinding binding, GetByName<RoleBinding>(ports_.store, Kind::kRoleBinding, request.name));
  Mutation mutation = MutationFor(ports_, caller, "DeleteRoleBinding", request.name, binding.meta.uid);
  const absl::Time now = ports_.clock.Now();
  if (binding.role == Role::kOrganizationAdmin) {
    ASSIGN_OR_RETURN(const std::vector<RoleBinding> bindings, BindingsIn(ports_.store, binding.organization));
    int admins = 0;
    for (const RoleBinding& other : bindings) admins += other.role == Role::kOrganizationAdmin ? 1 : 0;
    if (admins <= 1) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "it is the organization's last ORGANIZATION_ADMIN",
                       {.reason = "LAST_ADMIN", .remedy = "bind another one first"});
    }
    // Two at once must not take away the last two: both write the organization's row.
    ASSIGN_OR_RETURN(Organization organization, GetByName<Organization>(ports_.store, Kind::kOrganization,
                                                                        OrganizationName(binding.organization)));
    mutation.writes.push_back(UpdatedRow(std::move(organization), now));
  }
  if (caller.validate_only) return absl::OkStatus();
  mutation.writes.push_back(ErasedRow(std::move(binding)));
  return CommitAndTell(ports_, caller, mutation).status();
}

}  // namespace sluice::provisioner
