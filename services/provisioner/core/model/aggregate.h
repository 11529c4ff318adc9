#pragma once

#include <string_view>
#include <variant>

#include "services/provisioner/core/model/data_plane.h"
#include "services/provisioner/core/model/desired_document.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/operation.h"
#include "services/provisioner/core/model/organization.h"
#include "services/provisioner/core/model/seen_status.h"

namespace sluice::provisioner {

// Everything that is stored. Each has one row, and an event with the same bytes for each change of it (a desired
// document: a record on its data plane's topic; a status: none, the satellite said it).
using Aggregate = std::variant<Organization, Environment, ApiKey, RoleBinding, KafkaCluster, KafkaKey, DataPlane,
                               PhysicalCluster, Operation, DesiredDocument, SeenStatus>;

// In the order of Aggregate's alternatives; stored, so never renumbered.
enum class Kind {
  kOrganization = 0,
  kEnvironment = 1,
  kApiKey = 2,
  kRoleBinding = 3,
  kKafkaCluster = 4,
  kKafkaKey = 5,
  kDataPlane = 6,
  kPhysicalCluster = 7,
  kOperation = 8,
  kDesiredDocument = 9,
  kSeenStatus = 10,
};

Kind KindOf(const Aggregate& aggregate);
const Meta& MetaOf(const Aggregate& aggregate);
Meta& MetaOf(Aggregate& aggregate);
// "kafka_cluster", "operation": in metrics, topics and checksums.
std::string_view KindName(Kind kind);

}  // namespace sluice::provisioner
