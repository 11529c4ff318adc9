#include "services/provisioner/adapters/grpc/handlers/operation_handlers.h"

#include <algorithm>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/core/access/not_found.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {
namespace {

// How often a waiting call looks whether its caller is still there.
constexpr absl::Duration kSlice = absl::Seconds(1);
// Of the deadline, for the way back: the answer "not done yet" is worth more than DEADLINE_EXCEEDED.
constexpr absl::Duration kWayBack = absl::Milliseconds(200);
constexpr absl::Duration kLongestWait = absl::Minutes(2);

}  // namespace

using rpc::Call;

rpc::ServiceMethods OperationHandlers::Methods() {
  constexpr std::string_view s = "google.longrunning.Operations";
  using H = OperationHandlers;
  return {std::string(s),
          {
              BindMethod(s, "GetOperation", this, &H::Get),
              BindMethod(s, "ListOperations", this, &H::List),
              BindMethod(s, "CancelOperation", this, &H::Cancel),
              BindMethod(s, "DeleteOperation", this, &H::Delete),
              BindMethod(s, "WaitOperation", this, &H::Wait, {.lane = rpc::Lane::kWaiting, .longest = kLongestWait}),
          }};
}

absl::StatusOr<Operation> OperationHandlers::Read(const Call& call, const std::string& name, Right right) {
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(name, {"organizations", "operations"}, "name"));
  RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, name));
  ASSIGN_OR_RETURN(const Operation operation, queries_.GetOperation(name));
  const Scope scope{operation.organization, operation.environment};
  if (!access_.MaySee(call, scope)) return ResourceNotFound(name);
  RETURN_IF_ERROR(access_.AllowRight(call, right, scope, name));
  return operation;
}

absl::StatusOr<google::longrunning::Operation> OperationHandlers::Get(
    const Call& call, const google::longrunning::GetOperationRequest& request) {
  ASSIGN_OR_RETURN(const Operation operation, Read(call, request.name(), Right::kView));
  return OperationToApi(operation, queries_);
}

absl::StatusOr<google::longrunning::ListOperationsResponse> OperationHandlers::List(
    const Call& call, const google::longrunning::ListOperationsRequest& request) {
  ASSIGN_OR_RETURN(const ResourcePath path, ResourcePath::Parse(request.name(), {"organizations"}, "name"));
  RETURN_IF_ERROR(access_.Allow(call, {.organization = path.organization()}, request.name()));
  const PageBinding binding(pages_, {call.method, request.name(), request.filter()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListOperations(path.organization(), request.filter(), page));
  google::longrunning::ListOperationsResponse response;
  absl::Status failed;
  const auto next = FillPage(
      found, response.mutable_operations(),
      [&](const Operation& operation) -> std::optional<ApiOperation> {
        if (!failed.ok() || !access_.MaySee(call, {operation.organization, operation.environment})) return std::nullopt;
        absl::StatusOr<ApiOperation> api = OperationToApi(operation, queries_);
        if (api.ok()) return *std::move(api);
        failed = api.status();
        return std::nullopt;
      },
      [](const Operation& operation) { return PositionByName(operation.meta); });
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(binding.Seal(next));
  return response;
}

absl::StatusOr<google::protobuf::Empty> OperationHandlers::Cancel(
    const Call& call, const google::longrunning::CancelOperationRequest& request) {
  RETURN_IF_ERROR(Read(call, request.name(), Right::kEdit).status());
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(commands_.Cancel(caller, request.name()));
  return Empty();
}

absl::StatusOr<google::protobuf::Empty> OperationHandlers::Delete(
    const Call& call, const google::longrunning::DeleteOperationRequest& request) {
  RETURN_IF_ERROR(Read(call, request.name(), Right::kEdit).status());
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  RETURN_IF_ERROR(commands_.Delete(caller, request.name()));
  return Empty();
}

absl::StatusOr<google::longrunning::Operation> OperationHandlers::Wait(
    const Call& call, const google::longrunning::WaitOperationRequest& request) {
  ASSIGN_OR_RETURN(Operation operation, Read(call, request.name(), Right::kView));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  absl::Time end = call.deadline - kWayBack;
  if (request.has_timeout()) {
    end = std::min(
        end, clock_.Now() + absl::Seconds(request.timeout().seconds()) + absl::Nanoseconds(request.timeout().nanos()));
  }
  while (!operation.done && clock_.Now() < end) {
    if (call.cancelled->load() || stopping_.load()) {
      return MakeError(absl::StatusCode::kUnavailable, "the server is about to end",
                       {.reason = "SERVER_STOPPING", .remedy = "wait again", .retry_after = absl::Seconds(1)});
    }
    ASSIGN_OR_RETURN(operation, commands_.Wait(caller, request.name(), std::min(kSlice, end - clock_.Now())));
  }
  return OperationToApi(operation, queries_);
}

}  // namespace sluice::provisioner
