#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/fields.h"
#include "cli/documents/kafka_documents.h"
#include "cli/documents/operation_document.h"
#include "cli/nouns/kafka/client_settings.h"
#include "cli/nouns/kafka/kafka_cluster_view.h"
#include "cli/nouns/nouns.h"
#include "cli/output/table.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;
using provisioner::v1::KafkaCluster;
using provisioner::v1::KafkaKey;

struct CreateOptions {
  std::string name;
  std::string cluster;
  std::string display_name;
  MutationFlags mutation;
};

ClientSettings SettingsOf(const KafkaCluster& cluster, const KafkaKey& key, const std::string& password,
                          const std::string& ca_file) {
  return {.bootstrap_servers = cluster.bootstrap_servers(),
          .security_protocol = cluster.security_protocol(),
          .sasl_mechanism = cluster.sasl_mechanism(),
          .username = key.username(),
          .password = password,
          .ca_file = ca_file,
          .prefix = cluster.prefix()};
}

Document CredentialDocument(const KafkaKey& key, const ClientSettings& settings, const std::string& operation) {
  Document document = KafkaKeyDocument(key);
  document["password"] = settings.password;
  document["bootstrap_servers"] = settings.bootstrap_servers;
  document["security_protocol"] = settings.security_protocol;
  document["sasl_mechanism"] = settings.sasl_mechanism;
  document["ca_file"] = settings.ca_file;
  document["topic_prefix"] = settings.prefix;
  document["group_prefix"] = settings.prefix;
  document["transactional_id_prefix"] = settings.prefix;
  document["operation"] = operation;
  return document;
}

void PrintCredential(std::ostream& out, bool colour, const KafkaKey& key, const ClientSettings& settings) {
  const std::string state = KafkaKey::State_Name(key.state());
  out << Paint({LastSegment(key.name()), Tone::kStrong}, colour) << "  " << Paint({state, ToneOfState(state)}, colour)
      << "\n";
  Sheet sheet;
  sheet.Add("user name", settings.username);
  sheet.Add("password", {settings.password, Tone::kStrong});
  sheet.Add("bootstrap", settings.bootstrap_servers);
  sheet.Add("security", settings.security_protocol + ", " + settings.sasl_mechanism);
  sheet.Add("CA file", settings.ca_file);
  sheet.Add("prefix", settings.prefix);
  sheet.Print(out, colour, 2);
  out << "The password is shown this once. For a client's settings: 'sluice key create … -o java|librdkafka|env'.\n";
}

void ShowCredential(Session& session, const KafkaKey& key, const ClientSettings& settings,
                    const std::string& operation) {
  Output& output = session.output();
  if (output.format() == Format::kJavaProperties || output.format() == Format::kLibrdkafkaProperties ||
      output.format() == Format::kShellVariables) {
    output.out() << ClientSettingsText(settings, output.format()) << std::flush;
    return;
  }
  output.Show(CredentialDocument(key, settings, operation),
              [&](std::ostream& out, bool colour) { PrintCredential(out, colour, key, settings); });
}

absl::Status ShowPlan(Session& session, const provisioner::v1::Plan& plan) {
  session.output().Show(PlanDocument(plan), [&](std::ostream& out, bool colour) { PrintPlan(out, colour, plan); });
  return absl::OkStatus();
}

absl::Status Create(Session& session, const CreateOptions& options) {
  ASSIGN_OR_RETURN(const KafkaCluster cluster, GetKafkaCluster(session, options.cluster));
  // Before the password exists: a folder that cannot be written must not cost one.
  ASSIGN_OR_RETURN(const std::string ca_file, session.KeepCa(cluster));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::CreateKafkaKeyRequest request;
  request.set_parent(cluster.name());
  request.set_key_id(options.name);
  request.mutable_key()->set_display_name(options.display_name);
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(const auto created, api->Call(&ApiClient::KafkaClusters::StubInterface::CreateKafkaKey, request));
  if (options.mutation.validate_only) return ShowPlan(session, created.plan());
  const ClientSettings settings = SettingsOf(cluster, created.key(), created.password(), ca_file);
  KafkaKey key = created.key();
  absl::Status followed;
  if (!options.mutation.no_wait) {
    absl::StatusOr<Operation> done = Follow(session, created.operation(), LastSegment(key.name()));
    followed = done.status();
    if (done.ok() && !done->response().UnpackTo(&key)) key = created.key();
  }
  // Also when the wait failed: there is no other time to show the password.
  ShowCredential(session, key, settings, created.operation().name());
  return followed;
}

