#include "libs/operator/moves/retire_gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::op {
namespace {

GateAnswer Answer(GateVerdict verdict, std::string code, std::string message) {
  return {verdict, {{std::move(code), std::move(message)}}};
}

}  // namespace

std::map<int32_t, int32_t> ReplicasByBroker(const std::vector<PartitionHealth>& partitions) {
  std::map<int32_t, int32_t> count;
  for (const PartitionHealth& partition : partitions) {
    for (int32_t broker : partition.replicas) ++count[broker];
  }
  return count;
}

GateAnswer AskRetire(const GatePolicy& policy, Moment now, int32_t broker, const KafkaHealth* health) {
  if (health == nullptr || !health->partitions) {
    return Answer(GateVerdict::kInconclusive, "PARTITIONS_UNKNOWN", "the partitions' replicas are not known");
  }
  const absl::Duration age = now - health->sampled_at;
  if (age > policy.oldest_sample || age < absl::ZeroDuration()) {
    return Answer(GateVerdict::kInconclusive, "SAMPLE_OLD", "the last sample is too old");
  }
  const std::map<int32_t, int32_t> replicas = ReplicasByBroker(*health->partitions);
  if (const auto held = replicas.find(broker); held != replicas.end()) {
    return Answer(GateVerdict::kFail, "NOT_EMPTY",
                  absl::StrCat("broker ", broker, " holds ", held->second, " replicas"));
  }
  const bool moving = std::any_of(health->partitions->begin(), health->partitions->end(),
                                  [](const PartitionHealth& p) { return p.reassigning; });
  if (moving) return Answer(GateVerdict::kFail, "REASSIGNMENT_RUNNING", "partitions are being moved");
  if (!health->active_controller || *health->active_controller < 0) {
    return Answer(GateVerdict::kFail, "NO_ACTIVE_CONTROLLER", "the quorum has no leader");
  }
  const bool serves = health->registered_brokers.contains(broker) && !health->fenced_brokers.contains(broker);
  const auto settings = health->broker_settings.find(broker);
  const bool cordoned = settings != health->broker_settings.end() && settings->second.cordoned;
  if (serves && !cordoned) {
    return Answer(GateVerdict::kInconclusive, "NOT_CORDONED", absl::StrCat("broker ", broker, " still takes replicas"));
  }
  return {GateVerdict::kPass, {}};
}

}  // namespace sluice::op
