#include "services/balancer-planner/adapters/grpc/rebalance_handlers.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/grpc/request/request_identity.h"
#include "services/balancer-planner/adapters/grpc/balancer_gate.h"
#include "services/balancer-planner/adapters/records/rebalance_records.h"

namespace sluice::balancer_planner {
namespace {

constexpr char kService[] = "sluice.balancer_planner.v1.RebalanceService";
constexpr char kCollection[] = "/rebalances/";
constexpr double kDefaultWindow = 0.03;
constexpr size_t kMostMovesShown = 100;
constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;
// A page is cut short before it outgrows a message of 1 MiB.
constexpr size_t kPageBytes = 900 * 1024;

std::string MethodName(const char* method) { return absl::StrCat("/", kService, "/", method); }

ClusterKey KeyOf(const AllowedCluster& cluster) { return {cluster.data_plane, cluster.physical_cluster}; }

absl::StatusOr<CallContext> ContextOf(const rpc::Call& call, const google::protobuf::Message& request,
                                      const std::string& request_id) {
  CallContext context{
      .principal = CallerOf(call).principal, .traceparent = call.traceparent, .deadline = call.deadline};
  ASSIGN_OR_RETURN(const std::string id, rpc::CheckRequestId(request_id));
  if (!id.empty()) {
    context.remembered = RememberedCall{.principal = context.principal,
                                        .request_id = id,
                                        .payload_hash = rpc::PayloadHash(call.method_name(), request)};
  }
  return context;
}

template <typename Request>
absl::StatusOr<PlanWish> WishOf(const Request& request) {
  ASSIGN_OR_RETURN(const planner::Mode mode, records::ModeOf(request.mode()));
  return PlanWish{.mode = mode,
                  .window = request.window() == 0 ? kDefaultWindow : request.window(),
                  .throttle_bytes_per_second = request.throttle_bytes_per_second()};
}

// The largest first; those of the same size in the order in which they will run.
void AddMoves(const std::vector<PlannedBatch>& batches, v1::PreviewRebalanceResponse& response) {
  std::vector<std::pair<const PlannedMove*, int32_t>> moves;
  for (size_t batch = 0; batch < batches.size(); ++batch) {
    for (const PlannedMove& move : batches[batch]) moves.push_back({&move, static_cast<int32_t>(batch)});
  }
  std::stable_sort(moves.begin(), moves.end(),
                   [](const auto& a, const auto& b) { return a.first->bytes > b.first->bytes; });
  if (moves.size() > kMostMovesShown) moves.resize(kMostMovesShown);
  for (const auto& [move, batch] : moves) {
    v1::MovePreview& shown = *response.add_moves();
    shown.set_topic(move->topic);
    shown.set_partition(move->partition);
    shown.mutable_replicas_before()->Add(move->replicas_before.begin(), move->replicas_before.end());
    shown.mutable_replicas()->Add(move->replicas.begin(), move->replicas.end());
    shown.set_bytes(move->bytes);
    shown.set_reason(move->reason);
    shown.set_batch(batch);
  }
}

// Partitions' names are their owner's: the platform's people see figures alone.
void HideNames(v1::Rebalance& rebalance) {
  rebalance.mutable_plan()->clear_unmet();
  rebalance.mutable_plan()->clear_summary();
}

}  // namespace

absl::StatusOr<RebalanceName> RebalanceName::Parse(const std::string& name) {
  const size_t cut = name.rfind(kCollection);
  if (cut != std::string::npos && cut > 0 && cut + sizeof(kCollection) - 1 < name.size()) {
    return RebalanceName{.cluster = name.substr(0, cut), .uid = name.substr(cut + sizeof(kCollection) - 1)};
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "name is no name of a rebalance",
                   {.reason = "RESOURCE_NAME_INVALID",
                    .field = "name",
                    .remedy = "give {cluster}/rebalances/reb-… as ListRebalances names it"});
}

v1::Rebalance ToApiNow(const Rebalance& rebalance, const AllowedCluster& cluster, const ClusterBoard& board) {
  const std::string name = rebalance.uid.empty() ? "" : absl::StrCat(cluster.name, kCollection, rebalance.uid);
  v1::Rebalance api = records::ToApi(rebalance, name);
  const std::shared_ptr<const SeenLoad> load = board.LoadOf(KeyOf(cluster));
  // An older sample does not show what it moved last.
  const bool shows_the_end = !rebalance.end_time || (load != nullptr && load->time > *rebalance.end_time);
  const auto shares = shows_the_end ? board.SharesOf(KeyOf(cluster)) : std::map<int32_t, BrokerShare>();
  for (v1::BrokerBalance& broker : *api.mutable_brokers()) {
    const auto share = shares.find(broker.broker());
    if (share != shares.end()) *broker.mutable_now() = records::ToApi(share->second);
  }
  if (!cluster.owned) HideNames(api);
  return api;
}

rpc::Method RebalanceHandlers::ChangeMethod(const char* name, Call change) {
  return rpc::UnaryMethod<v1::ChangeRebalanceRequest, v1::Rebalance>(
      MethodName(name), {}, [this, change](const rpc::Call& call, const v1::ChangeRebalanceRequest& request) {
        return Change(change, call, request);
      });
}

rpc::ServiceMethods RebalanceHandlers::Methods() {
  const auto bind = [this](auto handler) {
    return [this, handler](const rpc::Call& call, const auto& request) { return (this->*handler)(call, request); };
  };
  using H = RebalanceHandlers;
  return {kService,
          {rpc::UnaryMethod<v1::PreviewRebalanceRequest, v1::PreviewRebalanceResponse>(
               MethodName("PreviewRebalance"), {.lane = rpc::Lane::kWaiting}, bind(&H::Preview)),
           rpc::UnaryMethod<v1::StartRebalanceRequest, v1::Rebalance>(MethodName("StartRebalance"),
                                                                      {.lane = rpc::Lane::kWaiting}, bind(&H::Start)),
           rpc::UnaryMethod<v1::GetRebalanceRequest, v1::Rebalance>(MethodName("GetRebalance"), {}, bind(&H::Get)),
           rpc::UnaryMethod<v1::ListRebalancesRequest, v1::ListRebalancesResponse>(MethodName("ListRebalances"), {},
                                                                                   bind(&H::List)),
           ChangeMethod("ApproveRebalance", Call::kApprove), ChangeMethod("PauseRebalance", Call::kPause),
           ChangeMethod("ResumeRebalance", Call::kResume), ChangeMethod("CancelRebalance", Call::kCancel),
           rpc::StreamMethod<v1::WatchRebalanceRequest>(
               MethodName("WatchRebalance"), {},
               [this](const rpc::Call& call, const v1::WatchRebalanceRequest& request, rpc::StreamWaker waker) {
                 return Watch(call, request, std::move(waker));
               })}};
}

v1::Rebalance RebalanceHandlers::Shown(const Rebalance& rebalance, const AllowedCluster& cluster) const {
  return ToApiNow(rebalance, cluster, parts_.board);
}

absl::StatusOr<v1::PreviewRebalanceResponse> RebalanceHandlers::Preview(const rpc::Call& call,
                                                                        const v1::PreviewRebalanceRequest& request) {
  ASSIGN_OR_RETURN(const AllowedCluster cluster,
                   parts_.access.Allow(CallerOf(call), request.cluster(), Right::kView, call.deadline));
  ASSIGN_OR_RETURN(const PlanWish wish, WishOf(request));
  ASSIGN_OR_RETURN(const CallContext context, ContextOf(call, request, ""));
  ASSIGN_OR_RETURN(const PlannedRebalance planned, parts_.commands.Preview(context, KeyOf(cluster), wish));
  v1::PreviewRebalanceResponse response;
  *response.mutable_rebalance() = Shown(planned.rebalance, cluster);
  if (cluster.owned) AddMoves(planned.batches, response);
  return response;
}

absl::StatusOr<v1::Rebalance> RebalanceHandlers::Start(const rpc::Call& call,
                                                       const v1::StartRebalanceRequest& request) {
  ASSIGN_OR_RETURN(const AllowedCluster cluster,
                   parts_.access.Allow(CallerOf(call), request.cluster(), Right::kEdit, call.deadline));
  ASSIGN_OR_RETURN(const PlanWish wish, WishOf(request));
  ASSIGN_OR_RETURN(const CallContext context, ContextOf(call, request, request.request_id()));
  if (request.validate_only()) {
    ASSIGN_OR_RETURN(const PlannedRebalance planned, parts_.commands.Preview(context, KeyOf(cluster), wish));
    return Shown(planned.rebalance, cluster);
  }
  ASSIGN_OR_RETURN(
      const Rebalance started,
      parts_.commands.Start(context, KeyOf(cluster), {.plan = wish, .require_approval = request.require_approval()}));
  return Shown(started, cluster);
}

absl::StatusOr<v1::Rebalance> RebalanceHandlers::Get(const rpc::Call& call, const v1::GetRebalanceRequest& request) {
  ASSIGN_OR_RETURN(const RebalanceName name, RebalanceName::Parse(request.name()));
  ASSIGN_OR_RETURN(const AllowedCluster cluster,
                   parts_.access.Allow(CallerOf(call), name.cluster, Right::kView, call.deadline));
  ASSIGN_OR_RETURN(const Rebalance rebalance, parts_.commands.Get(KeyOf(cluster), name.uid));
  return Shown(rebalance, cluster);
}

absl::StatusOr<v1::ListRebalancesResponse> RebalanceHandlers::List(const rpc::Call& call,
                                                                   const v1::ListRebalancesRequest& request) {
  ASSIGN_OR_RETURN(const AllowedCluster cluster,
                   parts_.access.Allow(CallerOf(call), request.cluster(), Right::kView, call.deadline));
  if (request.page_size() < 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "page_size is negative",
                     {.reason = "INVALID_FIELD", .field = "page_size", .remedy = "give 1 to 1000, or 0 for 100"});
  }
  const int limit = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);
  const std::string binding = absl::StrCat("rebalances of ", request.cluster());
  ASSIGN_OR_RETURN(const std::string before, rpc::OpenPageToken(parts_.pages, binding, request.page_token()));
  ASSIGN_OR_RETURN(const std::vector<Rebalance> found, parts_.commands.List(KeyOf(cluster), before, limit + 1));
  v1::ListRebalancesResponse response;
  size_t bytes = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    v1::Rebalance api = Shown(found[i], cluster);
    bytes += api.ByteSizeLong() + 8;
    if (static_cast<int>(i) == limit || (bytes > kPageBytes && i > 0)) {
      response.set_next_page_token(parts_.pages.Seal(binding, found[i - 1].uid));
      break;
    }
    *response.add_rebalances() = std::move(api);
  }
  response.set_verdict(parts_.board.VerdictOf(KeyOf(cluster)));
  return response;
}

