#include "services/balancer-planner/adapters/grpc/rebalance_watch.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::balancer_planner {

RebalanceWatch::RebalanceWatch(RebalanceWatchParts parts, WatchedRebalance watched)
    : parts_(std::move(parts)),
      watched_(std::move(watched)),
      begun_(parts_.clock.MonotonicNow()),
      next_check_(begun_ + parts_.limits.check_caller),
      next_refresh_(begun_) {}

absl::Status RebalanceWatch::CheckCaller(absl::Duration now) {
  if (now < next_check_) return absl::OkStatus();
  next_check_ = now + parts_.limits.check_caller;
  const absl::Status status =
      parts_.access.Allow(watched_.caller, watched_.cluster.name, Right::kView, parts_.clock.Now() + absl::Seconds(5))
          .status();
  // That nobody can be asked says nothing of the caller: the next look asks again.
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kDeadlineExceeded
             ? absl::OkStatus()
             : status;
}

absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> RebalanceWatch::Next() {
  const absl::Duration now = parts_.clock.MonotonicNow();
  if (ended_) {
    return MakeError(absl::StatusCode::kOutOfRange, watched_.uid + " has ended",
                     {.reason = "REBALANCE_ENDED", .remedy = "nothing more comes"});
  }
  if (now - begun_ >= parts_.limits.age) {
    return MakeError(absl::StatusCode::kUnavailable, "the stream is as old as streams may be",
                     {.reason = "STREAM_AGE_LIMIT", .remedy = "watch again"});
  }
  RETURN_IF_ERROR(CheckCaller(now));
  ASSIGN_OR_RETURN(const Rebalance rebalance,
                   parts_.commands.Get({watched_.cluster.data_plane, watched_.cluster.physical_cluster}, watched_.uid));
  if (rebalance.version == shown_version_ && now < next_refresh_) return nullptr;
  shown_version_ = rebalance.version;
  next_refresh_ = now + parts_.limits.refresh;
  ended_ = !IsOpen(rebalance.stage);
  auto response = std::make_unique<v1::WatchRebalanceResponse>();
  *response->mutable_rebalance() = parts_.to_api(rebalance, watched_.cluster);
  return response;
}

}  // namespace sluice::balancer_planner
