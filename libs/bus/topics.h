#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// The bus's names. A data plane has one set of topics; all begin with DataPlanePrefix, which ends with a dot so that a
// prefixed ACL for eu-1 does not match eu-10.
namespace sluice::bus {

std::string DataPlanePrefix(std::string_view data_plane);  // sluice.dp.<data plane>.
std::string DesiredTopic(std::string_view data_plane);     // …desired.v1, compacted, said by the provisioner
std::string PlansTopic(std::string_view data_plane);       // …plans.v1, compacted, said by the balancer-planner
std::string StatusTopic(std::string_view data_plane);      // …status.v1, compacted, said by the satellite
std::string LoadTopic(std::string_view data_plane);        // …load.v1, said by the satellite
std::string UsageTopic(std::string_view data_plane);       // …usage.v1, said by the satellite
std::string EventsTopic(std::string_view aggregate);       // sluice.<aggregate>.events.v1, kept for ever

// The data plane that a topic belongs to; nothing when it is no data plane's topic.
std::optional<std::string> DataPlaneOf(std::string_view topic);

// ce_source values.
std::string ServiceSource(std::string_view service);       // /sluice/<service>
std::string SatelliteSource(std::string_view data_plane);  // /sluice/dp/<data plane>/satellite

// Whether a record of `topic` may say that it is from `source`: on a data plane's status, load and usage only that data
// plane's satellite, on its desired documents only the provisioner, on its plans only the balancer-planner; elsewhere
// any service but no satellite. PERMISSION_DENIED with reason FORGED_SOURCE.
absl::Status CheckSource(std::string_view topic, std::string_view source);

}  // namespace sluice::bus
