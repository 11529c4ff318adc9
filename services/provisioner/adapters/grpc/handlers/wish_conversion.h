#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/app/data_plane_commands.h"
#include "services/provisioner/app/kafka_cluster_commands.h"
#include "services/provisioner/core/model/organization.h"
#include "sluice/provisioner/v1/data_plane.pb.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"
#include "sluice/provisioner/v1/organization.pb.h"

// What callers send, as the use cases want it. Only shape is checked here (an enum's number, a time's range):
// INVALID_ARGUMENT INVALID_FIELD with the field; what may be wished is the use cases' to say.
namespace sluice::provisioner {

// An update does not need the type: it cannot change.
enum class TypeRule { kRequired, kIgnored };
absl::StatusOr<KafkaClusterWish> WishOf(const v1::KafkaCluster& cluster, TypeRule type_rule);
absl::StatusOr<DataPlaneWish> WishOf(const v1::DataPlane& data_plane, TypeRule substrate_rule);
absl::StatusOr<Role> RoleOf(const v1::RoleBinding& binding);
// Nothing when unset.
absl::StatusOr<std::optional<absl::Time>> ExpireTimeOf(const v1::ApiKey& key);

template <typename Map>
Labels LabelsOf(const Map& labels) {
  return Labels(labels.begin(), labels.end());
}

}  // namespace sluice::provisioner
