#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/client/api_client.h"
#include "google/longrunning/operations_proto.pb.h"
#include "sluice/provisioner/v1/operation.pb.h"

namespace sluice::cli {

// Follows one operation to its end.
class OperationWaiter {
 public:
  using Operation = google::longrunning::Operation;
  // Told of each look: what is waited for and how far it is.
  using Listener = std::function<void(const provisioner::v1::OperationMetadata&)>;

  // Waits at the server in slices of `slice`, so that the listener hears of news at least that often.
  OperationWaiter(ApiClient& api, absl::Duration slice, Listener listener)
      : api_(api), slice_(slice), listener_(std::move(listener)) {}

  // The operation once it is done, failed ones too. An API that is out of reach meanwhile is asked again. When
  // `timeout` is over WAIT_TIMED_OUT, on a stop CANCELLED: the operation itself goes on.
  absl::StatusOr<Operation> Wait(Operation operation, absl::Duration timeout);

 private:
  void Tell(const Operation& operation) const;

  ApiClient& api_;
  const absl::Duration slice_;
  const Listener listener_;
};

// The metadata of one of our operations; empty when it is not ours.
provisioner::v1::OperationMetadata MetadataOf(const google::longrunning::Operation& operation);

}  // namespace sluice::cli
