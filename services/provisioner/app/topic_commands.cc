#include "services/provisioner/app/topic_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"
#include "services/provisioner/core/topics/topic_view.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint wish_read("provisioner.topic.1_read");
failpoint::FailPoint wish_decided("provisioner.topic.2_decided");
failpoint::FailPoint wish_committed("provisioner.topic.3_committed");

constexpr int32_t kMostPartitions = 5'000;

absl::Status CheckPartitions(int32_t partitions) {
  if (partitions >= 1 && partitions <= kMostPartitions) return absl::OkStatus();
  return InvalidField("topic.partitions", absl::StrCat("is ", partitions), "take 1 to 5000");
}

// {cluster name} and {topic id} of {cluster name}/topics/{topic id}.
std::pair<std::string, std::string> TakeApart(const std::string& name) {
  const size_t at = name.rfind("/topics/");
  if (at == std::string::npos) return {name, ""};
  return {name.substr(0, at), name.substr(at + std::string("/topics/").size())};
}

absl::Status ApplyMask(const UpdateTopic& request, TopicChange& change) {
  if (request.update_mask.empty()) return InvalidField("update_mask", "is empty", "name the fields that shall change");
  for (const std::string& path : request.update_mask) {
    if (path == "partitions") {
      if (request.partitions < change.partitions) {
        return InvalidField("topic.partitions", absl::StrCat("is less than the ", change.partitions, " it has"),
                            "a topic's partitions only grow");
      }
      change.partitions = request.partitions;
    } else if (path == "configs") {
      change.configs = request.configs;
    } else if (absl::StartsWith(path, "configs.")) {
      const std::string key = path.substr(std::string("configs.").size());
      const auto value = request.configs.find(key);
      if (value == request.configs.end()) {
        change.configs.erase(key);
      } else {
        change.configs[key] = value->second;
      }
    } else {
      return InvalidField("update_mask", absl::StrCat("has ", path, ", which cannot be changed"),
                          "take partitions, configs or configs.KEY");
    }
  }
  return absl::OkStatus();
}

using Decide = absl::FunctionRef<absl::Status(ClusterFamily&, const OperationStart&)>;

absl::StatusOr<Operation> Wish(const CommandPorts& ports, const Caller& caller, const std::string& method,
                               const std::string& cluster, Decide decide) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports, caller));
  if (before) return OperationByUid(ports, *before);
  const absl::Time now = ports.clock.Now();
  const OperationStart start{.uid = absl::StrCat("op-", ports.ids.NewSuffix(12)), .now = now};
  ClusterFamily decided;
  ASSIGN_OR_RETURN(const Committed committed,
                   ChangeFamily(ports, caller, cluster, {method, start.uid, wish_read, wish_decided, wish_committed},
                                [&](ClusterFamily& family) -> absl::Status {
                                  RETURN_IF_ERROR(decide(family, start));
                                  decided = family;
                                  return absl::OkStatus();
                                }));
  if (caller.validate_only) {
    return PlannedOperation(decided,
                            {.data_plane = decided.cluster.placement.data_plane,
                             .physical_cluster = decided.cluster.placement.physical_cluster,
                             .steps = {{"ask the cell's controller for it", 0.05}}},
                            now);
  }
  return OperationByUid(ports, committed.repeated ? committed.answer : start.uid);
}

}  // namespace

absl::StatusOr<Operation> TopicCommands::Create(const Caller& caller, const CreateTopic& request) {
  return Wish(ports_, caller, "CreateTopic", request.cluster,
              [&](ClusterFamily& family, const OperationStart& start) -> absl::Status {
                TopicChange change{.verb = Verb::kCreate,
                                   .id = request.id,
                                   .name = absl::StrCat(request.cluster, "/topics/", request.id),
                                   .partitions = request.partitions == 0 ? 1 : request.partitions,
                                   .configs = request.configs};
                RETURN_IF_ERROR(CheckTopicId("topic_id", family.cluster.prefix, change.id));
                RETURN_IF_ERROR(CheckPartitions(change.partitions));
                RETURN_IF_ERROR(CheckTopicConfigs("topic.configs", change.configs));
                const std::vector<Topic> topics = TopicsOf(family);
                const bool exists = std::any_of(topics.begin(), topics.end(), [&](const Topic& topic) {
                  return topic.id == change.id && topic.state != TopicState::kCreating;
                });
                if (exists) {
                  return MakeError(absl::StatusCode::kAlreadyExists, absl::StrCat(change.name, " exists already"),
                                   {.reason = "TOPIC_EXISTS", .field = "topic_id", .remedy = "choose another name"});
                }
                return WishTopic(family, change, start);
              });
}

absl::StatusOr<Operation> TopicCommands::Update(const Caller& caller, const UpdateTopic& request) {
  const auto [cluster, id] = TakeApart(request.name);
  return Wish(ports_, caller, "UpdateTopic", cluster,
              [&, id = id](ClusterFamily& family, const OperationStart& start) -> absl::Status {
                ASSIGN_OR_RETURN(const Topic topic, FindTopic(family, id));
                if (!request.etag.empty() && request.etag != topic.etag) {
                  return MakeError(
                      absl::StatusCode::kAborted, absl::StrCat(request.name, " was changed since you read it"),
                      {.reason = "ETAG_MISMATCH", .field = "etag", .remedy = "read it again and decide again"});
                }
                TopicChange change{.verb = Verb::kUpdate,
                                   .id = id,
                                   .name = request.name,
                                   .partitions = topic.partitions,
                                   .configs = topic.configs};
                RETURN_IF_ERROR(ApplyMask(request, change));
                RETURN_IF_ERROR(CheckPartitions(change.partitions));
                RETURN_IF_ERROR(CheckTopicConfigs("topic.configs", change.configs));
                return WishTopic(family, change, start);
              });
}

absl::StatusOr<Operation> TopicCommands::Delete(const Caller& caller, const DeleteTopic& request) {
  const auto [cluster, id] = TakeApart(request.name);
  return Wish(ports_, caller, "DeleteTopic", cluster,
              [&, id = id](ClusterFamily& family, const OperationStart& start) -> absl::Status {
                RETURN_IF_ERROR(FindTopic(family, id).status());
                return WishTopic(family, {.verb = Verb::kDelete, .id = id, .name = request.name}, start);
              });
}

}  // namespace sluice::provisioner