absl::Status List(Session& session, const std::string& cluster) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, KafkaClusterName(scope, cluster));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<KafkaKey>& all) -> absl::Status {
    provisioner::v1::ListKafkaKeysRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    request.set_page_token(token);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListKafkaKeys, request));
    all.insert(all.end(), page.keys().begin(), page.keys().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<KafkaKey> keys, AllPages<KafkaKey>(fetch));
  Document documents = Document::array();
  for (const KafkaKey& key : keys) documents.push_back(KafkaKeyDocument(key));
  session.output().Show(documents,
                        [&](std::ostream& out, bool colour) { PrintKafkaKeys(out, colour, keys, session.now()); });
  return absl::OkStatus();
}

absl::Status Describe(Session& session, const std::string& cluster, const std::string& name) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::GetKafkaKeyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), KafkaKeyName(scope, cluster, name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  ASSIGN_OR_RETURN(const KafkaKey key, api->Call(&ApiClient::KafkaClusters::StubInterface::GetKafkaKey, request));
  session.output().Show(KafkaKeyDocument(key), [&](std::ostream& out, bool colour) {
    PrintKafkaKeys(out, colour, {key}, session.now());
    PrintConditions(out, colour, key.conditions(), session.now());
  });
  return absl::OkStatus();
}

struct DeleteOptions {
  std::string name;
  std::string cluster;
  bool yes = false;
  MutationFlags mutation;
};

absl::Status Delete(Session& session, const DeleteOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteKafkaKeyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), KafkaKeyName(scope, options.cluster, options.name));
  if (!options.yes && !options.mutation.validate_only) {
    RETURN_IF_ERROR(session.Confirm("Delete key " + options.name + "? Its clients are shut out at once.", true));
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation, api->Call(&ApiClient::KafkaClusters::StubInterface::DeleteKafkaKey, request));
  return Finish(session, options.mutation, std::move(operation), options.name, [&](const Operation&) {
    const Document document = {{"resource_name", request.name()}, {"state", "DELETED"}};
    session.output().Show(document, [&](std::ostream& out, bool) { out << "Key " << options.name << " is gone.\n"; });
    return absl::OkStatus();
  });
}

}  // namespace

void AddKeyCommands(CommandTree& tree) {
  CLI::App& key = tree.AddNoun("key", "Keys of a Kafka cluster: user name and password of its clients");

  CLI::App& create = tree.AddVerb(key, "create", "Make a key and wait until it logs in on every broker",
                                  "  sluice key create --cluster orders\n"
                                  "  sluice key create --cluster orders -o java > client.properties\n"
                                  "  eval \"$(sluice key create --cluster orders -o env)\"\n");
  auto creation = std::make_shared<CreateOptions>();
  create.add_option("NAME", creation->name, "Its name (default: one is made)");
  create.add_option("--cluster", creation->cluster, "The Kafka cluster")->required();
  create.add_option("--display-name", creation->display_name, "For people");
  AddLongMutationFlags(create, creation->mutation);
  tree.SetRun(
      create, [creation](Session& session) { return Create(session, *creation); }, /*shows_settings=*/true);

  CLI::App& list = tree.AddVerb(key, "list", "Keys of a Kafka cluster", "  sluice key list --cluster orders\n");
  auto cluster = std::make_shared<std::string>();
  list.add_option("--cluster", *cluster, "The Kafka cluster")->required();
  tree.SetRun(list, [cluster](Session& session) { return List(session, *cluster); });

  CLI::App& describe = tree.AddVerb(key, "describe", "One key: user name, state, what it waits for",
                                    "  sluice key describe ingest --cluster orders\n");
  auto described = std::make_shared<std::pair<std::string, std::string>>();
  describe.add_option("NAME", described->second, "The key")->required();
  describe.add_option("--cluster", described->first, "The Kafka cluster");
  tree.SetRun(describe,
              [described](Session& session) { return Describe(session, described->first, described->second); });

  CLI::App& remove =
      tree.AddVerb(key, "delete", "Shut a key's clients out", "  sluice key delete ingest --cluster orders --yes\n");
  auto deletion = std::make_shared<DeleteOptions>();
  remove.add_option("NAME", deletion->name, "The key")->required();
  remove.add_option("--cluster", deletion->cluster, "The Kafka cluster");
  remove.add_flag("-y,--yes", deletion->yes, "Do not ask");
  AddLongMutationFlags(remove, deletion->mutation);
  tree.SetRun(remove, [deletion](Session& session) { return Delete(session, *deletion); });
}

}  // namespace sluice::cli
