#pragma once

#include <google/protobuf/duration.pb.h>

#include <cmath>
#include <cstdint>

#include "libs/proto_values/timestamps.h"

namespace sluice::balancer_planner::records {

using proto_values::Put;
using proto_values::TimeOf;

// Seconds at the bounds of what a Duration may be are cut to them.
inline void Put(double seconds, google::protobuf::Duration* out) {
  const double bounded = std::isfinite(seconds) ? std::fmin(std::fmax(seconds, 0), 3e11) : 0;
  out->set_seconds(static_cast<int64_t>(bounded));
  out->set_nanos(static_cast<int32_t>((bounded - std::floor(bounded)) * 1e9));
}

inline double SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

}  // namespace sluice::balancer_planner::records
