#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/operation_document.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;

void Show(Session& session, const Operation& operation) {
  session.output().Show(OperationDocument(operation),
                        [&](std::ostream& out, bool colour) { PrintOperation(out, colour, operation, session.now()); });
}

absl::StatusOr<Operation> Get(Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  google::longrunning::GetOperationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), OperationName(scope, text));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  return api->Call(&ApiClient::Operations::StubInterface::GetOperation, request);
}

absl::Status List(Session& session, const std::string& filter) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, OrganizationName(scope));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<Operation>& all) -> absl::Status {
    google::longrunning::ListOperationsRequest request;
    request.set_name(parent);
    request.set_filter(filter);
    request.set_page_size(1000);
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::Operations::StubInterface::ListOperations, request));
    all.insert(all.end(), page.operations().begin(), page.operations().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<Operation> operations, AllPages<Operation>(fetch));
  Document documents = Document::array();
  for (const Operation& operation : operations) documents.push_back(OperationDocument(operation));
  session.output().Show(
      documents, [&](std::ostream& out, bool colour) { PrintOperations(out, colour, operations, session.now()); });
  return absl::OkStatus();
}

absl::Status Wait(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(Operation operation, Get(session, name));
  ASSIGN_OR_RETURN(const Operation done, Follow(session, std::move(operation), LastSegment(name)));
  Show(session, done);
  return absl::OkStatus();
}

absl::Status Cancel(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  google::longrunning::CancelOperationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), OperationName(scope, name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  RETURN_IF_ERROR(api->Call(&ApiClient::Operations::StubInterface::CancelOperation, request).status());
  ASSIGN_OR_RETURN(const Operation operation, Get(session, name));
  Show(session, operation);
  return absl::OkStatus();
}

}  // namespace

void AddOperationCommands(CommandTree& tree) {
  CLI::App& operation = tree.AddNoun("operation", "What is under way, and what became of it");

  CLI::App& list = tree.AddVerb(operation, "list", "Operations of the organization, of the last 30 days",
                                "  sluice operation list\n"
                                "  sluice operation list --filter 'done=false'\n");
  auto filter = std::make_shared<std::string>();
  list.add_option("--filter", *filter, "FIELD=VALUE joined by AND, over done, target, verb");
  tree.SetRun(list, [filter](Session& session) { return List(session, *filter); });

  const auto add = [&](const char* verb_name, const char* about, const char* example,
                       absl::Status (*run)(Session&, const std::string&)) {
    CLI::App& verb = tree.AddVerb(operation, verb_name, about, example);
    auto name = std::make_shared<std::string>();
    verb.add_option("NAME", *name, "The operation")->required();
    tree.SetRun(verb, [name, run](Session& session) { return run(session, *name); });
  };
  add("describe", "One operation: how far it is, what it waits for, how it ended",
      "  sluice operation describe op-7f3k2p9q\n", [](Session& session, const std::string& name) -> absl::Status {
        ASSIGN_OR_RETURN(const Operation found, Get(session, name));
        Show(session, found);
        return absl::OkStatus();
      });
  add("wait", "Wait for an operation's end; exit code 7 when it failed",
      "  sluice operation wait op-7f3k2p9q --timeout 5m\n", Wait);
  add("cancel", "Ask an operation to end early", "  sluice operation cancel op-7f3k2p9q\n", Cancel);
}

}  // namespace sluice::cli
