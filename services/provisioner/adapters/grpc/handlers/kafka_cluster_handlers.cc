#include "services/provisioner/adapters/grpc/handlers/kafka_cluster_handlers.h"

#include <utility>

#include "absl/strings/match.h"
#include "libs/base/status.h"
#include "libs/grpc/request/update_mask.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {

using rpc::Call;

std::vector<rpc::Method> KafkaClusterHandlers::Methods() {
  constexpr std::string_view s = "sluice.provisioner.v1.KafkaClusterService";
  using H = KafkaClusterHandlers;
  return {
      BindMethod(s, "CreateKafkaCluster", this, &H::Create), BindMethod(s, "GetKafkaCluster", this, &H::Get),
      BindMethod(s, "ListKafkaClusters", this, &H::List),    BindMethod(s, "UpdateKafkaCluster", this, &H::Update),
      BindMethod(s, "DeleteKafkaCluster", this, &H::Delete), BindMethod(s, "UndeleteKafkaCluster", this, &H::Undelete),
  };
}

absl::Status KafkaClusterHandlers::AllowCluster(const Call& call, const std::string& name, std::string_view field) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(name, {"organizations", "environments", "kafkaClusters"}, field));
  return access_.Allow(call, {path.organization(), path.environment()}, name);
}

absl::StatusOr<google::longrunning::Operation> KafkaClusterHandlers::Create(
    const Call& call, const v1::CreateKafkaClusterRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath parent,
                   ResourcePath::Parse(request.parent(), {"organizations", "environments"}, "parent"));
  RETURN_IF_ERROR(access_.Allow(call, {parent.organization(), parent.environment()}, request.parent()));
  ASSIGN_OR_RETURN(KafkaClusterWish wish, WishOf(request.kafka_cluster(), TypeRule::kRequired));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Create(caller, {.organization = parent.organization(),
                                                                   .environment = parent.environment(),
                                                                   .id = request.kafka_cluster_id(),
                                                                   .wish = std::move(wish)}));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<v1::KafkaCluster> KafkaClusterHandlers::Get(const Call& call,
                                                           const v1::GetKafkaClusterRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const KafkaClusterView view, queries_.GetKafkaCluster(request.name()));
  return records::ToApi(view);
}

absl::StatusOr<v1::ListKafkaClustersResponse> KafkaClusterHandlers::List(const Call& call,
                                                                         const v1::ListKafkaClustersRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath parent,
                   ResourcePath::Parse(request.parent(), {"organizations", "environments"}, "parent"));
  const std::string& organization = parent.organization();
  if (parent.environment() == "-") {
    RETURN_IF_ERROR(access_.AllowRight(call, Right::kMember, {organization, ""}, request.parent()));
  } else {
    RETURN_IF_ERROR(access_.Allow(call, {organization, parent.environment()}, request.parent()));
  }
  const PageBinding binding(pages_, {call.method, request.parent(), request.filter(), request.order_by(),
                                     request.show_deleted() ? "deleted" : ""});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const KafkaClusterPage found, queries_.ListClusters({.organization = organization,
                                                                        .environment = parent.environment(),
                                                                        .filter = request.filter(),
                                                                        .order_by = request.order_by(),
                                                                        .show_deleted = request.show_deleted(),
                                                                        .page = page}));
  const ListQuery::Order order =
      absl::StartsWith(request.order_by(), "create_time") ? ListQuery::Order::kCreateTime : ListQuery::Order::kName;
  v1::ListKafkaClustersResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found.page, response.mutable_kafka_clusters(),
      [&](const KafkaClusterView& view) {
        return access_.MaySee(call, {organization, view.cluster.environment}) ? std::optional(records::ToApi(view))
                                                                              : std::nullopt;
      },
      [order](const KafkaClusterView& view) {
        return PagePosition{.after_order = OrderKey(view.cluster.meta, order), .after_uid = view.cluster.meta.uid};
      })));
  for (const std::string& data_plane : found.unreachable) response.add_unreachable(data_plane);
  return response;
}

absl::StatusOr<google::longrunning::Operation> KafkaClusterHandlers::Update(
    const Call& call, const v1::UpdateKafkaClusterRequest& request) {
  const v1::KafkaCluster& cluster = request.kafka_cluster();
  RETURN_IF_ERROR(AllowCluster(call, cluster.name(), "kafka_cluster.name"));
  ASSIGN_OR_RETURN(auto mask,
                   rpc::CheckUpdateMask(request.update_mask(),
                                        {"display_name", "labels", "limits", "limits.ingress_bytes_per_second",
                                         "limits.egress_bytes_per_second", "limits.request_percent",
                                         "limits.controller_mutations_per_second", "limits.partitions", "brokers",
                                         "broker_disk_mib", "kafka_version", "deletion_protection"}));
  ASSIGN_OR_RETURN(KafkaClusterWish wish, WishOf(cluster, TypeRule::kIgnored));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Update(caller, {.name = cluster.name(),
                                                                   .etag = cluster.etag(),
                                                                   .wish = std::move(wish),
                                                                   .update_mask = std::move(mask)}));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<google::longrunning::Operation> KafkaClusterHandlers::Delete(
    const Call& call, const v1::DeleteKafkaClusterRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Delete(caller, {.name = request.name(),
                                                                   .etag = request.etag(),
                                                                   .force = request.force(),
                                                                   .purge_now = request.purge_now()}));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<google::longrunning::Operation> KafkaClusterHandlers::Undelete(
    const Call& call, const v1::UndeleteKafkaClusterRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.name(), "name"));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Undelete(caller, {.name = request.name()}));
  return OperationToApi(operation, queries_);
}

}  // namespace sluice::provisioner
