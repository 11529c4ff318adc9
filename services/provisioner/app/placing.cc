#include "services/provisioner/app/placing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"
#include "services/provisioner/core/placement/cell_planner.h"

namespace sluice::provisioner {
namespace {

PhysicalCluster OwnPhysical(const KafkaCluster& cluster, const DataPlane& data_plane, clock::IdSource& ids,
                            absl::Time now) {
  PhysicalCluster physical;
  const std::string uid = absl::StrCat("pkc-", ids.NewSuffix(10));
  physical.meta = {.uid = uid, .name = uid, .generation = 1, .create_time = now, .update_time = now};
  physical.data_plane = data_plane.id;
  physical.region = data_plane.region;
  physical.owner_cluster_uid = cluster.meta.uid;
  physical.spec =
      SpecFor(data_plane, cluster.brokers, cluster.broker_disk_mib, cluster.kafka_version, /*shared=*/false);
  return physical;
}

}  // namespace

absl::StatusOr<PlacementDecision> Place(const FleetSnapshot& fleet, clock::Random& random, clock::IdSource& ids,
                                        ClusterFamily& family, absl::Time now) {
  const KafkaCluster& cluster = family.cluster;
  ASSIGN_OR_RETURN(PlacementDecision decision, PlanPlacement(fleet, {.type = cluster.type,
                                                                     .region = cluster.region,
                                                                     .brokers = cluster.brokers,
                                                                     .kafka_version = cluster.kafka_version,
                                                                     .refused_by = cluster.refused_by,
                                                                     .chance = {random.Next(), random.Next()}}));
  if (!decision.placement) return decision;
  if (cluster.type == ClusterType::kDedicated) {
    PlaceOnOwn(family, OwnPhysical(cluster, fleet.data_planes.at(decision.placement->data_plane), ids, now), now);
  } else {
    const PhysicalSpec& spec = fleet.physical_clusters.at(decision.placement->physical_cluster).spec;
    PlaceOnCell(family, *decision.placement, spec.default_replication_factor, spec.min_insync_replicas, now);
  }
  return decision;
}

}  // namespace sluice::provisioner
