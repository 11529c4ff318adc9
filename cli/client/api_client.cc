#include "cli/client/api_client.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "libs/base/error.h"
#include "libs/clock/backoff.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/traceparent.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(100);
constexpr absl::Duration kLongestWait = absl::Seconds(2);

bool MayTryAgain(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         (status.code() == absl::StatusCode::kResourceExhausted && ErrorReason(status) == "RATE_LIMITED");
}

}  // namespace

ApiClient::ApiClient(ApiClientOptions options, World world)
    : options_(std::move(options)),
      world_(world),
      traceparent_(rpc::ContinueTrace("", world.random)),
      trace_id_(rpc::TraceIdOf(traceparent_)),
      under_way_(std::make_shared<UnderWay>()),
      kafka_clusters_(KafkaClusters::NewStub(options_.channel)),
      organizations_(Organizations::NewStub(options_.channel)),
      data_planes_(DataPlanes::NewStub(options_.channel)),
      watches_(Watches::NewStub(options_.channel)),
      operations_(Operations::NewStub(options_.channel)),
      rebalances_(Rebalances::NewStub(options_.channel)) {
  world_.stop.OnStop([under_way = under_way_] {
    std::lock_guard lock(under_way->mutex);
    if (under_way->context != nullptr) under_way->context->TryCancel();
  });
}

ApiClient::~ApiClient() = default;

void ApiClient::Dress(grpc::ClientContext& context) {
  context.AddMetadata(rpc::kTraceparentHeader, rpc::ContinueTrace(traceparent_, world_.random));
}

grpc::Status ApiClient::Once(grpc::ClientContext& context,
                             const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  Dress(context);
  {
    std::lock_guard lock(under_way_->mutex);
    under_way_->context = &context;
  }
  // A stop between the caller's look and the line above would miss this call.
  if (world_.stop.stopped()) context.TryCancel();
  const grpc::Status status = call(context);
  std::lock_guard lock(under_way_->mutex);
  under_way_->context = nullptr;
  return status;
}

absl::Status ApiClient::Retried(absl::Duration call_timeout,
                                const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  const absl::Duration give_up = world_.clock.MonotonicNow() + options_.retry_for;
  clock::BackOff back_off(world_.random, kFirstWait, kLongestWait);
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(call_timeout));
    const absl::Status status = rpc::FromGrpcStatus(Once(context, call));
    if (status.ok() || !MayTryAgain(status)) return status;
    absl::Duration wait = back_off.Next();
    if (const auto detail = GetErrorDetail(status); detail && detail->retry_after) {
      wait = std::max(wait, *detail->retry_after);
    }
    if (world_.clock.MonotonicNow() + wait >= give_up) return status;
    if (world_.stop.WaitFor(wait)) return absl::CancelledError("interrupted");
  }
}

template <typename Response, typename Open>
absl::Status ApiClient::Read(Open open, const std::function<bool(const Response&)>& take) {
  grpc::ClientContext context;
  return rpc::FromGrpcStatus(Once(context, [&](grpc::ClientContext& watched) {
    const auto stream = open(watched);
    Response response;
    while (stream->Read(&response)) {
      if (take(response)) continue;
      watched.TryCancel();
      while (stream->Read(&response)) {
        // What was on its way already.
      }
      const grpc::Status ignored_cancellation = stream->Finish();
      return grpc::Status::OK;
    }
    return stream->Finish();
  }));
}

absl::Status ApiClient::Watch(const provisioner::v1::WatchRequest& request,
                              const std::function<bool(const provisioner::v1::WatchResponse&)>& take) {
  return Read<provisioner::v1::WatchResponse>(
      [&](grpc::ClientContext& context) { return watches_->Watch(&context, request); }, take);
}

absl::Status ApiClient::WatchRebalance(
    const balancer_planner::v1::WatchRebalanceRequest& request,
    const std::function<bool(const balancer_planner::v1::WatchRebalanceResponse&)>& take) {
  return Read<balancer_planner::v1::WatchRebalanceResponse>(
      [&](grpc::ClientContext& context) { return rebalances_->WatchRebalance(&context, request); }, take);
}

}  // namespace sluice::cli
