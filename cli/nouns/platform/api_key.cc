#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/nouns/platform/secret_output.h"
#include "cli/output/figures.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::ApiKey;

struct ApiKeyOptions {
  std::string name;
  std::string display_name;
  std::string expires_in;
  std::string secret_file;
  bool yes = false;
  MutationFlags mutation;
};

absl::Status Create(Session& session, const ApiKeyOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::CreateApiKeyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), OrganizationName(scope));
  request.set_api_key_id(options.name);
  request.mutable_api_key()->set_display_name(options.display_name);
  if (!options.expires_in.empty()) {
    ASSIGN_OR_RETURN(const absl::Duration lifetime, ParseDuration(options.expires_in, "expires-in"));
    request.mutable_api_key()->mutable_expire_time()->set_seconds(absl::ToUnixSeconds(session.now() + lifetime));
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const auto made, api->Call(&ApiClient::Organizations::StubInterface::CreateApiKey, request));
  if (options.mutation.validate_only) {
    session.output().Show(ApiKeyDocument(made.api_key()), [&](std::ostream& out, bool colour) {
      PrintApiKeys(out, colour, {made.api_key()}, session.now());
    });
    return absl::OkStatus();
  }
  return ShowWithSecret(session, ApiKeyDocument(made.api_key()), "secret", "secret", made.secret(),
                        options.secret_file);
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<ApiKey>& all) -> absl::Status {
    provisioner::v1::ListApiKeysRequest request;
    request.set_parent(parent);
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::Organizations::StubInterface::ListApiKeys, request));
    all.insert(all.end(), page.api_keys().begin(), page.api_keys().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<ApiKey> all, AllPages<ApiKey>(fetch));
  Document documents = Document::array();
  for (const ApiKey& one : all) documents.push_back(ApiKeyDocument(one));
  session.output().Show(documents,
                        [&](std::ostream& out, bool colour) { PrintApiKeys(out, colour, all, session.now()); });
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const ApiKeyOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteApiKeyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ApiKeyName(scope, options.name));
  if (!options.yes && !options.mutation.validate_only) {
    RETURN_IF_ERROR(session.Confirm("Revoke API key " + options.name + "?", /*can_be_undone=*/false));
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  RETURN_IF_ERROR(api->Call(&ApiClient::Organizations::StubInterface::DeleteApiKey, request).status());
  const char* said = options.mutation.validate_only ? " could be revoked.\n" : " is revoked.\n";
  session.output().Show({{"resource_name", request.name()}, {"revoked", !options.mutation.validate_only}},
                        [&](std::ostream& out, bool) { out << "API key " << options.name << said; });
  return absl::OkStatus();
}

}  // namespace

void AddApiKeyCommands(CommandTree& tree) {
  CLI::App& api_key = tree.AddNoun("apikey", "Keys for this API (not for Kafka: see 'key')");

  CLI::App& create = tree.AddVerb(api_key, "create", "Make an API key; what it may do is up to 'sluice role bind'",
                                  "  sluice apikey create ci --expires-in 90d --secret-file ci.key\n");
  auto creation = std::make_shared<ApiKeyOptions>();
  create.add_option("NAME", creation->name, "Its name (default: one is made)");
  create.add_option("--display-name", creation->display_name, "For people");
  create.add_option("--expires-in", creation->expires_in, "Lifetime such as 90d (default: does not expire)");
  AddSecretFile(create, creation->secret_file);
  AddMutationFlags(create, creation->mutation);
  tree.SetRun(create, [creation](Session& session) { return Create(session, *creation); });

  CLI::App& list = tree.AddVerb(api_key, "list", "API keys of the organization", "  sluice apikey list\n");
  tree.SetRun(list, List);

  CLI::App& remove =
      tree.AddVerb(api_key, "delete", "Revoke an API key, within a second", "  sluice apikey delete ci --yes\n");
  auto deletion = std::make_shared<ApiKeyOptions>();
  remove.add_option("NAME", deletion->name, "The API key")->required();
  remove.add_flag("-y,--yes", deletion->yes, "Do not ask");
  AddMutationFlags(remove, deletion->mutation);
  tree.SetRun(remove, [deletion](Session& session) { return Delete(session, *deletion); });
}

}  // namespace sluice::cli
