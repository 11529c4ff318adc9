#include <memory>
#include <string>
#include <vector>

#include "cli/client/operations_under_way.h"
#include "cli/documents/kafka_documents.h"
#include "cli/documents/operation_document.h"
#include "cli/nouns/kafka/kafka_cluster_view.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::KafkaCluster;
using provisioner::v1::ListKafkaClustersRequest;

struct ListOptions {
  bool all_environments = false;
  bool show_deleted = false;
  std::string filter;
  std::string order_by;
};

absl::Status List(Session& session, const ListOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, EnvironmentName(scope, options.all_environments ? "-" : ""));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  std::vector<std::string> unreachable;
  const auto fetch = [&](std::string& token, std::vector<KafkaCluster>& all) -> absl::Status {
    ListKafkaClustersRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    request.set_page_token(token);
    request.set_filter(options.filter);
    request.set_order_by(options.order_by);
    request.set_show_deleted(options.show_deleted);
    ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListKafkaClusters, request));
    for (KafkaCluster& cluster : *page.mutable_kafka_clusters()) all.push_back(std::move(cluster));
    unreachable.assign(page.unreachable().begin(), page.unreachable().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<KafkaCluster> clusters, AllPages<KafkaCluster>(fetch));
  Document documents = Document::array();
  for (const KafkaCluster& cluster : clusters) documents.push_back(KafkaClusterDocument(cluster, ""));
  session.output().Show(
      documents, [&](std::ostream& out, bool colour) { PrintKafkaClusters(out, colour, clusters, session.now()); });
  for (const std::string& data_plane : unreachable) {
    session.output().Note("Not heard of for 15 s, so what is listed there may be out of date: " + data_plane);
  }
  return absl::OkStatus();
}

absl::Status Describe(Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const KafkaCluster cluster, GetKafkaCluster(session, text));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  ASSIGN_OR_RETURN(const auto operations, OperationsUnderWay(*api, cluster.name()));
  ASSIGN_OR_RETURN(const std::string ca_file, session.KeepCa(cluster));
  Document document = KafkaClusterDocument(cluster, ca_file);
  document["operations"] = Document::array();
  for (const auto& operation : operations) document["operations"].push_back(OperationDocument(operation));
  session.output().Show(document, [&](std::ostream& out, bool colour) {
    PrintKafkaCluster(out, colour, cluster, ca_file, session.now());
    if (operations.empty()) return;
    out << "\n";
    PrintOperations(out, colour, operations, session.now());
  });
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KafkaCluster> GetKafkaCluster(Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::GetKafkaClusterRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), KafkaClusterName(scope, text));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  return api->Call(&ApiClient::KafkaClusters::StubInterface::GetKafkaCluster, request);
}

absl::Status ShowKafkaCluster(Session& session, const KafkaCluster& cluster) {
  ASSIGN_OR_RETURN(const std::string ca_file, session.KeepCa(cluster));
  session.output().Show(KafkaClusterDocument(cluster, ca_file), [&](std::ostream& out, bool colour) {
    PrintKafkaCluster(out, colour, cluster, ca_file, session.now());
  });
  return absl::OkStatus();
}

void AddKafkaReads(CommandTree& tree, CLI::App& kafka) {
  CLI::App& list = tree.AddVerb(kafka, "list", "Kafka clusters of the environment",
                                "  sluice kafka list\n"
                                "  sluice kafka list --all-environments --filter 'type=SERVERLESS AND state=READY'\n"
                                "  sluice kafka list -o json | jq -r '.[].bootstrap_servers'\n");
  auto listing = std::make_shared<ListOptions>();
  list.add_flag("--all-environments", listing->all_environments, "Of all environments of the organization");
  list.add_flag("--show-deleted", listing->show_deleted, "Deleted ones too, until their data goes");
  list.add_option("--filter", listing->filter,
                  "FIELD=VALUE joined by AND, over name, uid, type, state, region, data_plane, labels.KEY");
  list.add_option("--order-by", listing->order_by, "name or create_time, with ' desc' for the other way round");
  tree.SetRun(list, [listing](Session& session) { return List(session, *listing); });

  CLI::App& describe = tree.AddVerb(kafka, "describe", "One Kafka cluster: settings, state, what it waits for and why",
                                    "  sluice kafka describe orders\n"
                                    "  sluice kafka describe orders -o json | jq .conditions\n");
  auto name = std::make_shared<std::string>();
  describe.add_option("NAME", *name, "The cluster")->required();
  tree.SetRun(describe, [name](Session& session) { return Describe(session, *name); });
}

}  // namespace sluice::cli
