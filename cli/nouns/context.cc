#include <memory>
#include <string>
#include <utility>

#include "cli/config/private_file.h"
#include "cli/nouns/nouns.h"
#include "cli/output/table.h"
#include "libs/base/status.h"
#include "sluice/provisioner/v1/organization.pb.h"

namespace sluice::cli {
namespace {

Document ContextDocument(const ContextFile& file, const Context& context) {
  Document document;
  document["name"] = context.name;
  document["current"] = context.name == file.current();
  document["endpoint"] = context.endpoint;
  document["balancer_endpoint"] = context.balancer_endpoint;
  document["ca_file"] = file.Resolve(context.ca_file).string();
  document["key_file"] = file.Resolve(context.key_file).string();
  document["organization"] = context.organization;
  document["environment"] = context.environment;
  return document;
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(const ContextFile file, session.Contexts());
  Document documents = Document::array();
  Table table({"", "NAME", "ENDPOINT", "ORGANIZATION", "ENVIRONMENT"}, "No contexts. Add one: sluice context add");
  for (const Context& context : file.contexts()) {
    documents.push_back(ContextDocument(file, context));
    table.Add({context.name == file.current() ? "*" : "",
               {context.name, Tone::kStrong},
               context.endpoint,
               context.organization,
               context.environment});
  }
  session.output().Show(documents, [&](std::ostream& out, bool colour) { table.Print(out, colour); });
  return absl::OkStatus();
}

absl::Status Use(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(ContextFile file, session.Contexts());
  RETURN_IF_ERROR(file.Use(name));
  RETURN_IF_ERROR(file.Save());
  ASSIGN_OR_RETURN(const Context context, file.Find(name));
  session.output().Show(ContextDocument(file, context),
                        [&](std::ostream& out, bool) { out << "Now in context " << name << ".\n"; });
  return absl::OkStatus();
}

absl::Status Add(Session& session, Context context, bool use) {
  ASSIGN_OR_RETURN(ContextFile file, session.Contexts());
  // Paths on the command line are meant from here, in the file from there.
  if (!context.ca_file.empty()) context.ca_file = std::filesystem::absolute(context.ca_file).string();
  if (!context.key_file.empty()) context.key_file = std::filesystem::absolute(context.key_file).string();
  RETURN_IF_ERROR(ReadFile(context.ca_file, "the CA file").status());
  RETURN_IF_ERROR(ReadFile(context.key_file, "the key file").status());
  file.Put(context);
  if (use) RETURN_IF_ERROR(file.Use(context.name));
  RETURN_IF_ERROR(file.Save());
  session.output().Show(ContextDocument(file, context), [&](std::ostream& out, bool) {
    out << "Context " << context.name << " is in " << file.path().string() << ".\n";
  });
  return absl::OkStatus();
}

// Also asks the API who the caller is there; a context whose API is out of reach is shown all the same.
absl::Status Show(Session& session) {
  ASSIGN_OR_RETURN(const ContextFile file, session.Contexts());
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(Context context, file.Find(session.context_name()));
  context.organization = scope.organization;
  context.environment = scope.environment;
  Document document = ContextDocument(file, context);
  document["file"] = file.path().string();
  absl::StatusOr<provisioner::v1::WhoAmIResponse> me = absl::UnknownError("");
  if (absl::StatusOr<ApiClient*> api = session.Api(); api.ok()) {
    me = (*api)->Call(&ApiClient::Organizations::StubInterface::WhoAmI, provisioner::v1::WhoAmIRequest());
  } else {
    me = api.status();
  }
  document["principal"] = me.ok() ? Document(me->principal()) : Document(nullptr);
  document["roles"] = Document::array();
  Sheet roles;
  if (me.ok()) {
    for (const auto& binding : me->role_bindings()) {
      const std::string role = provisioner::v1::RoleBinding::Role_Name(binding.role());
      document["roles"].push_back({{"role", role}, {"scope", binding.scope()}});
      roles.Add(role, binding.scope());
    }
  }
  session.output().Show(document, [&](std::ostream& out, bool colour) {
    Sheet sheet;
    for (const char* field :
         {"name", "file", "endpoint", "balancer_endpoint", "ca_file", "key_file", "organization", "environment"}) {
      sheet.Add(field, document[field].get<std::string>());
    }
    sheet.Add("principal", me.ok() ? Cell(me->principal()) : Cell("unknown", Tone::kBad));
    sheet.Print(out, colour);
    roles.Print(out, colour, 2);
  });
  return me.status();
}

void AddAdd(CommandTree& tree, CLI::App& context) {
  CLI::App& add = tree.AddVerb(context, "add", "Add or replace a context",
                               "  sluice context add eu --endpoint api.example.com:443 --ca-file ca.pem \\\n"
                               "      --key-file eu.key --organization acme --environment prod --use\n"
                               "  sluice context add eu --endpoint api.example.com:443 --balancer-endpoint "
                               "balancer.example.com:443 \\\n"
                               "      --ca-file ca.pem --key-file eu.key\n");
  auto options = std::make_shared<Context>();
  auto use = std::make_shared<bool>(false);
  add.add_option("NAME", options->name, "The context's name")->required();
  add.add_option("--endpoint", options->endpoint, "The API's HOST:PORT")->required();
  add.add_option("--balancer-endpoint", options->balancer_endpoint, "The balancer-planner's HOST:PORT, for rebalances");
  add.add_option("--ca-file", options->ca_file, "The CA of the API's certificate, PEM")->required();
  add.add_option("--key-file", options->key_file, "File that holds the API key's secret alone")->required();
  add.add_option("--organization", options->organization, "Organization that short names are in");
  add.add_option("--environment", options->environment, "Environment that short names are in");
  add.add_flag("--use", *use, "Make it the current one");
  tree.SetRun(add, [options, use](Session& session) { return Add(session, *options, *use); });
}

}  // namespace

void AddContextCommands(CommandTree& tree) {
  CLI::App& context = tree.AddNoun("context", "Which API, key, organization and environment commands use");
  CLI::App& list = tree.AddVerb(context, "list", "All contexts", "  sluice context list\n");
  tree.SetRun(list, List);
  CLI::App& use = tree.AddVerb(context, "use", "Make a context the current one", "  sluice context use eu\n");
  auto name = std::make_shared<std::string>();
  use.add_option("NAME", *name, "The context")->required();
  tree.SetRun(use, [name](Session& session) { return Use(session, *name); });
  AddAdd(tree, context);
  CLI::App& show = tree.AddVerb(context, "show", "The context in use, and who the API says you are",
                                "  sluice context show\n  sluice context show --context eu -o json\n");
  tree.SetRun(show, Show);
}

}  // namespace sluice::cli
