#include "services/provisioner/adapters/grpc/handlers/topic_handlers.h"

#include <utility>

#include "libs/base/status.h"
#include "libs/grpc/request/update_mask.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/core/access/not_found.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {

using rpc::Call;

std::vector<rpc::Method> TopicHandlers::Methods() {
  constexpr std::string_view s = "sluice.provisioner.v1.KafkaClusterService";
  using H = TopicHandlers;
  return {
      BindMethod(s, "CreateTopic", this, &H::Create), BindMethod(s, "GetTopic", this, &H::Get),
      BindMethod(s, "ListTopics", this, &H::List),    BindMethod(s, "UpdateTopic", this, &H::Update),
      BindMethod(s, "DeleteTopic", this, &H::Delete),
  };
}

absl::Status TopicHandlers::AllowCluster(const Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(name, {"organizations", "environments", "kafkaClusters"}, "parent"));
  return access_.Allow(call, {path.organization(), path.environment()}, name);
}

absl::Status TopicHandlers::AllowTopic(const Call& call, const std::string& name, std::string_view field) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(name, {"organizations", "environments", "kafkaClusters", "topics"}, field));
  return access_.Allow(call, {path.organization(), path.environment()}, name);
}

absl::StatusOr<google::longrunning::Operation> TopicHandlers::Create(const Call& call,
                                                                     const v1::CreateTopicRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.parent()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Create(caller, {.cluster = request.parent(),
                                                                   .id = request.topic_id(),
                                                                   .partitions = request.topic().partitions(),
                                                                   .configs = LabelsOf(request.topic().configs())}));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<v1::Topic> TopicHandlers::Get(const Call& call, const v1::GetTopicRequest& request) {
  RETURN_IF_ERROR(AllowTopic(call, request.name(), "name"));
  const absl::StatusOr<Topic> topic = queries_.GetTopic(request.name());
  // Whatever of it is missing, it is spoken of as it was asked for.
  if (absl::IsNotFound(topic.status())) return ResourceNotFound(request.name());
  if (!topic.ok()) return topic.status();
  return records::ToApi(*topic);
}

absl::StatusOr<v1::ListTopicsResponse> TopicHandlers::List(const Call& call, const v1::ListTopicsRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.parent()));
  const PageBinding binding(pages_, {call.method, request.parent(), request.filter()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found,
                   queries_.ListTopicsOf({.cluster = request.parent(), .filter = request.filter(), .page = page}));
  v1::ListTopicsResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_topics(), [](const Topic& topic) { return std::optional(records::ToApi(topic)); },
      [](const Topic& topic) { return PagePosition{.after_order = topic.id, .after_uid = topic.id}; })));
  return response;
}

absl::StatusOr<google::longrunning::Operation> TopicHandlers::Update(const Call& call,
                                                                     const v1::UpdateTopicRequest& request) {
  const v1::Topic& topic = request.topic();
  RETURN_IF_ERROR(AllowTopic(call, topic.name(), "topic.name"));
  ASSIGN_OR_RETURN(auto mask, rpc::CheckUpdateMask(request.update_mask(), {"partitions", "configs", "configs.*"}));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Update(caller, {.name = topic.name(),
                                                                   .etag = topic.etag(),
                                                                   .partitions = topic.partitions(),
                                                                   .configs = LabelsOf(topic.configs()),
                                                                   .update_mask = std::move(mask)}));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<google::longrunning::Operation> TopicHandlers::Delete(const Call& call,
                                                                     const v1::DeleteTopicRequest& request) {
  RETURN_IF_ERROR(AllowTopic(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Delete(caller, {.name = request.name()}));
  return OperationToApi(operation, queries_);
}

}  // namespace sluice::provisioner
