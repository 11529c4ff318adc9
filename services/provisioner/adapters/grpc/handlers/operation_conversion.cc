#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"

#include <google/protobuf/empty.pb.h>

#include <utility>
#include <variant>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/grpc/error_status.h"
#include "services/provisioner/adapters/records/api_records.h"

namespace sluice::provisioner {

google::longrunning::Operation OperationWithoutResult(const Operation& operation) {
  google::longrunning::Operation api;
  api.set_name(operation.meta.name);
  api.set_done(operation.done);
  api.mutable_metadata()->PackFrom(records::MetadataOf(operation));
  if (operation.error) {
    *api.mutable_error() = rpc::ToRpcStatus(MakeError(static_cast<absl::StatusCode>(operation.error->code),
                                                      operation.error->message, {.reason = operation.error->reason}));
  } else if (operation.plan) {
    api.mutable_response()->PackFrom(records::ToApi(*operation.plan));
  }
  return api;
}

absl::StatusOr<google::longrunning::Operation> OperationToApi(const Operation& operation, Queries& queries) {
  google::longrunning::Operation api = OperationWithoutResult(operation);
  if (!operation.done || operation.error || operation.plan) return api;
  ASSIGN_OR_RETURN(auto result, queries.ResultOf(operation));
  if (!result) {
    api.mutable_response()->PackFrom(google::protobuf::Empty());
  } else {
    std::visit([&](const auto& resource) { api.mutable_response()->PackFrom(records::ToApi(resource)); }, *result);
  }
  return api;
}

}  // namespace sluice::provisioner
