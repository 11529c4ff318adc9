#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libs/operator/safety_gate.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

// How many replicas each broker holds, those that are on their way to it included. Brokers without any are absent.
std::map<int32_t, int32_t> ReplicasByBroker(const std::vector<PartitionHealth>& partitions);

// May `broker` be unregistered and erased now? Only when a fresh look shows that no partition has a replica on it,
// nothing moves, and it is cordoned where it still serves (so that nothing new comes to it between the look and the
// act). Missing or old data never passes. O(partitions × replicas).
GateAnswer AskRetire(const GatePolicy& policy, Moment now, int32_t broker, const KafkaHealth* health);

}  // namespace sluice::op
