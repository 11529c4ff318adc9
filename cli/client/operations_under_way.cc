#include "cli/client/operations_under_way.h"

#include "libs/base/status.h"

namespace sluice::cli {

absl::StatusOr<std::vector<google::longrunning::Operation>> OperationsUnderWay(ApiClient& api,
                                                                               const std::string& target) {
  google::longrunning::ListOperationsRequest request;
  request.set_name(target.substr(0, target.find("/environments/")));
  request.set_filter("done = false AND target = \"" + target + "\"");
  request.set_page_size(20);
  ASSIGN_OR_RETURN(auto page, api.Call(&ApiClient::Operations::StubInterface::ListOperations, request));
  return std::vector<google::longrunning::Operation>(page.operations().begin(), page.operations().end());
}

}  // namespace sluice::cli
