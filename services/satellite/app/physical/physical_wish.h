#pragma once

#include <cstdint>
#include <string>

#include "libs/operator/physical_spec.h"
#include "sluice/provisioner/v1/desired.pb.h"

namespace sluice::satellite {

// The wish for one physical cluster, as accepted.
struct PhysicalWish {
  int64_t generation = 0;
  bool deleted = false;
  op::PhysicalSpec spec;
  std::string traceparent;
};

// Without Protobuf. Numbers that no cluster can have become the nearest that one can: 1 controller or 3, 1 broker at
// least, replication factor and min ISR within the brokers.
op::PhysicalSpec SpecFromProto(const provisioner::v1::PhysicalClusterSpec& spec);

}  // namespace sluice::satellite
