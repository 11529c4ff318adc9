#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "cli/client/api_client.h"
#include "sluice/provisioner/v1/watch_service.pb.h"

namespace sluice::cli {

// Follows a watch across disconnects: each new stream resumes from the last token, so that no change is left out.
class WatchFollower {
 public:
  using Response = provisioner::v1::WatchResponse;

  struct Listener {
    // False ends the watch.
    std::function<bool(const Response&)> take;
    // The stream ended and will be resumed, or, when the token is too old, begun anew with a snapshot.
    std::function<void(const absl::Status& why, bool anew)> disconnected;
  };

  explicit WatchFollower(ApiClient& api, Listener listener) : api_(api), listener_(std::move(listener)) {}

  // Until the listener has enough or a stop (OK), or an error that no repeat can cure.
  absl::Status Follow(const std::string& parent, std::string resume_token);

 private:
  ApiClient& api_;
  const Listener listener_;
};

}  // namespace sluice::cli
