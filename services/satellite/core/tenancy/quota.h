#pragma once

#include <map>
#include <string>

#include "services/satellite/core/tenancy/tenant_wish.h"

namespace sluice::satellite {

// Kafka's quotas for the user entity of a logical cluster, by their keys. Kafka counts bytes per broker, so a limit is
// divided by `brokers`, all that belong to the cell and not only the live ones: the sum over them never exceeds the
// limit. request_percentage is one broker's by its meaning, and controller_mutation_rate is counted by the one active
// controller: neither is divided. docs/adr says what this costs a tenant whose load sits on few brokers.
std::map<std::string, double> WantedQuotas(const TenantLimits& limits, int brokers);

}  // namespace sluice::satellite
