#include "libs/kafka_admin/wire/error_code.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::kafka_admin {
namespace {

using absl::StatusCode;

struct Row {
  int16_t code;
  const char* name;
  StatusCode status;
  // Whether a repeat of the same request may succeed without anybody changing anything. Narrower than Kafka's own
  // RetriableException: a topic that is not there, or an election that is not needed, is an answer.
  bool transient = false;
};

// By code. Names and codes are those of org.apache.kafka.common.protocol.Errors (4.3.1); error_code_test compares.
constexpr Row kRows[] = {
    {-1, "UNKNOWN_SERVER_ERROR", StatusCode::kUnknown},
    {0, "NONE", StatusCode::kOk},
    {1, "OFFSET_OUT_OF_RANGE", StatusCode::kOutOfRange},
    {2, "CORRUPT_MESSAGE", StatusCode::kInternal},
    {3, "UNKNOWN_TOPIC_OR_PARTITION", StatusCode::kNotFound},
    {4, "INVALID_FETCH_SIZE", StatusCode::kInvalidArgument},
    {5, "LEADER_NOT_AVAILABLE", StatusCode::kUnavailable, true},
    {6, "NOT_LEADER_OR_FOLLOWER", StatusCode::kUnavailable, true},
    {7, "REQUEST_TIMED_OUT", StatusCode::kUnavailable, true},
    {8, "BROKER_NOT_AVAILABLE", StatusCode::kUnavailable, true},
    {9, "REPLICA_NOT_AVAILABLE", StatusCode::kUnavailable},
    {10, "MESSAGE_TOO_LARGE", StatusCode::kInvalidArgument},
    {11, "STALE_CONTROLLER_EPOCH", StatusCode::kAborted},
    {12, "OFFSET_METADATA_TOO_LARGE", StatusCode::kInvalidArgument},
    {13, "NETWORK_EXCEPTION", StatusCode::kUnavailable, true},
    {14, "COORDINATOR_LOAD_IN_PROGRESS", StatusCode::kUnavailable, true},
    {15, "COORDINATOR_NOT_AVAILABLE", StatusCode::kUnavailable, true},
    {16, "NOT_COORDINATOR", StatusCode::kUnavailable, true},
    {17, "INVALID_TOPIC_EXCEPTION", StatusCode::kInvalidArgument},
    {18, "RECORD_LIST_TOO_LARGE", StatusCode::kInvalidArgument},
    {19, "NOT_ENOUGH_REPLICAS", StatusCode::kUnavailable},
    {20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", StatusCode::kUnavailable},
    {21, "INVALID_REQUIRED_ACKS", StatusCode::kInvalidArgument},
    {22, "ILLEGAL_GENERATION", StatusCode::kAborted},
    {23, "INCONSISTENT_GROUP_PROTOCOL", StatusCode::kFailedPrecondition},
    {24, "INVALID_GROUP_ID", StatusCode::kInvalidArgument},
    {25, "UNKNOWN_MEMBER_ID", StatusCode::kNotFound},
    {26, "INVALID_SESSION_TIMEOUT", StatusCode::kInvalidArgument},
    {27, "REBALANCE_IN_PROGRESS", StatusCode::kAborted},
    {28, "INVALID_COMMIT_OFFSET_SIZE", StatusCode::kInvalidArgument},
    {29, "TOPIC_AUTHORIZATION_FAILED", StatusCode::kPermissionDenied},
    {30, "GROUP_AUTHORIZATION_FAILED", StatusCode::kPermissionDenied},
    {31, "CLUSTER_AUTHORIZATION_FAILED", StatusCode::kPermissionDenied},
    {32, "INVALID_TIMESTAMP", StatusCode::kInvalidArgument},
    {33, "UNSUPPORTED_SASL_MECHANISM", StatusCode::kFailedPrecondition},
    {34, "ILLEGAL_SASL_STATE", StatusCode::kFailedPrecondition},
    {35, "UNSUPPORTED_VERSION", StatusCode::kUnimplemented},
    {36, "TOPIC_ALREADY_EXISTS", StatusCode::kAlreadyExists},
    {37, "INVALID_PARTITIONS", StatusCode::kInvalidArgument},
    {38, "INVALID_REPLICATION_FACTOR", StatusCode::kInvalidArgument},
    {39, "INVALID_REPLICA_ASSIGNMENT", StatusCode::kInvalidArgument},
    {40, "INVALID_CONFIG", StatusCode::kInvalidArgument},
    {41, "NOT_CONTROLLER", StatusCode::kUnavailable, true},
    {42, "INVALID_REQUEST", StatusCode::kInvalidArgument},
    {43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", StatusCode::kUnimplemented},
    {44, "POLICY_VIOLATION", StatusCode::kFailedPrecondition},
    {45, "OUT_OF_ORDER_SEQUENCE_NUMBER", StatusCode::kFailedPrecondition},
    {46, "DUPLICATE_SEQUENCE_NUMBER", StatusCode::kFailedPrecondition},
    {47, "INVALID_PRODUCER_EPOCH", StatusCode::kAborted},
    {48, "INVALID_TXN_STATE", StatusCode::kFailedPrecondition},
    {49, "INVALID_PRODUCER_ID_MAPPING", StatusCode::kFailedPrecondition},
    {50, "INVALID_TRANSACTION_TIMEOUT", StatusCode::kInvalidArgument},
    {51, "CONCURRENT_TRANSACTIONS", StatusCode::kAborted, true},
    {52, "TRANSACTION_COORDINATOR_FENCED", StatusCode::kAborted},
    {53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", StatusCode::kPermissionDenied},
    {54, "SECURITY_DISABLED", StatusCode::kFailedPrecondition},
    {55, "OPERATION_NOT_ATTEMPTED", StatusCode::kFailedPrecondition},
    {56, "KAFKA_STORAGE_ERROR", StatusCode::kUnavailable},
    {57, "LOG_DIR_NOT_FOUND", StatusCode::kNotFound},
    {58, "SASL_AUTHENTICATION_FAILED", StatusCode::kUnauthenticated},
    {59, "UNKNOWN_PRODUCER_ID", StatusCode::kFailedPrecondition},
    {60, "REASSIGNMENT_IN_PROGRESS", StatusCode::kFailedPrecondition},
    {61, "DELEGATION_TOKEN_AUTH_DISABLED", StatusCode::kFailedPrecondition},
    {62, "DELEGATION_TOKEN_NOT_FOUND", StatusCode::kNotFound},
    {63, "DELEGATION_TOKEN_OWNER_MISMATCH", StatusCode::kFailedPrecondition},
    {64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", StatusCode::kPermissionDenied},
    {65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", StatusCode::kPermissionDenied},
    {66, "DELEGATION_TOKEN_EXPIRED", StatusCode::kUnauthenticated},
    {67, "INVALID_PRINCIPAL_TYPE", StatusCode::kInvalidArgument},
    {68, "NON_EMPTY_GROUP", StatusCode::kFailedPrecondition},
    {69, "GROUP_ID_NOT_FOUND", StatusCode::kNotFound},
    {70, "FETCH_SESSION_ID_NOT_FOUND", StatusCode::kAborted},
    {71, "INVALID_FETCH_SESSION_EPOCH", StatusCode::kAborted},
    {72, "LISTENER_NOT_FOUND", StatusCode::kNotFound},
    {73, "TOPIC_DELETION_DISABLED", StatusCode::kFailedPrecondition},
    {74, "FENCED_LEADER_EPOCH", StatusCode::kUnavailable, true},
    {75, "UNKNOWN_LEADER_EPOCH", StatusCode::kUnavailable, true},
    {76, "UNSUPPORTED_COMPRESSION_TYPE", StatusCode::kInvalidArgument},
    {77, "STALE_BROKER_EPOCH", StatusCode::kAborted},
    {78, "OFFSET_NOT_AVAILABLE", StatusCode::kUnavailable, true},
    {79, "MEMBER_ID_REQUIRED", StatusCode::kFailedPrecondition},
    {80, "PREFERRED_LEADER_NOT_AVAILABLE", StatusCode::kUnavailable},
    {81, "GROUP_MAX_SIZE_REACHED", StatusCode::kResourceExhausted},
    {82, "FENCED_INSTANCE_ID", StatusCode::kAborted},
    {83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", StatusCode::kUnavailable},
    {84, "ELECTION_NOT_NEEDED", StatusCode::kFailedPrecondition},
    {85, "NO_REASSIGNMENT_IN_PROGRESS", StatusCode::kNotFound},
    {86, "GROUP_SUBSCRIBED_TO_TOPIC", StatusCode::kFailedPrecondition},
    {87, "INVALID_RECORD", StatusCode::kInvalidArgument},
    {88, "UNSTABLE_OFFSET_COMMIT", StatusCode::kAborted},
    {89, "THROTTLING_QUOTA_EXCEEDED", StatusCode::kResourceExhausted, true},
    {90, "PRODUCER_FENCED", StatusCode::kAborted},
    {91, "RESOURCE_NOT_FOUND", StatusCode::kNotFound},
    {92, "DUPLICATE_RESOURCE", StatusCode::kInvalidArgument},
    {93, "UNACCEPTABLE_CREDENTIAL", StatusCode::kInvalidArgument},
    {94, "INCONSISTENT_VOTER_SET", StatusCode::kFailedPrecondition},
    {95, "INVALID_UPDATE_VERSION", StatusCode::kFailedPrecondition},
    {96, "FEATURE_UPDATE_FAILED", StatusCode::kFailedPrecondition},
    {97, "PRINCIPAL_DESERIALIZATION_FAILURE", StatusCode::kUnauthenticated},
    {98, "SNAPSHOT_NOT_FOUND", StatusCode::kNotFound},
    {99, "POSITION_OUT_OF_RANGE", StatusCode::kOutOfRange},
    {100, "UNKNOWN_TOPIC_ID", StatusCode::kNotFound},
    {101, "DUPLICATE_BROKER_REGISTRATION", StatusCode::kAlreadyExists},
    {102, "BROKER_ID_NOT_REGISTERED", StatusCode::kNotFound},
    {103, "INCONSISTENT_TOPIC_ID", StatusCode::kAborted},
    {104, "INCONSISTENT_CLUSTER_ID", StatusCode::kFailedPrecondition},
    {105, "TRANSACTIONAL_ID_NOT_FOUND", StatusCode::kNotFound},
    {106, "FETCH_SESSION_TOPIC_ID_ERROR", StatusCode::kAborted},
    {107, "INELIGIBLE_REPLICA", StatusCode::kFailedPrecondition},
    {108, "NEW_LEADER_ELECTED", StatusCode::kUnavailable},
    {109, "OFFSET_MOVED_TO_TIERED_STORAGE", StatusCode::kFailedPrecondition},
    {110, "FENCED_MEMBER_EPOCH", StatusCode::kAborted},
    {111, "UNRELEASED_INSTANCE_ID", StatusCode::kAborted},
    {112, "UNSUPPORTED_ASSIGNOR", StatusCode::kUnimplemented},
    {113, "STALE_MEMBER_EPOCH", StatusCode::kAborted},
    {114, "MISMATCHED_ENDPOINT_TYPE", StatusCode::kInvalidArgument},
    {115, "UNSUPPORTED_ENDPOINT_TYPE", StatusCode::kUnimplemented},
    {116, "UNKNOWN_CONTROLLER_ID", StatusCode::kNotFound},
    {117, "UNKNOWN_SUBSCRIPTION_ID", StatusCode::kNotFound},
    {118, "TELEMETRY_TOO_LARGE", StatusCode::kResourceExhausted},
    {119, "INVALID_REGISTRATION", StatusCode::kFailedPrecondition},
    {120, "TRANSACTION_ABORTABLE", StatusCode::kAborted},
    {121, "INVALID_RECORD_STATE", StatusCode::kFailedPrecondition},
    {122, "SHARE_SESSION_NOT_FOUND", StatusCode::kNotFound},
    {123, "INVALID_SHARE_SESSION_EPOCH", StatusCode::kAborted},
    {124, "FENCED_STATE_EPOCH", StatusCode::kAborted},
    {125, "INVALID_VOTER_KEY", StatusCode::kInvalidArgument},
    {126, "DUPLICATE_VOTER", StatusCode::kAlreadyExists},
    {127, "VOTER_NOT_FOUND", StatusCode::kNotFound},
    {128, "INVALID_REGULAR_EXPRESSION", StatusCode::kInvalidArgument},
    {129, "REBOOTSTRAP_REQUIRED", StatusCode::kUnavailable},
    {130, "STREAMS_INVALID_TOPOLOGY", StatusCode::kInvalidArgument},
    {131, "STREAMS_INVALID_TOPOLOGY_EPOCH", StatusCode::kAborted},
    {132, "STREAMS_TOPOLOGY_FENCED", StatusCode::kAborted},
    {133, "SHARE_SESSION_LIMIT_REACHED", StatusCode::kResourceExhausted},
};

const Row* Find(int16_t code) {
  const Row* row = std::lower_bound(std::begin(kRows), std::end(kRows), code,
                                    [](const Row& candidate, int16_t wanted) { return candidate.code < wanted; });
  return row != std::end(kRows) && row->code == code ? row : nullptr;
}

}  // namespace

std::string ErrorCodeName(int16_t code) {
  const Row* row = Find(code);
  return row != nullptr ? row->name : absl::StrCat("ERROR_", code);
}

bool IsTransient(int16_t code) {
  const Row* row = Find(code);
  return row != nullptr && row->transient;
}

absl::Status KafkaStatus(int16_t code, std::string_view message) {
  if (code == 0) return absl::OkStatus();
  const Row* row = Find(code);
  std::string name = ErrorCodeName(code);
  ErrorDetail detail{.reason = absl::StrCat("KAFKA_", name)};
  if (row != nullptr && row->transient) detail.retry_after = kTransientRetryAfter;
  return MakeError(row != nullptr ? row->status : StatusCode::kUnknown,
                   message.empty() ? absl::StrCat("Kafka answered ", name) : absl::StrCat(name, ": ", Absl(message)),
                   std::move(detail));
}

}  // namespace sluice::kafka_admin
