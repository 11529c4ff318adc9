#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner::records {

void Put(const Condition& condition, v1::Condition* out) {
  out->set_type(condition.type);
  out->set_status(condition.status == ConditionStatus::kTrue    ? v1::Condition::TRUE
                  : condition.status == ConditionStatus::kFalse ? v1::Condition::FALSE
                                                                : v1::Condition::UNKNOWN);
  out->set_reason(condition.reason);
  out->set_message(condition.message);
  Put(condition.last_transition_time, out->mutable_last_transition_time());
  out->set_observed_generation(condition.observed_generation);
}

Condition ConditionOf(const v1::Condition& condition) {
  return {.type = condition.type(),
          .status = condition.status() == v1::Condition::TRUE    ? ConditionStatus::kTrue
                    : condition.status() == v1::Condition::FALSE ? ConditionStatus::kFalse
                                                                 : ConditionStatus::kUnknown,
          .reason = condition.reason(),
          .message = condition.message(),
          .last_transition_time = TimeOf(condition.last_transition_time()),
          .observed_generation = condition.observed_generation()};
}

v1::KafkaLimits ToApi(const Limits& limits) {
  v1::KafkaLimits out;
  out.set_ingress_bytes_per_second(limits.ingress_bytes_per_second);
  out.set_egress_bytes_per_second(limits.egress_bytes_per_second);
  out.set_request_percent(limits.request_percent);
  out.set_controller_mutations_per_second(limits.controller_mutations_per_second);
  out.set_partitions(limits.partitions);
  return out;
}

Limits LimitsOf(const v1::KafkaLimits& limits) {
  return {.ingress_bytes_per_second = limits.ingress_bytes_per_second(),
          .egress_bytes_per_second = limits.egress_bytes_per_second(),
          .request_percent = limits.request_percent(),
          .controller_mutations_per_second = limits.controller_mutations_per_second(),
          .partitions = limits.partitions()};
}

}  // namespace sluice::provisioner::records
