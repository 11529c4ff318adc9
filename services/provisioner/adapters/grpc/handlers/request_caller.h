#pragma once

#include <google/protobuf/message.h>

#include "absl/status/statusor.h"
#include "libs/grpc/server/call.h"
#include "services/provisioner/app/caller.h"

namespace sluice::provisioner {

// The caller as the use cases want it: who calls, and the request's request_id and validate_only when it has such
// fields. REQUEST_ID_INVALID.
absl::StatusOr<Caller> CallerOf(const rpc::Call& call, const google::protobuf::Message& request);

}  // namespace sluice::provisioner
