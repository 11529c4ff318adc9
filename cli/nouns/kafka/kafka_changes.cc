#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/nouns/kafka/kafka_cluster_view.h"
#include "cli/nouns/kafka/kafka_limits_flags.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;
using provisioner::v1::KafkaCluster;

struct CreateOptions {
  std::string name;
  std::string type;
  std::string display_name;
  std::string region;
  std::string kafka_version;
  std::vector<std::string> labels;
  int brokers = 0;
  std::int64_t disk_mib = 0;
  bool deletion_protection = false;
  KafkaLimitsFlags limits;
  MutationFlags mutation;
};

absl::StatusOr<KafkaCluster> WishOf(const CreateOptions& options) {
  KafkaCluster cluster;
  cluster.set_type(options.type == "dedicated" ? KafkaCluster::DEDICATED : KafkaCluster::SERVERLESS);
  cluster.set_display_name(options.display_name);
  cluster.set_region(options.region);
  cluster.set_brokers(options.brokers);
  cluster.set_broker_disk_mib(options.disk_mib);
  cluster.set_kafka_version(options.kafka_version);
  cluster.set_deletion_protection(options.deletion_protection);
  ASSIGN_OR_RETURN(const auto labels, ParsePairs(options.labels, "label"));
  cluster.mutable_labels()->insert(labels.begin(), labels.end());
  RETURN_IF_ERROR(ApplyLimits(options.limits, *cluster.mutable_limits()).status());
  return cluster;
}

// The cluster that an operation ended with; asked for when the operation does not carry it.
absl::Status ShowOutcome(Session& session, const Operation& done, const std::string& name) {
  KafkaCluster cluster;
  if (done.response().UnpackTo(&cluster)) return ShowKafkaCluster(session, cluster);
  ASSIGN_OR_RETURN(cluster, GetKafkaCluster(session, name));
  return ShowKafkaCluster(session, cluster);
}

absl::Status Create(Session& session, const CreateOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  // A full name says its environment itself.
  ASSIGN_OR_RETURN(const std::string full_name, KafkaClusterName(scope, options.name));
  provisioner::v1::CreateKafkaClusterRequest request;
  request.set_parent(ParentOf(full_name));
  request.set_kafka_cluster_id(LastSegment(full_name));
  ASSIGN_OR_RETURN(*request.mutable_kafka_cluster(), WishOf(options));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation,
                   api->Call(&ApiClient::KafkaClusters::StubInterface::CreateKafkaCluster, request));
  return Finish(session, options.mutation, std::move(operation), options.name,
                [&](const Operation& done) { return ShowOutcome(session, done, full_name); });
}

struct DeleteOptions {
  std::string name;
  std::string etag;
  bool force = false;
  bool purge_now = false;
  bool yes = false;
  MutationFlags mutation;
};

absl::Status ConfirmDelete(Session& session, const DeleteOptions& options) {
  if (options.yes || options.mutation.validate_only) return absl::OkStatus();
  std::string question = "Delete Kafka cluster " + options.name;
  if (options.force) question += " with its topics and keys";
  question += options.purge_now ? ", for good?"
                                : "? Its clients are shut out at once; it can be undeleted until its "
                                  "data goes.";
  return session.Confirm(question, /*can_be_undone=*/!options.purge_now);
}

absl::Status Delete(Session& session, const DeleteOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteKafkaClusterRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), KafkaClusterName(scope, options.name));
  request.set_etag(options.etag);
  request.set_force(options.force);
  request.set_purge_now(options.purge_now);
  RETURN_IF_ERROR(ConfirmDelete(session, options));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation,
                   api->Call(&ApiClient::KafkaClusters::StubInterface::DeleteKafkaCluster, request));
  return Finish(session, options.mutation, std::move(operation), options.name, [&](const Operation& done) {
    KafkaCluster cluster;
    if (done.response().UnpackTo(&cluster)) return ShowKafkaCluster(session, cluster);
    const Document document = {{"resource_name", request.name()}, {"state", "DELETED"}};
    session.output().Show(document,
                          [&](std::ostream& out, bool) { out << "Kafka cluster " << options.name << " is gone.\n"; });
    return absl::OkStatus();
  });
}

