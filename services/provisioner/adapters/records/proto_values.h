#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/proto_values/canonical_bytes.h"
#include "libs/proto_values/timestamps.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/resource.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"
#include "sluice/provisioner/v1/resource_meta.pb.h"

// The small change between the model and Protobuf.
namespace sluice::provisioner::records {

using proto_values::CanonicalBytes;
using proto_values::Put;
using proto_values::TimeOf;

void Put(const Condition& condition, v1::Condition* out);
Condition ConditionOf(const v1::Condition& condition);
v1::KafkaLimits ToApi(const Limits& limits);
Limits LimitsOf(const v1::KafkaLimits& limits);

}  // namespace sluice::provisioner::records
