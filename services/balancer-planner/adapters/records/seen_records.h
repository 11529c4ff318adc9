#pragma once

#include "absl/status/statusor.h"
#include "services/balancer-planner/core/model/seen_cluster.h"
#include "sluice/satellite/v1/load.pb.h"
#include "sluice/satellite/v1/status.pb.h"

// What satellites say, as the model has it.
namespace sluice::balancer_planner::records {

// Of a document with a physical cluster's status.
SeenStatus SeenOf(const satellite::v1::StatusDocument& document);
// Of one part: its brokers, when it is the first, and its partitions.
SeenLoad SeenOf(const satellite::v1::LoadSample& sample);

}  // namespace sluice::balancer_planner::records
