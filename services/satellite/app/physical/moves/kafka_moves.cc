#include "services/satellite/app/physical/moves/kafka_moves.h"

#include <optional>
#include <string>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/log/log.h"

namespace sluice::satellite {
namespace {

using kafka_admin::ConfigAlteration;
using kafka_admin::ConfigChange;
using kafka_admin::ConfigResourceType;
using kafka_admin::TopicPartition;

ConfigChange SetOrDelete(std::string name, const std::string& value) {
  if (value.empty()) return {std::move(name), ConfigChange::Op::kDelete, ""};
  return {std::move(name), ConfigChange::Op::kSet, value};
}

std::vector<ConfigAlteration> AlterationsOf(const op::Throttle& change) {
  std::vector<ConfigAlteration> alterations;
  for (const auto& [broker, rate] : change.brokers) {
    const std::string value = rate ? std::to_string(*rate) : "";
    alterations.push_back({{ConfigResourceType::kBroker, std::to_string(broker)},
                           {SetOrDelete("leader.replication.throttled.rate", value),
                            SetOrDelete("follower.replication.throttled.rate", value)}});
  }
  for (const auto& [topic, throttle] : change.topics) {
    alterations.push_back({{ConfigResourceType::kTopic, topic},
                           {SetOrDelete("leader.replication.throttled.replicas", throttle.leader),
                            SetOrDelete("follower.replication.throttled.replicas", throttle.follower)}});
  }
  return alterations;
}

std::vector<TopicPartition> Named(const std::vector<op::PartitionId>& partitions) {
  std::vector<TopicPartition> named;
  for (const op::PartitionId& id : partitions) named.push_back({id.topic, id.partition});
  return named;
}

// The same request again cannot help.
bool IsFinal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsFailedPrecondition(status) ||
         absl::IsPermissionDenied(status);
}

}  // namespace

absl::Status KafkaMoves::SetThrottle(const op::Throttle& change) {
  if (change.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto results, admin_.AlterConfigs(AlterationsOf(change), false, timeout_));
  for (const kafka_admin::ConfigResult& result : results) {
    const bool gone = result.resource.type == ConfigResourceType::kTopic && absl::IsNotFound(result.status);
    if (!gone) RETURN_IF_ERROR(result.status);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<op::PartitionId>> KafkaMoves::Assign(const std::vector<op::NewReplicas>& moves) {
  std::set<op::PartitionId> refused;
  if (moves.empty()) return refused;
  std::vector<kafka_admin::Reassignment> wanted;
  for (const op::NewReplicas& move : moves) {
    wanted.push_back({{move.partition.topic, move.partition.partition}, move.replicas});
  }
  ASSIGN_OR_RETURN(const auto results, admin_.AlterReassignments(wanted, timeout_));
  absl::Status trouble;
  for (size_t i = 0; i < results.size(); ++i) {
    const absl::Status& status = results[i].status;
    if (status.ok()) continue;
    log::Warn("Kafka does not move a partition",
              {{"partition", moves[i].partition.Name()}, {"error", status.ToString()}});
    if (IsFinal(status)) refused.insert(moves[i].partition);
    if (!IsFinal(status) && trouble.ok()) trouble = status;
  }
  if (!trouble.ok() && refused.empty()) return trouble;
  return refused;
}

absl::Status KafkaMoves::Cancel(const std::vector<op::PartitionId>& partitions) {
  if (partitions.empty()) return absl::OkStatus();
  std::vector<kafka_admin::Reassignment> wanted;
  for (const TopicPartition& partition : Named(partitions)) wanted.push_back({partition, std::nullopt});
  ASSIGN_OR_RETURN(const auto results, admin_.AlterReassignments(wanted, timeout_));
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].status.ok() || ErrorReason(results[i].status) == "KAFKA_NO_REASSIGNMENT_IN_PROGRESS") continue;
    log::Warn("a move cannot be put back now",
              {{"partition", partitions[i].Name()}, {"error", results[i].status.ToString()}});
  }
  return absl::OkStatus();
}

absl::Status KafkaMoves::Elect(const std::vector<op::PartitionId>& partitions) {
  if (partitions.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto results,
                   admin_.ElectLeaders(kafka_admin::ElectionKind::kPreferred, Named(partitions), timeout_));
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].status.ok() || ErrorReason(results[i].status) == "KAFKA_ELECTION_NOT_NEEDED") continue;
    log::Warn("a leader is not handed over now",
              {{"partition", partitions[i].Name()}, {"error", results[i].status.ToString()}});
  }
  return absl::OkStatus();
}

std::map<op::PartitionId, int64_t> KafkaMoves::Arrived(const std::vector<op::NewReplicas>& copying) {
  std::map<int32_t, std::vector<TopicPartition>> by_broker;
  for (const op::NewReplicas& one : copying) {
    for (int32_t broker : one.replicas) by_broker[broker].push_back({one.partition.topic, one.partition.partition});
  }
  std::map<op::PartitionId, int64_t> arrived;
  for (const auto& [broker, partitions] : by_broker) {
    const auto dirs = admin_.DescribeLogDirs(broker, partitions, timeout_);
    if (!dirs.ok()) continue;
    for (const kafka_admin::LogDir& dir : *dirs) {
      for (const kafka_admin::ReplicaInDir& replica : dir.replicas) {
        if (!replica.future) arrived[{replica.topic, replica.partition}] += replica.size_bytes;
      }
    }
  }
  return arrived;
}

absl::Status KafkaMoves::SetCordoned(int32_t broker, bool cordoned) {
  const ConfigAlteration alteration = {{ConfigResourceType::kBroker, std::to_string(broker)},
                                       {SetOrDelete("cordoned.log.dirs", cordoned ? "*" : "")}};
  ASSIGN_OR_RETURN(const auto results, admin_.AlterConfigs({alteration}, false, timeout_));
  for (const kafka_admin::ConfigResult& result : results) RETURN_IF_ERROR(result.status);
  return absl::OkStatus();
}

absl::Status KafkaMoves::Unregister(int32_t broker) {
  const absl::Status status = admin_.UnregisterBroker(broker, timeout_);
  return ErrorReason(status) == "KAFKA_BROKER_ID_NOT_REGISTERED" ? absl::OkStatus() : status;
}

}  // namespace sluice::satellite
