#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/client/api_client.h"
#include "google/longrunning/operations_proto.pb.h"

namespace sluice::cli {

// The operations on `target`, a resource name within an organization, that are not done; 20 at most.
absl::StatusOr<std::vector<google::longrunning::Operation>> OperationsUnderWay(ApiClient& api,
                                                                               const std::string& target);

}  // namespace sluice::cli
