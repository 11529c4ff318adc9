#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::RoleBinding;

const std::map<std::string, RoleBinding::Role> kRoles = {{"organization-admin", RoleBinding::ORGANIZATION_ADMIN},
                                                         {"environment-admin", RoleBinding::ENVIRONMENT_ADMIN},
                                                         {"viewer", RoleBinding::VIEWER},
                                                         {"platform-admin", RoleBinding::PLATFORM_ADMIN}};

struct BindOptions {
  std::string principal;
  std::string role;
  bool whole_organization = false;
  std::string name;
  MutationFlags mutation;
};

// "apiKeys/ak-…" as it is; else the API key of that name.
absl::StatusOr<std::string> PrincipalOf(const Scope& scope, ApiClient& api, const std::string& text) {
  if (absl::StartsWith(text, "apiKeys/")) return text;
  if (absl::StartsWith(text, "ak-") && text.find('/') == std::string::npos) return absl::StrCat("apiKeys/", text);
  provisioner::v1::GetApiKeyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ApiKeyName(scope, text));
  ASSIGN_OR_RETURN(const auto key, api.Call(&ApiClient::Organizations::StubInterface::GetApiKey, request));
  return absl::StrCat("apiKeys/", key.uid());
}

absl::StatusOr<std::string> ScopeOf(const Scope& scope, const BindOptions& options, RoleBinding::Role role) {
  if (role == RoleBinding::PLATFORM_ADMIN) return std::string("platform");
  if (role == RoleBinding::ORGANIZATION_ADMIN || options.whole_organization) return OrganizationName(scope);
  return EnvironmentName(scope);
}

absl::Status Bind(Session& session, const BindOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::CreateRoleBindingRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), OrganizationName(scope));
  request.set_role_binding_id(options.name);
  RoleBinding& binding = *request.mutable_role_binding();
  binding.set_role(kRoles.at(options.role));
  ASSIGN_OR_RETURN(*binding.mutable_scope(), ScopeOf(scope, options, binding.role()));
  ASSIGN_OR_RETURN(*binding.mutable_principal(), PrincipalOf(scope, *api, options.principal));
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const RoleBinding made,
                   api->Call(&ApiClient::Organizations::StubInterface::CreateRoleBinding, request));
  session.output().Show(RoleBindingDocument(made),
                        [&](std::ostream& out, bool colour) { PrintRoleBindings(out, colour, {made}); });
  return absl::OkStatus();
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<RoleBinding>& all) -> absl::Status {
    provisioner::v1::ListRoleBindingsRequest request;
    request.set_parent(parent);
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::Organizations::StubInterface::ListRoleBindings, request));
    all.insert(all.end(), page.role_bindings().begin(), page.role_bindings().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<RoleBinding> all, AllPages<RoleBinding>(fetch));
  Document documents = Document::array();
  for (const RoleBinding& one : all) documents.push_back(RoleBindingDocument(one));
  session.output().Show(documents, [&](std::ostream& out, bool colour) { PrintRoleBindings(out, colour, all); });
  return absl::OkStatus();
}

absl::Status Unbind(Session& session, const std::string& name, const MutationFlags& mutation) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteRoleBindingRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), RoleBindingName(scope, name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, mutation, request);
  RETURN_IF_ERROR(api->Call(&ApiClient::Organizations::StubInterface::DeleteRoleBinding, request).status());
  const char* said = mutation.validate_only ? " could be taken away.\n" : " is taken away.\n";
  session.output().Show({{"resource_name", request.name()}, {"deleted", !mutation.validate_only}},
                        [&](std::ostream& out, bool) { out << "Role binding " << name << said; });
  return absl::OkStatus();
}

}  // namespace

void AddRoleCommands(CommandTree& tree) {
  CLI::App& role = tree.AddNoun("role", "Who may do what");

  CLI::App& bind = tree.AddVerb(role, "bind", "Give an API key a role",
                                "  sluice role bind ci --role environment-admin --env staging\n"
                                "  sluice role bind auditor --role viewer --organization\n");
  auto binding = std::make_shared<BindOptions>();
  bind.add_option("PRINCIPAL", binding->principal, "An API key's name, its id (ak-…), or apiKeys/{id}")->required();
  std::vector<std::string> roles;
  for (const auto& [name, value] : kRoles) roles.push_back(name);
  bind.add_option("--role", binding->role, "The role")->required()->check(CLI::IsMember(roles));
  bind.add_flag("--organization", binding->whole_organization,
                "viewer: over the whole organization instead of the environment");
  bind.add_option("--name", binding->name, "The binding's name (default: one is made)");
  AddMutationFlags(bind, binding->mutation);
  tree.SetRun(bind, [binding](Session& session) { return Bind(session, *binding); });

  CLI::App& list = tree.AddVerb(role, "list", "Role bindings of the organization", "  sluice role list\n");
  tree.SetRun(list, List);

  CLI::App& unbind = tree.AddVerb(role, "unbind", "Take a role away", "  sluice role unbind rb-7f3k2p9q\n");
  auto name = std::make_shared<std::string>();
  auto mutation = std::make_shared<MutationFlags>();
  unbind.add_option("NAME", *name, "The role binding")->required();
  AddMutationFlags(unbind, *mutation);
  tree.SetRun(unbind, [name, mutation](Session& session) { return Unbind(session, *name, *mutation); });
}

}  // namespace sluice::cli
