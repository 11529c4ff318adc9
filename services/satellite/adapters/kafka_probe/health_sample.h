#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/operator/snapshot.h"

namespace sluice::satellite {

// One look at the cluster, everything but its load. What cannot be learnt stays unset; an error when nobody answers.
absl::StatusOr<op::KafkaHealth> SampleHealth(kafka_admin::AdminClient& admin, const clock::Clock& clock,
                                             absl::Duration timeout);

}  // namespace sluice::satellite
