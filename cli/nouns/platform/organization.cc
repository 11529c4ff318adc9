#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/nouns/platform/secret_output.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::Organization;

struct CreateOptions {
  std::string name;
  std::string display_name;
  std::vector<std::string> labels;
  std::string secret_file;
  MutationFlags mutation;
};

absl::Status Create(Session& session, const CreateOptions& options) {
  ASSIGN_OR_RETURN(const auto labels, ParsePairs(options.labels, "label"));
  provisioner::v1::CreateOrganizationRequest request;
  request.set_organization_id(options.name);
  request.mutable_organization()->set_display_name(options.display_name);
  request.mutable_organization()->mutable_labels()->insert(labels.begin(), labels.end());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const auto made, api->Call(&ApiClient::Organizations::StubInterface::CreateOrganization, request));
  Document document = OrganizationDocument(made.organization());
  if (options.mutation.validate_only) {
    session.output().Show(document, [&](std::ostream& out, bool colour) {
      PrintOrganizations(out, colour, {made.organization()}, session.now());
    });
    return absl::OkStatus();
  }
  document["admin_key"] = ApiKeyDocument(made.admin_key());
  document["principal"] = "apiKeys/" + made.admin_key().uid();
  return ShowWithSecret(session, std::move(document), "admin key", "secret", made.secret(), options.secret_file);
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<Organization>& all) -> absl::Status {
    provisioner::v1::ListOrganizationsRequest request;
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::Organizations::StubInterface::ListOrganizations, request));
    all.insert(all.end(), page.organizations().begin(), page.organizations().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<Organization> all, AllPages<Organization>(fetch));
  Document documents = Document::array();
  for (const Organization& one : all) documents.push_back(OrganizationDocument(one));
  session.output().Show(documents,
                        [&](std::ostream& out, bool colour) { PrintOrganizations(out, colour, all, session.now()); });
  return absl::OkStatus();
}

}  // namespace

void AddOrganizationCommands(CommandTree& tree) {
  CLI::App& organization = tree.AddNoun("org", "Organizations: the walls between tenants");

  CLI::App& create =
      tree.AddVerb(organization, "create", "Make an organization and its first admin key (platform admins)",
                   "  sluice org create acme --secret-file acme.key\n");
  auto options = std::make_shared<CreateOptions>();
  create.add_option("NAME", options->name, "Its name: 1-63 of a-z, 0-9 and '-', a letter first")->required();
  create.add_option("--display-name", options->display_name, "For people");
  create.add_option("--label", options->labels, "KEY=VALUE, may be repeated")->allow_extra_args(false);
  AddSecretFile(create, options->secret_file);
  AddMutationFlags(create, options->mutation);
  tree.SetRun(create, [options](Session& session) { return Create(session, *options); });

  CLI::App& list = tree.AddVerb(organization, "list", "Organizations that this key may see", "  sluice org list\n");
  tree.SetRun(list, List);
}

}  // namespace sluice::cli
