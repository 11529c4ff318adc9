#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/cluster.h"

namespace sluice::satellite {

// OK when `address` accepts a TCP connection within `timeout`; it is closed at once. Unavailable otherwise.
absl::Status Connects(const kafka_admin::BrokerAddress& address, absl::Duration timeout);

}  // namespace sluice::satellite
