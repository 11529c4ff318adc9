#include "cli/client/operation_waiter.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/clock/backoff.h"

namespace sluice::cli {
namespace {

using google::longrunning::WaitOperationRequest;

// The server's answer needs this much on top of the time that it waits.
constexpr absl::Duration kAnswerTime = absl::Seconds(5);

absl::Status TimedOut(const std::string& name, absl::Duration timeout, const std::string& waits_for) {
  return MakeError(absl::StatusCode::kDeadlineExceeded,
                   absl::StrCat("operation ", name, " is not done after ", absl::FormatDuration(timeout),
                                waits_for.empty() ? "" : "; it says: ", waits_for),
                   {.reason = "WAIT_TIMED_OUT", .remedy = "It goes on: 'sluice operation wait " + name + "'."});
}

}  // namespace

provisioner::v1::OperationMetadata MetadataOf(const google::longrunning::Operation& operation) {
  provisioner::v1::OperationMetadata metadata;
  if (!operation.metadata().UnpackTo(&metadata)) metadata.Clear();
  return metadata;
}

void OperationWaiter::Tell(const Operation& operation) const {
  if (listener_) listener_(MetadataOf(operation));
}

absl::StatusOr<OperationWaiter::Operation> OperationWaiter::Wait(Operation operation, absl::Duration timeout) {
  const ApiClient::World& world = api_.world();
  const absl::Duration give_up = world.clock.MonotonicNow() + timeout;
  clock::BackOff back_off(world.random, absl::Milliseconds(200), absl::Seconds(3));
  const std::string name = operation.name();
  while (true) {
    Tell(operation);
    if (operation.done()) return operation;
    const absl::Duration left = give_up - world.clock.MonotonicNow();
    if (left <= absl::ZeroDuration()) return TimedOut(name, timeout, MetadataOf(operation).status_message());
    const absl::Duration slice = std::min(slice_, left);
    WaitOperationRequest request;
    request.set_name(name);
    request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(slice));
    request.mutable_timeout()->set_nanos(
        static_cast<int>(absl::ToInt64Nanoseconds(slice - absl::Seconds(absl::ToInt64Seconds(slice)))));
    auto answer = api_.Call(&ApiClient::Operations::StubInterface::WaitOperation, request, slice + kAnswerTime);
    if (answer.ok()) {
      operation = *std::move(answer);
      back_off.Reset();
      continue;
    }
    // A control plane that restarts is not the operation's end.
    if (answer.status().code() != absl::StatusCode::kUnavailable &&
        answer.status().code() != absl::StatusCode::kDeadlineExceeded) {
      return answer.status();
    }
    if (world.stop.WaitFor(std::min(back_off.Next(), left))) return absl::CancelledError("interrupted");
  }
}

}  // namespace sluice::cli
