#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/document.h"
#include "google/longrunning/operations_proto.pb.h"
#include "sluice/provisioner/v1/operation.pb.h"

namespace sluice::cli {

// RUNNING, DONE, FAILED or CANCELLED
std::string OperationState(const google::longrunning::Operation& operation);
Document OperationDocument(const google::longrunning::Operation& operation);
void PrintOperations(std::ostream& out, bool colour, const std::vector<google::longrunning::Operation>& operations,
                     absl::Time now);
void PrintOperation(std::ostream& out, bool colour, const google::longrunning::Operation& operation, absl::Time now);

// What validate_only gave back.
Document PlanDocument(const provisioner::v1::Plan& plan);
void PrintPlan(std::ostream& out, bool colour, const provisioner::v1::Plan& plan);

}  // namespace sluice::cli
