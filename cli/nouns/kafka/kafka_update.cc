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
using provisioner::v1::UpdateKafkaClusterRequest;

struct UpdateOptions {
  std::string name;
  std::string etag;
  std::string display_name;
  bool display_name_given = false;
  std::string kafka_version;
  std::vector<std::string> labels;
  std::vector<std::string> remove_labels;
  int brokers = 0;
  std::int64_t disk_mib = 0;
  bool protect = false;
  bool unprotect = false;
  KafkaLimitsFlags limits;
  MutationFlags mutation;
};

// The API replaces all labels at once: start from those that are there, and let its etag refuse if they change
// meanwhile.
absl::Status MergeLabels(Session& session, const UpdateOptions& options, UpdateKafkaClusterRequest& request) {
  if (options.labels.empty() && options.remove_labels.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const KafkaCluster now, GetKafkaCluster(session, options.name));
  ASSIGN_OR_RETURN(const auto given, ParsePairs(options.labels, "label"));
  KafkaCluster& wish = *request.mutable_kafka_cluster();
  *wish.mutable_labels() = now.labels();
  for (const auto& [key, value] : given) (*wish.mutable_labels())[key] = value;
  for (const std::string& key : options.remove_labels) wish.mutable_labels()->erase(key);
  if (wish.etag().empty()) wish.set_etag(now.etag());
  request.mutable_update_mask()->add_paths("labels");
  return absl::OkStatus();
}

absl::Status SetFields(const UpdateOptions& options, UpdateKafkaClusterRequest& request) {
  KafkaCluster& wish = *request.mutable_kafka_cluster();
  const auto changes = [&](const char* path) { request.mutable_update_mask()->add_paths(path); };
  if (options.display_name_given) {
    wish.set_display_name(options.display_name);
    changes("display_name");
  }
  if (options.brokers > 0) {
    wish.set_brokers(options.brokers);
    changes("brokers");
  }
  if (options.disk_mib > 0) {
    wish.set_broker_disk_mib(options.disk_mib);
    changes("broker_disk_mib");
  }
  if (!options.kafka_version.empty()) {
    wish.set_kafka_version(options.kafka_version);
    changes("kafka_version");
  }
  if (options.protect || options.unprotect) {
    wish.set_deletion_protection(options.protect);
    changes("deletion_protection");
  }
  ASSIGN_OR_RETURN(const auto limits, ApplyLimits(options.limits, *wish.mutable_limits()));
  for (const std::string& path : limits) changes(path.c_str());
  return absl::OkStatus();
}

absl::Status Update(Session& session, const UpdateOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  UpdateKafkaClusterRequest request;
  ASSIGN_OR_RETURN(*request.mutable_kafka_cluster()->mutable_name(), KafkaClusterName(scope, options.name));
  request.mutable_kafka_cluster()->set_etag(options.etag);
  RETURN_IF_ERROR(SetFields(options, request));
  RETURN_IF_ERROR(MergeLabels(session, options, request));
  if (request.update_mask().paths().empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "nothing to change was given",
                     {.reason = "NOTHING_TO_CHANGE", .remedy = "See 'sluice kafka update --help'."});
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation,
                   api->Call(&ApiClient::KafkaClusters::StubInterface::UpdateKafkaCluster, request));
  return Finish(session, options.mutation, std::move(operation), options.name,
                [&](const Operation& done) -> absl::Status {
                  KafkaCluster cluster;
                  if (!done.response().UnpackTo(&cluster)) {
                    ASSIGN_OR_RETURN(cluster, GetKafkaCluster(session, options.name));
                  }
                  return ShowKafkaCluster(session, cluster);
                });
}

}  // namespace

void AddKafkaUpdate(CommandTree& tree, CLI::App& kafka) {
  CLI::App& update = tree.AddVerb(kafka, "update", "Change a Kafka cluster and wait until the change is in effect",
                                  "  sluice kafka update orders --ingress 10MiB --partition-limit 2000\n"
                                  "  sluice kafka update orders --label team=blue --remove-label old\n"
                                  "  sluice kafka update big --brokers 5 --validate-only\n"
                                  "  sluice kafka update orders --no-deletion-protection\n");
  auto options = std::make_shared<UpdateOptions>();
  update.add_option("NAME", options->name, "The cluster")->required();
  update.add_option_function<std::string>(
      "--display-name",
      [options](const std::string& text) {
        options->display_name = text;
        options->display_name_given = true;
      },
      "For people; '' takes it away");
  update.add_option("--label", options->labels, "KEY=VALUE to set, may be repeated")->allow_extra_args(false);
  update.add_option("--remove-label", options->remove_labels, "KEY to take away, may be repeated")
      ->allow_extra_args(false);
  update.add_option("--brokers", options->brokers, "dedicated: brokers")->check(CLI::PositiveNumber);
  update.add_option("--disk-mib", options->disk_mib, "dedicated: disk of each broker in MiB")
      ->check(CLI::PositiveNumber);
  update.add_option("--kafka-version", options->kafka_version, "dedicated: a release such as 4.3.1");
  CLI::Option* protect = update.add_flag("--deletion-protection", options->protect, "Refuse to delete it");
  update.add_flag("--no-deletion-protection", options->unprotect, "Allow to delete it")->excludes(protect);
  update.add_option("--etag", options->etag, "Only if it has not changed since it had this etag");
  AddLimitsFlags(update, options->limits);
  AddLongMutationFlags(update, options->mutation);
  tree.SetRun(update, [options](Session& session) { return Update(session, *options); });
}

}  // namespace sluice::cli
