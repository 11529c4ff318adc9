#pragma once

#include <string>
#include <string_view>

#include "sluice/satellite/v1/status.pb.h"

namespace sluice::satellite {

// Where what a satellite sees goes. Thread-safe, never blocks.
class StatusSink {
 public:
  virtual ~StatusSink() = default;

  // `draft` has key, observed_generation, conditions (type, status, reason, message) and `seen`; the sink fills in data
  // plane, epoch, sequence, time and the conditions' transition times. A draft that says what the last one of its key
  // said is not sent again. `traceparent`: of the desired record that this answers, or "".
  virtual void Publish(satellite::v1::StatusDocument draft, std::string_view traceparent) = 0;

  // The key's document is gone from the desired topic: it is not said again.
  virtual void Forget(const std::string& key) = 0;
};

}  // namespace sluice::satellite
