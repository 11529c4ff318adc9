#include "services/provisioner/adapters/grpc/handlers/request_caller.h"

#include "libs/base/status.h"
#include "libs/grpc/request/request_identity.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"

namespace sluice::provisioner {

absl::StatusOr<Caller> CallerOf(const rpc::Call& call, const google::protobuf::Message& request) {
  Caller caller;
  if (const ApiIdentity* identity = IdentityOf(call)) {
    caller.principal = identity->principal;
    caller.organization = identity->organization;
  }
  caller.traceparent = call.traceparent;
  caller.peer = call.peer;
  caller.deadline = call.deadline;
  const auto* descriptor = request.GetDescriptor();
  const auto* reflection = request.GetReflection();
  if (const auto* field = descriptor->FindFieldByName("validate_only")) {
    caller.validate_only = reflection->GetBool(request, field);
  }
  if (const auto* field = descriptor->FindFieldByName("request_id")) {
    ASSIGN_OR_RETURN(caller.request_id, rpc::CheckRequestId(reflection->GetString(request, field)));
    if (!caller.request_id.empty()) caller.payload_hash = rpc::PayloadHash(call.method_name(), request);
  }
  return caller;
}

}  // namespace sluice::provisioner