absl::StatusOr<v1::Rebalance> RebalanceHandlers::Change(Call change, const rpc::Call& call,
                                                        const v1::ChangeRebalanceRequest& request) {
  ASSIGN_OR_RETURN(const RebalanceName name, RebalanceName::Parse(request.name()));
  ASSIGN_OR_RETURN(const AllowedCluster cluster,
                   parts_.access.Allow(CallerOf(call), name.cluster, Right::kEdit, call.deadline));
  ASSIGN_OR_RETURN(const CallContext context, ContextOf(call, request, request.request_id()));
  ASSIGN_OR_RETURN(const Rebalance changed,
                   parts_.commands.Change(context, KeyOf(cluster), name.uid, change, request.etag()));
  return Shown(changed, cluster);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> RebalanceHandlers::Watch(const rpc::Call& call,
                                                                            const v1::WatchRebalanceRequest& request,
                                                                            rpc::StreamWaker) {
  ASSIGN_OR_RETURN(const RebalanceName name, RebalanceName::Parse(request.name()));
  // A stream has no deadline of its own; its first question has.
  ASSIGN_OR_RETURN(AllowedCluster cluster, parts_.access.Allow(CallerOf(call), name.cluster, Right::kView,
                                                               parts_.clock.Now() + absl::Seconds(5)));
  RETURN_IF_ERROR(parts_.commands.Get(KeyOf(cluster), name.uid).status());
  RebalanceWatchParts parts{
      parts_.commands, parts_.access, parts_.clock, parts_.watch,
      [this](const Rebalance& rebalance, const AllowedCluster& allowed) { return Shown(rebalance, allowed); }};
  return std::make_unique<RebalanceWatch>(
      std::move(parts), WatchedRebalance{.caller = CallerOf(call), .cluster = std::move(cluster), .uid = name.uid});
}

}  // namespace sluice::balancer_planner
