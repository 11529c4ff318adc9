#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::Environment;

struct EnvironmentOptions {
  std::string name;
  std::string display_name;
  std::vector<std::string> labels;
  bool yes = false;
  MutationFlags mutation;
};

absl::Status Create(Session& session, const EnvironmentOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string full_name, EnvironmentName(scope, options.name));
  ASSIGN_OR_RETURN(const auto labels, ParsePairs(options.labels, "label"));
  provisioner::v1::CreateEnvironmentRequest request;
  request.set_parent(ParentOf(full_name));
  request.set_environment_id(LastSegment(full_name));
  request.mutable_environment()->set_display_name(options.display_name);
  request.mutable_environment()->mutable_labels()->insert(labels.begin(), labels.end());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const Environment made,
                   api->Call(&ApiClient::Organizations::StubInterface::CreateEnvironment, request));
  session.output().Show(EnvironmentDocument(made),
                        [&](std::ostream& out, bool colour) { PrintEnvironments(out, colour, {made}, session.now()); });
  return absl::OkStatus();
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<Environment>& all) -> absl::Status {
    provisioner::v1::ListEnvironmentsRequest request;
    request.set_parent(parent);
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::Organizations::StubInterface::ListEnvironments, request));
    all.insert(all.end(), page.environments().begin(), page.environments().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<Environment> all, AllPages<Environment>(fetch));
  Document documents = Document::array();
  for (const Environment& one : all) documents.push_back(EnvironmentDocument(one));
  session.output().Show(documents,
                        [&](std::ostream& out, bool colour) { PrintEnvironments(out, colour, all, session.now()); });
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const EnvironmentOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteEnvironmentRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), EnvironmentName(scope, options.name));
  if (!options.yes && !options.mutation.validate_only) {
    RETURN_IF_ERROR(session.Confirm("Delete environment " + options.name + "?", /*can_be_undone=*/false));
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  RETURN_IF_ERROR(api->Call(&ApiClient::Organizations::StubInterface::DeleteEnvironment, request).status());
  const char* said = options.mutation.validate_only ? " could be deleted.\n" : " is gone.\n";
  session.output().Show({{"resource_name", request.name()}, {"deleted", !options.mutation.validate_only}},
                        [&](std::ostream& out, bool) { out << "Environment " << options.name << said; });
  return absl::OkStatus();
}

}  // namespace

void AddEnvironmentCommands(CommandTree& tree) {
  CLI::App& environment = tree.AddNoun("env", "Environments: parts of an organization with roles of their own");

  CLI::App& create =
      tree.AddVerb(environment, "create", "Make an environment", "  sluice env create staging --label team=blue\n");
  auto creation = std::make_shared<EnvironmentOptions>();
  create.add_option("NAME", creation->name, "Its name: 1-63 of a-z, 0-9 and '-', a letter first")->required();
  create.add_option("--display-name", creation->display_name, "For people");
  create.add_option("--label", creation->labels, "KEY=VALUE, may be repeated")->allow_extra_args(false);
  AddMutationFlags(create, creation->mutation);
  tree.SetRun(create, [creation](Session& session) { return Create(session, *creation); });

  CLI::App& list = tree.AddVerb(environment, "list", "Environments of the organization", "  sluice env list\n");
  tree.SetRun(list, List);

  CLI::App& remove = tree.AddVerb(environment, "delete", "Delete an environment that has no clusters",
                                  "  sluice env delete staging --yes\n");
  auto deletion = std::make_shared<EnvironmentOptions>();
  remove.add_option("NAME", deletion->name, "The environment")->required();
  remove.add_flag("-y,--yes", deletion->yes, "Do not ask");
  AddMutationFlags(remove, deletion->mutation);
  tree.SetRun(remove, [deletion](Session& session) { return Delete(session, *deletion); });
}

}  // namespace sluice::cli
