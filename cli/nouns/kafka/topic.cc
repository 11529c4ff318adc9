#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/documents/kafka_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/run/mutation.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;
using provisioner::v1::Topic;

struct TopicOptions {
  std::string name;
  std::string cluster;
  int partitions = 0;
  std::vector<std::string> configs;
  std::string filter;
  bool yes = false;
  MutationFlags mutation;
};

void Show(Session& session, const Topic& topic) {
  session.output().Show(TopicDocument(topic), [&](std::ostream& out, bool colour) { PrintTopic(out, colour, topic); });
}

absl::StatusOr<Topic> Get(Session& session, const std::string& full_name) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::GetTopicRequest request;
  request.set_name(full_name);
  return api->Call(&ApiClient::KafkaClusters::StubInterface::GetTopic, request);
}

absl::Status ShowOutcome(Session& session, const Operation& done, const std::string& full_name) {
  Topic topic;
  if (!done.response().UnpackTo(&topic)) {
    ASSIGN_OR_RETURN(topic, Get(session, full_name));
  }
  Show(session, topic);
  return absl::OkStatus();
}

absl::Status Create(Session& session, const TopicOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string full_name, TopicName(scope, options.cluster, options.name));
  ASSIGN_OR_RETURN(const auto configs, ParsePairs(options.configs, "config"));
  provisioner::v1::CreateTopicRequest request;
  request.set_parent(ParentOf(full_name));
  request.set_topic_id(LastSegment(full_name));
  request.mutable_topic()->set_partitions(options.partitions);
  request.mutable_topic()->mutable_configs()->insert(configs.begin(), configs.end());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation, api->Call(&ApiClient::KafkaClusters::StubInterface::CreateTopic, request));
  return Finish(session, options.mutation, std::move(operation), options.name,
                [&](const Operation& done) { return ShowOutcome(session, done, full_name); });
}

absl::Status List(Session& session, const TopicOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, KafkaClusterName(scope, options.cluster));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  const auto fetch = [&](std::string& token, std::vector<Topic>& all) -> absl::Status {
    provisioner::v1::ListTopicsRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    request.set_page_token(token);
    request.set_filter(options.filter);
    ASSIGN_OR_RETURN(const auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListTopics, request));
    all.insert(all.end(), page.topics().begin(), page.topics().end());
    token = page.next_page_token();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<Topic> topics, AllPages<Topic>(fetch));
  Document documents = Document::array();
  for (const Topic& topic : topics) documents.push_back(TopicDocument(topic));
  session.output().Show(documents, [&](std::ostream& out, bool colour) { PrintTopics(out, colour, topics); });
  return absl::OkStatus();
}

absl::Status Describe(Session& session, const TopicOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string full_name, TopicName(scope, options.cluster, options.name));
  ASSIGN_OR_RETURN(const Topic topic, Get(session, full_name));
  Show(session, topic);
  return absl::OkStatus();
}

absl::Status Update(Session& session, const TopicOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const auto configs, ParsePairs(options.configs, "config"));
  provisioner::v1::UpdateTopicRequest request;
  ASSIGN_OR_RETURN(*request.mutable_topic()->mutable_name(), TopicName(scope, options.cluster, options.name));
  if (options.partitions > 0) {
    request.mutable_topic()->set_partitions(options.partitions);
    request.mutable_update_mask()->add_paths("partitions");
  }
  for (const auto& [key, value] : configs) {
    (*request.mutable_topic()->mutable_configs())[key] = value;
    request.mutable_update_mask()->add_paths("configs." + key);
  }
  if (request.update_mask().paths().empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "nothing to change was given",
                     {.reason = "NOTHING_TO_CHANGE", .remedy = "Give --partitions or --config."});
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation, api->Call(&ApiClient::KafkaClusters::StubInterface::UpdateTopic, request));
  return Finish(session, options.mutation, std::move(operation), options.name,
                [&](const Operation& done) { return ShowOutcome(session, done, request.topic().name()); });
}

