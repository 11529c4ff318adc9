#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/provisioner/core/model/cluster_family.h"

namespace sluice::provisioner {

// The cluster's topics as the last status listed them (the first 1000 by name) with the wishes under way, by name.
std::vector<Topic> TopicsOf(const ClusterFamily& family);
// Of the cluster at its present placement; null when there is none.
const SeenStatus* LastStatusOf(const ClusterFamily& family);
// NOT_FOUND when neither lists it. A topic beyond the first 1000 is taken to exist: Kafka will say.
absl::StatusOr<Topic> FindTopic(const ClusterFamily& family, const std::string& id);

}  // namespace sluice::provisioner
