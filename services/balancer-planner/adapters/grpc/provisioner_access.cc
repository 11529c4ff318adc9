#include "services/balancer-planner/adapters/grpc/provisioner_access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/grpc/error_status.h"

namespace sluice::balancer_planner {
namespace {

using provisioner::v1::KafkaCluster;

constexpr char kPhysical[] = "physicalClusters/";

absl::Status NotFound(const std::string& name) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat(name, " does not exist"),
                   {.reason = "RESOURCE_NOT_FOUND",
                    .remedy = "check the name and the organization of your key",
                    .metadata = {{"resource", name}}});
}

absl::Status Precondition(const std::string& name, const char* what, const char* reason, const char* remedy) {
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat(name, " ", what),
                   {.reason = reason, .remedy = remedy, .metadata = {{"resource", name}}});
}

absl::Status NameInvalid() {
  return MakeError(absl::StatusCode::kInvalidArgument, "cluster is no name of a cluster",
                   {.reason = "RESOURCE_NAME_INVALID",
                    .field = "cluster",
                    .remedy = "give organizations/O/environments/E/kafkaClusters/K or physicalClusters/pkc-…"});
}

bool IsKafkaClusterName(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  return parts.size() == 6 && parts[0] == "organizations" && parts[2] == "environments" &&
         parts[4] == "kafkaClusters" && !parts[1].empty() && !parts[3].empty() && !parts[5].empty();
}

}  // namespace

ProvisionerAccess::ProvisionerAccess(std::unique_ptr<rpc::Client> client, const clock::Clock& clock)
    : client_(std::move(client)),
      clock_(clock),
      organizations_(provisioner::v1::OrganizationService::NewStub(client_->channel())),
      clusters_(provisioner::v1::KafkaClusterService::NewStub(client_->channel())),
      data_planes_(provisioner::v1::DataPlaneService::NewStub(client_->channel())) {}

template <typename Value>
absl::StatusOr<Value> ProvisionerAccess::AskOnce(Memory<Value>& memory, const std::string& key,
                                                 const std::function<absl::StatusOr<Value>()>& ask) {
  {
    std::lock_guard lock(mutex_);
    const auto found = memory.find(key);
    if (found != memory.end() && clock_.MonotonicNow() < found->second.until) return found->second.value;
  }
  // From before the question: the answer may be as old as that.
  const absl::Duration until = clock_.MonotonicNow() + kRemembered;
  absl::StatusOr<Value> answer = ask();
  if (!answer.ok()) return answer;
  std::lock_guard lock(mutex_);
  if (memory.size() >= kMostRemembered) {
    std::erase_if(memory, [&](const auto& entry) { return entry.second.until <= clock_.MonotonicNow(); });
  }
  if (memory.size() < kMostRemembered) memory[key] = {*answer, until};
  return answer;
}

std::unique_ptr<::grpc::ClientContext> ProvisionerAccess::ContextFor(const std::string& bearer,
                                                                     absl::Time deadline) const {
  std::unique_ptr<::grpc::ClientContext> context =
      client_->NewContext(std::clamp(deadline - clock_.Now(), absl::Milliseconds(1), kCallTimeout));
  context->AddMetadata("authorization", "Bearer " + bearer);
  return context;
}

absl::StatusOr<Caller> ProvisionerAccess::WhoIs(const std::string& bearer, absl::Time deadline) {
  return AskOnce<Caller>(callers_, bearer, [&]() -> absl::StatusOr<Caller> {
    provisioner::v1::WhoAmIResponse response;
    RETURN_IF_ERROR(rpc::FromGrpcStatus(organizations_->WhoAmI(ContextFor(bearer, deadline).get(), {}, &response)));
    return Caller{.bearer = bearer, .principal = response.principal(), .organization = response.organization()};
  });
}

absl::StatusOr<AllowedCluster> ProvisionerAccess::Allow(const Caller& caller, const std::string& cluster, Right right,
                                                        absl::Time deadline) {
  const bool physical = absl::StartsWith(cluster, kPhysical);
  if (!physical && !IsKafkaClusterName(cluster)) return NameInvalid();
  const std::string key = absl::StrCat(caller.bearer, "\n", right == Right::kEdit ? "edit " : "view ", cluster);
  return AskOnce<AllowedCluster>(allowed_, key, [&] {
    return physical ? AllowPhysical(caller, cluster, deadline) : AllowOwned(caller, cluster, right, deadline);
  });
}

absl::StatusOr<AllowedCluster> ProvisionerAccess::AllowOwned(const Caller& caller, const std::string& name, Right right,
                                                             absl::Time deadline) {
  provisioner::v1::GetKafkaClusterRequest request;
  request.set_name(name);
  KafkaCluster cluster;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(clusters_->GetKafkaCluster(ContextFor(caller.bearer, deadline).get(), request, &cluster)));
  if (right == Right::kEdit) RETURN_IF_ERROR(MayEdit(caller, cluster, deadline));
  if (cluster.type() != KafkaCluster::DEDICATED) {
    return Precondition(name, "shares its brokers with others", "CLUSTER_IS_SHARED",
                        "nothing is to be done: the platform keeps shared cells even by itself");
  }
  if (cluster.physical_cluster().empty()) {
    return Precondition(name, "is not placed yet", "CLUSTER_NOT_PLACED", "wait until it is READY");
  }
  return AllowedCluster{.name = name,
                        .physical_cluster = cluster.physical_cluster(),
                        .data_plane = std::string(absl::StripPrefix(cluster.data_plane(), "dataPlanes/")),
                        .owned = true};
}

// That its state does not allow a change now, such as another one under way, says that the caller would be allowed to.
absl::Status ProvisionerAccess::MayEdit(const Caller& caller, const KafkaCluster& cluster, absl::Time deadline) {
  provisioner::v1::UpdateKafkaClusterRequest request;
  request.mutable_kafka_cluster()->set_name(cluster.name());
  request.mutable_kafka_cluster()->set_deletion_protection(cluster.deletion_protection());
  request.mutable_update_mask()->add_paths("deletion_protection");
  request.set_validate_only(true);
  google::longrunning::Operation ignored;
  const absl::Status status =
      rpc::FromGrpcStatus(clusters_->UpdateKafkaCluster(ContextFor(caller.bearer, deadline).get(), request, &ignored));
  if (status.code() == absl::StatusCode::kAborted || status.code() == absl::StatusCode::kFailedPrecondition) {
    return absl::OkStatus();
  }
  return status;
}

absl::StatusOr<AllowedCluster> ProvisionerAccess::AllowPhysical(const Caller& caller, const std::string& name,
                                                                absl::Time deadline) {
  const std::string id(absl::StripPrefix(name, kPhysical));
  provisioner::v1::ListDataPlanesRequest request;
  do {
    provisioner::v1::ListDataPlanesResponse response;
    RETURN_IF_ERROR(rpc::FromGrpcStatus(
        data_planes_->ListDataPlanes(ContextFor(caller.bearer, deadline).get(), request, &response)));
    for (const provisioner::v1::DataPlane& data_plane : response.data_planes()) {
      for (const provisioner::v1::PhysicalCluster& cluster : data_plane.physical_clusters()) {
        if (cluster.id() != id) continue;
        return AllowedCluster{.name = name,
                              .physical_cluster = id,
                              .data_plane = std::string(absl::StripPrefix(data_plane.name(), "dataPlanes/"))};
      }
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return NotFound(name);
}

}  // namespace sluice::balancer_planner