absl::Status Delete(Session& session, const TopicOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  provisioner::v1::DeleteTopicRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), TopicName(scope, options.cluster, options.name));
  if (!options.yes && !options.mutation.validate_only) {
    RETURN_IF_ERROR(session.Confirm("Delete topic " + options.name + " and its data?", /*can_be_undone=*/false));
  }
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  SetMutation(session, *api, options.mutation, request);
  ASSIGN_OR_RETURN(Operation operation, api->Call(&ApiClient::KafkaClusters::StubInterface::DeleteTopic, request));
  return Finish(session, options.mutation, std::move(operation), options.name, [&](const Operation&) {
    const Document document = {{"resource_name", request.name()}, {"state", "DELETED"}};
    session.output().Show(document, [&](std::ostream& out, bool) { out << "Topic " << options.name << " is gone.\n"; });
    return absl::OkStatus();
  });
}

// NAME and --cluster, which is needed unless NAME is a full one.
std::shared_ptr<TopicOptions> OptionsOfOne(CLI::App& verb) {
  auto options = std::make_shared<TopicOptions>();
  verb.add_option("NAME", options->name, "The topic, without the cluster's prefix")->required();
  verb.add_option("--cluster", options->cluster, "The Kafka cluster");
  return options;
}

}  // namespace

void AddTopicCommands(CommandTree& tree) {
  CLI::App& topic = tree.AddNoun("topic", "Topics of a Kafka cluster, whoever made them");

  CLI::App& create = tree.AddVerb(topic, "create", "Make a topic and wait until it can be used",
                                  "  sluice topic create clicks --cluster orders --partitions 6\n"
                                  "  sluice topic create state --cluster orders --config cleanup.policy=compact\n");
  auto creation = OptionsOfOne(create);
  create.add_option("--partitions", creation->partitions, "Partitions (default 1)")->check(CLI::PositiveNumber);
  create.add_option("--config", creation->configs, "KEY=VALUE of Kafka's topic configuration, may be repeated")
      ->allow_extra_args(false);
  AddLongMutationFlags(create, creation->mutation);
  tree.SetRun(create, [creation](Session& session) { return Create(session, *creation); });

  CLI::App& list = tree.AddVerb(topic, "list", "Topics of a Kafka cluster", "  sluice topic list --cluster orders\n");
  auto listing = std::make_shared<TopicOptions>();
  list.add_option("--cluster", listing->cluster, "The Kafka cluster")->required();
  list.add_option("--filter", listing->filter, "FIELD=VALUE joined by AND");
  tree.SetRun(list, [listing](Session& session) { return List(session, *listing); });

  CLI::App& describe = tree.AddVerb(topic, "describe", "One topic: partitions, configuration, what it waits for",
                                    "  sluice topic describe clicks --cluster orders\n");
  auto description = OptionsOfOne(describe);
  tree.SetRun(describe, [description](Session& session) { return Describe(session, *description); });

  CLI::App& update = tree.AddVerb(topic, "update", "Add partitions or change the configuration",
                                  "  sluice topic update clicks --cluster orders --partitions 12\n"
                                  "  sluice topic update clicks --cluster orders --config retention.ms=86400000\n");
  auto change = OptionsOfOne(update);
  update.add_option("--partitions", change->partitions, "Partitions, more than now")->check(CLI::PositiveNumber);
  update.add_option("--config", change->configs, "KEY=VALUE of Kafka's topic configuration, may be repeated")
      ->allow_extra_args(false);
  AddLongMutationFlags(update, change->mutation);
  tree.SetRun(update, [change](Session& session) { return Update(session, *change); });

  CLI::App& remove = tree.AddVerb(topic, "delete", "Delete a topic and its data",
                                  "  sluice topic delete clicks --cluster orders --yes\n");
  auto deletion = OptionsOfOne(remove);
  remove.add_flag("-y,--yes", deletion->yes, "Do not ask");
  AddLongMutationFlags(remove, deletion->mutation);
  tree.SetRun(remove, [deletion](Session& session) { return Delete(session, *deletion); });
}

}  // namespace sluice::cli
