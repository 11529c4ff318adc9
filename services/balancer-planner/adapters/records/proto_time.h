#pragma once

#include <google/protobuf/duration.pb.h>

#include <cmath>
#include <cstdint>

#include "libs/proto_values/timestamps.h"

namespace sluice::balancer_planner::records {

using proto_values::Put;
using proto_values::TimeOf;

// An estimate, to the microsecond and of thirty years at most: a double tells these apart, so what was read back is
// written as the same bytes again. What is not finite is 0.
inline void Put(double seconds, google::protobuf::Duration* out) {
  const double bounded = std::isfinite(seconds) ? std::fmin(std::fmax(seconds, 0), 1e9) : 0;
  const int64_t micros = std::llround(bounded * 1e6);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
}

inline double SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

}  // namespace sluice::balancer_planner::records
