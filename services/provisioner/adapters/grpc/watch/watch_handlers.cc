#include "services/provisioner/adapters/grpc/watch/watch_handlers.h"

#include <utility>

#include "absl/strings/match.h"
#include "libs/base/status.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {

rpc::ServiceMethods WatchHandlers::Methods() {
  return {"sluice.provisioner.v1.WatchService",
          {rpc::StreamMethod<v1::WatchRequest>(
              "/sluice.provisioner.v1.WatchService/Watch", {},
              [this](const rpc::Call& call, const v1::WatchRequest& request, rpc::StreamWaker waker) {
                return Watch(call, request, std::move(waker));
              })}};
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> WatchHandlers::Watch(const rpc::Call& call,
                                                                        const v1::WatchRequest& request,
                                                                        rpc::StreamWaker waker) {
  WatchScope scope{.parent = request.parent()};
  if (request.parent() == "dataPlanes") {
    RETURN_IF_ERROR(access_.AllowRight(call, Right::kPlatform, {}, request.parent()));
    scope.data_planes = true;
  } else if (absl::StrContains(request.parent(), "/environments/")) {
    ASSIGN_OR_RETURN(const ResourcePath path,
                     ResourcePath::Parse(request.parent(), {"organizations", "environments"}, "parent"));
    scope.organization = path.organization();
    scope.environment = path.environment();
    RETURN_IF_ERROR(access_.AllowRight(call, Right::kView, {scope.organization, scope.environment}, request.parent()));
  } else {
    ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(request.parent(), {"organizations"}, "parent"));
    scope.organization = path.organization();
    RETURN_IF_ERROR(access_.Allow(call, {.organization = scope.organization}, request.parent()));
  }
  return WatchSource::Open(parts_, call, std::move(scope), request.resume_token(), std::move(waker));
}

}  // namespace sluice::provisioner
