#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::kafka_admin {

// The codes that this client acts on; the table of all is in error_code.cc.
inline constexpr int16_t kNone = 0;
inline constexpr int16_t kUnknownTopicOrPartition = 3;
inline constexpr int16_t kNotLeaderOrFollower = 6;
inline constexpr int16_t kRequestTimedOut = 7;
inline constexpr int16_t kCoordinatorNotAvailable = 15;
inline constexpr int16_t kNotCoordinator = 16;
inline constexpr int16_t kUnsupportedSaslMechanism = 33;
inline constexpr int16_t kUnsupportedVersion = 35;
inline constexpr int16_t kTopicAlreadyExists = 36;
inline constexpr int16_t kInvalidPartitions = 37;
inline constexpr int16_t kInvalidReplicationFactor = 38;
inline constexpr int16_t kInvalidReplicaAssignment = 39;
inline constexpr int16_t kNotController = 41;
inline constexpr int16_t kInvalidRequest = 42;
inline constexpr int16_t kSaslAuthenticationFailed = 58;
inline constexpr int16_t kNonEmptyGroup = 68;
inline constexpr int16_t kGroupIdNotFound = 69;
inline constexpr int16_t kElectionNotNeeded = 84;
inline constexpr int16_t kNoReassignmentInProgress = 85;
inline constexpr int16_t kThrottlingQuotaExceeded = 89;
inline constexpr int16_t kResourceNotFound = 91;
inline constexpr int16_t kDuplicateResource = 92;
inline constexpr int16_t kUnacceptableCredential = 93;
inline constexpr int16_t kInvalidUpdateVersion = 95;
inline constexpr int16_t kBrokerIdNotRegistered = 102;

// What a transient error's ErrorDetail says about when to come back.
inline constexpr absl::Duration kTransientRetryAfter = absl::Seconds(1);

// "TOPIC_ALREADY_EXISTS"; "ERROR_1234" for a code that this table does not have.
std::string ErrorCodeName(int16_t code);

// Whether the same request may succeed a moment later with nobody changing anything: a moved leader, coordinator or
// controller, a time-out inside Kafka, a mutation quota.
bool IsTransient(int16_t code);

// OK for 0; else a status with the reason "KAFKA_" + name. `message` is the broker's, if it sent one.
absl::Status KafkaStatus(int16_t code, std::string_view message = "");

}  // namespace sluice::kafka_admin
