#include "cli/client/watch_follower.h"

#include <string>
#include <utility>

#include "libs/base/error.h"
#include "libs/clock/backoff.h"

namespace sluice::cli {
namespace {

// A stream that ended without fault is resumed as one that broke.
bool MayResume(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status WatchFollower::Follow(const std::string& parent, std::string resume_token) {
  const ApiClient::World& world = api_.world();
  clock::BackOff back_off(world.random, absl::Milliseconds(100), absl::Seconds(5));
  bool enough = false;
  while (true) {
    provisioner::v1::WatchRequest request;
    request.set_parent(parent);
    request.set_resume_token(resume_token);
    const absl::Status status = api_.Watch(request, [&](const Response& response) {
      if (!response.resume_token().empty()) resume_token = response.resume_token();
      back_off.Reset();
      enough = !listener_.take(response);
      return !enough;
    });
    if (enough || world.stop.stopped()) return absl::OkStatus();
    const bool expired = ErrorReason(status) == "RESUME_TOKEN_EXPIRED" && !resume_token.empty();
    if (expired) resume_token.clear();
    if (!expired && !MayResume(status)) return status;
    listener_.disconnected(status, /*anew=*/resume_token.empty());
    if (world.stop.WaitFor(back_off.Next())) return absl::OkStatus();
  }
}

}  // namespace sluice::cli
