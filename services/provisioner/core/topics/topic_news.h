#pragma once

#include <vector>

#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/core/model/topic_news.h"

namespace sluice::provisioner {

// What became of the topics between two states of a family, by name. A list that says nothing (the cell could not be
// looked at) and one that is cut off at its end make no topic gone.
std::vector<TopicNews> TopicNewsOf(const ClusterFamily& before, const ClusterFamily& after);
// All topics as they are: what a watch begins with.
std::vector<TopicNews> PresentTopicsOf(const ClusterFamily& family);

}  // namespace sluice::provisioner