absl::Status Undelete(Session& session, const std::string& name, const MutationFlags& mutation) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::UndeleteKafkaClusterRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), KafkaClusterName(scope, name));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, mutation, request);
  ASSIGN_OR_RETURN(Operation operation,
                   api->Call(&ApiClient::KafkaClusters::StubInterface::UndeleteKafkaCluster, request));
  return Finish(session, mutation, std::move(operation), name,
                [&](const Operation& done) { return ShowOutcome(session, done, request.name()); });
}

void AddCreate(CommandTree& tree, CLI::App& kafka) {
  CLI::App& create =
      tree.AddVerb(kafka, "create", "Make a Kafka cluster and wait until it is ready",
                   "  sluice kafka create orders --type serverless\n"
                   "  sluice kafka create orders --type serverless --ingress 5MiB --egress 15MiB --label team=blue\n"
                   "  sluice kafka create big --type dedicated --brokers 3 --disk-mib 20480 --deletion-protection\n"
                   "  sluice kafka create orders --type serverless --wait -o json | jq -r .bootstrap_servers\n"
                   "  sluice kafka create orders --type serverless --validate-only\n");
  auto options = std::make_shared<CreateOptions>();
  create.add_option("NAME", options->name, "Its name: 1-63 of a-z, 0-9 and '-', a letter first")->required();
  create.add_option("--type", options->type, "serverless: a share of a cell; dedicated: brokers of its own")
      ->required()
      ->check(CLI::IsMember({"serverless", "dedicated"}, CLI::ignore_case));
  create.add_option("--brokers", options->brokers, "dedicated: 1 to 30 (default 3)");
  create.add_option("--disk-mib", options->disk_mib, "dedicated: disk of each broker in MiB (default 10240)");
  create.add_option("--kafka-version", options->kafka_version, "dedicated: a release such as 4.3.1");
  create.add_option("--region", options->region, "Where it shall run (default: anywhere allowed)");
  create.add_option("--display-name", options->display_name, "For people");
  create.add_option("--label", options->labels, "KEY=VALUE, may be repeated")->allow_extra_args(false);
  create.add_flag("--deletion-protection", options->deletion_protection, "Refuse to delete it while this is set");
  AddLimitsFlags(create, options->limits);
  AddLongMutationFlags(create, options->mutation);
  tree.SetRun(create, [options](Session& session) { return Create(session, *options); });
}

void AddDelete(CommandTree& tree, CLI::App& kafka) {
  CLI::App& remove = tree.AddVerb(kafka, "delete", "Shut a Kafka cluster's clients out; its data goes later, or now",
                                  "  sluice kafka delete orders\n"
                                  "  sluice kafka delete orders --force --purge-now --yes\n");
  auto options = std::make_shared<DeleteOptions>();
  remove.add_option("NAME", options->name, "The cluster")->required();
  remove.add_flag("--force", options->force, "Its topics and keys with it");
  remove.add_flag("--purge-now", options->purge_now, "For good: no undelete");
  remove.add_flag("-y,--yes", options->yes, "Do not ask");
  remove.add_option("--etag", options->etag, "Only if it has not changed since it had this etag");
  AddLongMutationFlags(remove, options->mutation);
  tree.SetRun(remove, [options](Session& session) { return Delete(session, *options); });
}

}  // namespace

void AddKafkaChanges(CommandTree& tree, CLI::App& kafka) {
  AddCreate(tree, kafka);
  AddDelete(tree, kafka);
  CLI::App& undelete = tree.AddVerb(kafka, "undelete", "Bring a deleted Kafka cluster back before its data goes",
                                    "  sluice kafka undelete orders\n");
  auto name = std::make_shared<std::string>();
  auto mutation = std::make_shared<MutationFlags>();
  undelete.add_option("NAME", *name, "The cluster")->required();
  AddLongMutationFlags(undelete, *mutation);
  tree.SetRun(undelete, [name, mutation](Session& session) { return Undelete(session, *name, *mutation); });
}

}  // namespace sluice::cli
