#pragma once

#include "absl/status/statusor.h"
#include "google/longrunning/operations_proto.pb.h"
#include "services/provisioner/app/queries.h"
#include "services/provisioner/core/model/operation.h"

namespace sluice::provisioner {

// With metadata, and when it is done its error, its plan (validate_only) or what it made, as that is now: a
// KafkaCluster, KafkaKey or Topic, Empty when that is gone. Reads only for one that is done well.
absl::StatusOr<google::longrunning::Operation> OperationToApi(const Operation& operation, Queries& queries);
// Without a result: for events, where nothing is read.
google::longrunning::Operation OperationWithoutResult(const Operation& operation);

}  // namespace sluice::provisioner
