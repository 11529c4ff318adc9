#include "cli/nouns/rebalance_target.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/documents/rebalance_document.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

namespace bp = balancer_planner::v1;

absl::Status NoRebalance(const std::string& cluster, bool open) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat(cluster, " has no ", open ? "open " : "", "rebalance"),
                   {.reason = "NO_REBALANCE", .remedy = absl::StrCat("See 'sluice rebalance list ", cluster, "'.")});
}

}  // namespace

absl::StatusOr<std::string> RebalancedClusterName(Session& session, const std::string& text) {
  if (absl::StartsWith(text, "pkc-")) return absl::StrCat("physicalClusters/", text);
  if (absl::StartsWith(text, "physicalClusters/")) return text;
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  return KafkaClusterName(scope, text);
}

absl::StatusOr<bp::ListRebalancesResponse> RebalancePage(Session& session, const std::string& cluster, int size,
                                                         const std::string& token) {
  bp::ListRebalancesRequest request;
  request.set_cluster(cluster);
  request.set_page_size(size);
  request.set_page_token(token);
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  return api->Call(&ApiClient::Rebalances::StubInterface::ListRebalances, request);
}

absl::StatusOr<std::string> RebalanceName(Session& session, const RebalanceTarget& target, bool open) {
  ASSIGN_OR_RETURN(const std::string cluster, RebalancedClusterName(session, target.cluster));
  if (!target.rebalance.empty()) return absl::StrCat(cluster, "/rebalances/", target.rebalance);
  ASSIGN_OR_RETURN(const bp::ListRebalancesResponse newest, RebalancePage(session, cluster, 1, ""));
  if (newest.rebalances().empty() || (open && HasEnded(newest.rebalances(0)))) {
    return NoRebalance(target.cluster, open);
  }
  return newest.rebalances(0).name();
}

}  // namespace sluice::cli
