#include <string>

#include "absl/strings/str_cat.h"
#include "services/provisioner/core/model/aggregate.h"

namespace sluice::provisioner {

std::string Etag(const Meta& meta) { return absl::StrCat(meta.uid, "-", meta.generation); }

std::string DocumentKey(const Placement& placement, const std::string& cluster_uid) {
  return placement.physical_cluster + "/" + cluster_uid;
}

bool KafkaCluster::reconciling() const {
  return !operation.empty() || state == ClusterState::kAccepted || state == ClusterState::kPlacing ||
         state == ClusterState::kProvisioning || state == ClusterState::kUpdating;
}

Kind KindOf(const Aggregate& aggregate) { return static_cast<Kind>(aggregate.index()); }

const Meta& MetaOf(const Aggregate& aggregate) {
  return std::visit([](const auto& value) -> const Meta& { return value.meta; }, aggregate);
}

Meta& MetaOf(Aggregate& aggregate) {
  return std::visit([](auto& value) -> Meta& { return value.meta; }, aggregate);
}

std::string_view KindName(Kind kind) {
  static constexpr std::string_view kNames[] = {"organization",  "environment", "api-key",    "role-binding",
                                                "kafka-cluster", "kafka-key",   "data-plane", "physical-cluster",
                                                "operation",     "desired",     "status"};
  return kNames[static_cast<int>(kind)];
}

}  // namespace sluice::provisioner
