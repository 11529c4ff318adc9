#pragma once

#include <atomic>

#include "absl/status/statusor.h"
#include "google/longrunning/operations_proto.pb.h"
#include "libs/clock/clock.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/app/operation_commands.h"
#include "services/provisioner/app/queries.h"

namespace sluice::provisioner {

// google.longrunning.Operations. An operation belongs to the environment of what it works on: who may not see that does
// not see the operation. Thread-safe.
class OperationHandlers {
 public:
  OperationHandlers(OperationCommands& commands, Queries& queries, Authorizer& access, const rpc::TokenSealer& pages,
                    const clock::Clock& clock)
      : commands_(commands), queries_(queries), access_(access), pages_(pages), clock_(clock) {}

  rpc::ServiceMethods Methods();

  // The server ends: nobody waits any longer.
  void StopWaiting() { stopping_.store(true); }

 private:
  using ApiOperation = google::longrunning::Operation;
  using Empty = google::protobuf::Empty;

  absl::StatusOr<ApiOperation> Get(const rpc::Call&, const google::longrunning::GetOperationRequest&);
  absl::StatusOr<google::longrunning::ListOperationsResponse> List(const rpc::Call&,
                                                                   const google::longrunning::ListOperationsRequest&);
  absl::StatusOr<Empty> Cancel(const rpc::Call&, const google::longrunning::CancelOperationRequest&);
  absl::StatusOr<Empty> Delete(const rpc::Call&, const google::longrunning::DeleteOperationRequest&);
  absl::StatusOr<ApiOperation> Wait(const rpc::Call&, const google::longrunning::WaitOperationRequest&);

  // The operation, once the caller has `right` over its environment; without kView it does not exist.
  absl::StatusOr<Operation> Read(const rpc::Call& call, const std::string& name, Right right);

  OperationCommands& commands_;
  Queries& queries_;
  Authorizer& access_;
  const rpc::TokenSealer& pages_;
  const clock::Clock& clock_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace sluice::provisioner
