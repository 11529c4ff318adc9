#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/fields.h"
#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/nouns/platform/secret_output.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::DataPlane;

struct RegisterOptions {
  std::string name;
  std::string region;
  std::string substrate = "local";
  std::string display_name;
  std::vector<std::string> labels;
  int warm_cells = 0;
  int max_brokers = 0;
  int max_clusters_per_cell = 0;
  std::string secret_file;
  MutationFlags mutation;
};

absl::Status Register(Session& session, const RegisterOptions& options) {
  ASSIGN_OR_RETURN(const auto labels, ParsePairs(options.labels, "label"));
  provisioner::v1::RegisterDataPlaneRequest request;
  request.set_data_plane_id(options.name);
  DataPlane& wish = *request.mutable_data_plane();
  wish.set_region(options.region);
  wish.set_substrate(options.substrate == "kubernetes" ? DataPlane::KUBERNETES : DataPlane::LOCAL);
  wish.set_display_name(options.display_name);
  wish.mutable_labels()->insert(labels.begin(), labels.end());
  wish.set_warm_cells(options.warm_cells);
  wish.set_max_brokers(options.max_brokers);
  wish.set_max_logical_clusters_per_cell(options.max_clusters_per_cell);
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const auto made, api->Call(&ApiClient::DataPlanes::StubInterface::RegisterDataPlane, request));
  Document document = DataPlaneDocument(made.data_plane());
  if (options.mutation.validate_only) {
    session.output().Show(document, [&](std::ostream& out, bool colour) {
      PrintDataPlane(out, colour, made.data_plane(), session.now());
    });
    return absl::OkStatus();
  }
  document["enrolment_token_expire_time"] = TimeField(made.enrolment_token_expire_time());
  return ShowWithSecret(session, std::move(document), "enrolment token", "enrolment_token", made.enrolment_token(),
                        options.secret_file);
}

absl::Status Token(Session& session, const std::string& name, const std::string& secret_file) {
  provisioner::v1::CreateEnrolmentTokenRequest request;
  ASSIGN_OR_RETURN(*request.mutable_data_plane(), DataPlaneName(name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  request.set_request_id(api->NewRequestId());
  ASSIGN_OR_RETURN(const auto made, api->Call(&ApiClient::DataPlanes::StubInterface::CreateEnrolmentToken, request));
  Document document;
  document["name"] = LastSegment(request.data_plane());
  document["resource_name"] = request.data_plane();
  document["enrolment_token_expire_time"] = TimeField(made.expire_time());
  return ShowWithSecret(session, std::move(document), "enrolment token", "enrolment_token", made.enrolment_token(),
                        secret_file);
}

absl::Status List(Session& session) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<DataPlane>& all) -> absl::Status {
    provisioner::v1::ListDataPlanesRequest request;
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::DataPlanes::StubInterface::ListDataPlanes, request));
    all.insert(all.end(), page.data_planes().begin(), page.data_planes().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<DataPlane> all, AllPages<DataPlane>(fetch));
  Document documents = Document::array();
  for (const DataPlane& one : all) documents.push_back(DataPlaneDocument(one));
  session.output().Show(documents,
                        [&](std::ostream& out, bool colour) { PrintDataPlanes(out, colour, all, session.now()); });
  return absl::OkStatus();
}

absl::Status Describe(Session& session, const std::string& name) {
  provisioner::v1::GetDataPlaneRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), DataPlaneName(name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  ASSIGN_OR_RETURN(const DataPlane found, api->Call(&ApiClient::DataPlanes::StubInterface::GetDataPlane, request));
  session.output().Show(DataPlaneDocument(found),
                        [&](std::ostream& out, bool colour) { PrintDataPlane(out, colour, found, session.now()); });
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const std::string& name, bool yes, const MutationFlags& mutation) {
  provisioner::v1::DeleteDataPlaneRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), DataPlaneName(name));
  if (!yes && !mutation.validate_only) RETURN_IF_ERROR(session.Confirm("Delete data plane " + name + "?", false));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, mutation, request);
  RETURN_IF_ERROR(api->Call(&ApiClient::DataPlanes::StubInterface::DeleteDataPlane, request).status());
  const char* said = mutation.validate_only ? " could be deleted.\n" : " is gone.\n";
  session.output().Show({{"resource_name", request.name()}, {"deleted", !mutation.validate_only}},
                        [&](std::ostream& out, bool) { out << "Data plane " << name << said; });
  return absl::OkStatus();
}

