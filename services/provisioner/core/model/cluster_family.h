#pragma once

#include <vector>

#include "services/provisioner/core/model/data_plane.h"
#include "services/provisioner/core/model/desired_document.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/operation.h"
#include "services/provisioner/core/model/seen_status.h"

namespace sluice::provisioner {

// Everything about one logical cluster that its decisions need: read at once, changed by the machines in
// core/lifecycle, and what differs then is written in one mutation.
struct ClusterFamily {
  KafkaCluster cluster;
  std::vector<KafkaKey> keys;
  std::vector<Operation> operations;  // not done when read
  // The document of its present placement, and those of former ones that are not gone yet.
  std::vector<DesiredDocument> documents;
  std::vector<PhysicalCluster> physical_clusters;  // of a DEDICATED one
  std::vector<SeenStatus> statuses;
  // Nothing is left of the cluster: all rows go.
  bool erased = false;

  friend bool operator==(const ClusterFamily&, const ClusterFamily&) = default;
};

}  // namespace sluice::provisioner
