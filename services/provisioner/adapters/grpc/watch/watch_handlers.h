#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/adapters/grpc/watch/watch_source.h"
#include "sluice/provisioner/v1/watch_service.pb.h"

namespace sluice::provisioner {

// WatchService. Thread-safe.
class WatchHandlers {
 public:
  WatchHandlers(WatchParts parts, Authorizer& access) : parts_(std::move(parts)), access_(access) {}

  rpc::ServiceMethods Methods();

 private:
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> Watch(const rpc::Call&, const v1::WatchRequest&, rpc::StreamWaker);

  const WatchParts parts_;
  Authorizer& access_;
};

}  // namespace sluice::provisioner