void AddRegister(CommandTree& tree, CLI::App& data_plane) {
  CLI::App& verb =
      tree.AddVerb(data_plane, "register", "Add a data plane; prints the token that enrols its satellite",
                   "  sluice dataplane register local --region here --substrate local\n"
                   "  sluice dataplane register eu-1 --region eu --substrate kubernetes --secret-file token\n");
  auto options = std::make_shared<RegisterOptions>();
  verb.add_option("NAME", options->name, "Its name: 1-40 of a-z, 0-9 and '-', a letter first")->required();
  verb.add_option("--region", options->region, "Where it is")->required();
  verb.add_option("--substrate", options->substrate, "What runs its clusters")
      ->check(CLI::IsMember({"local", "kubernetes"}, CLI::ignore_case))
      ->capture_default_str();
  verb.add_option("--display-name", options->display_name, "For people");
  verb.add_option("--label", options->labels, "KEY=VALUE, may be repeated")->allow_extra_args(false);
  verb.add_option("--warm-cells", options->warm_cells, "Shared cells kept with room");
  verb.add_option("--max-brokers", options->max_brokers, "Brokers at most (default: what the satellite can run)");
  verb.add_option("--max-clusters-per-cell", options->max_clusters_per_cell, "Logical clusters at most on one cell");
  AddSecretFile(verb, options->secret_file);
  AddMutationFlags(verb, options->mutation);
  tree.SetRun(verb, [options](Session& session) { return Register(session, *options); });
}

}  // namespace

void AddDataPlaneCommands(CommandTree& tree) {
  CLI::App& data_plane = tree.AddNoun("dataplane", "Data planes: where clusters run (platform admins)");

  CLI::App& list = tree.AddVerb(data_plane, "list", "All data planes", "  sluice dataplane list\n");
  tree.SetRun(list, List);

  CLI::App& describe =
      tree.AddVerb(data_plane, "describe", "One data plane: its physical clusters and what they wait for",
                   "  sluice dataplane describe local\n");
  auto described = std::make_shared<std::string>();
  describe.add_option("NAME", *described, "The data plane")->required();
  tree.SetRun(describe, [described](Session& session) { return Describe(session, *described); });

  AddRegister(tree, data_plane);

  CLI::App& token = tree.AddVerb(data_plane, "token", "A new enrolment token, for a satellite that lost its identity",
                                 "  sluice dataplane token eu-1 --secret-file token\n");
  auto name = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  token.add_option("NAME", *name, "The data plane")->required();
  AddSecretFile(token, *file);
  tree.SetRun(token, [name, file](Session& session) { return Token(session, *name, *file); });

  CLI::App& remove = tree.AddVerb(data_plane, "delete", "Forget a data plane that has no clusters",
                                  "  sluice dataplane delete eu-1 --yes\n");
  auto deleted = std::make_shared<std::string>();
  auto yes = std::make_shared<bool>(false);
  auto mutation = std::make_shared<MutationFlags>();
  remove.add_option("NAME", *deleted, "The data plane")->required();
  remove.add_flag("-y,--yes", *yes, "Do not ask");
  AddMutationFlags(remove, *mutation);
  tree.SetRun(remove,
              [deleted, yes, mutation](Session& session) { return Delete(session, *deleted, *yes, *mutation); });
}

}  // namespace sluice::cli
