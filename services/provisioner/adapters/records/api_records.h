#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "services/provisioner/app/views.h"
#include "services/provisioner/core/model/aggregate.h"
#include "sluice/provisioner/v1/data_plane.pb.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"
#include "sluice/provisioner/v1/operation.pb.h"
#include "sluice/provisioner/v1/organization.pb.h"

// The model as the API shows it.
namespace sluice::provisioner::records {

v1::Organization ToApi(const Organization& organization);
v1::Environment ToApi(const Environment& environment);
v1::ApiKey ToApi(const ApiKey& key);
v1::RoleBinding ToApi(const RoleBinding& binding);
// Without what a cluster has from its physical cluster: as events carry it.
v1::KafkaCluster ToApi(const KafkaCluster& cluster);
// All of it.
v1::KafkaCluster ToApi(const KafkaClusterView& view);
v1::KafkaKey ToApi(const KafkaKey& key);
v1::Topic ToApi(const Topic& topic);
// Without its physical clusters: as events carry it.
v1::DataPlane ToApi(const DataPlane& data_plane);
v1::DataPlane ToApi(const DataPlaneView& view);
v1::PhysicalCluster ToApi(const PhysicalCluster& cluster);
v1::OperationMetadata MetadataOf(const Operation& operation);
v1::Plan ToApi(const Plan& plan);

// Back, of what events and rows hold. A name that does not parse gives empty parts.
Organization FromApi(const v1::Organization& organization);
Environment FromApi(const v1::Environment& environment);
ApiKey FromApi(const v1::ApiKey& key);
RoleBinding FromApi(const v1::RoleBinding& binding);
KafkaCluster FromApi(const v1::KafkaCluster& cluster);
KafkaKey FromApi(const v1::KafkaKey& key);
Topic FromApi(const v1::Topic& topic);
DataPlane FromApi(const v1::DataPlane& data_plane);

// The part at `index` of a resource name: organizations(0)/{o}(1)/environments(2)/{e}(3)/…; "" beyond its end.
std::string PartOf(const std::string& name, size_t index);

}  // namespace sluice::provisioner::records
