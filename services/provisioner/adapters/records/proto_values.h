#pragma once

#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/resource.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"
#include "sluice/provisioner/v1/resource_meta.pb.h"

// The small change between the model and Protobuf.
namespace sluice::provisioner::records {

inline void Put(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>((time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
}

inline absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// The same message always gives the same bytes: maps sorted. What checksums are made of.
std::string CanonicalBytes(const google::protobuf::MessageLite& message);

void Put(const Condition& condition, v1::Condition* out);
Condition ConditionOf(const v1::Condition& condition);
v1::KafkaLimits ToApi(const Limits& limits);
Limits LimitsOf(const v1::KafkaLimits& limits);

}  // namespace sluice::provisioner::records
