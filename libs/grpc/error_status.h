#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

// Errors at the edge: absl::Status with our ErrorDetail (libs/base/error.h) inside, google.rpc.Status with details
// outside (AIP-193). Always an ErrorInfo {reason, domain "sluice", metadata}; besides it, where they apply, BadRequest
// (field), QuotaFailure (RESOURCE_EXHAUSTED), RetryInfo (retry_after) and Help (the remedy, and a link into
// docs/errors.md). Namespace rpc, not grpc: sluice::grpc would hide ::grpc in all of our code.
namespace sluice::rpc {

inline constexpr char kErrorDomain[] = "sluice";

// `trace_id` (may be empty) goes into ErrorInfo.metadata. A status without our detail is one that nobody meant for a
// caller: its code stays for CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE and becomes INTERNAL otherwise; its text is
// replaced, since it may tell of our insides. `status` must not be OK.
google::rpc::Status ToRpcStatus(const absl::Status& status, std::string_view trace_id = "");
::grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view trace_id = "");

// The way back, for clients. Details of other domains are dropped; a status without details gets a reason by its code:
// what a transport or a proxy says on its own, such as UNAVAILABLE / SERVER_UNREACHABLE, DEADLINE_EXCEEDED /
// DEADLINE_EXCEEDED, UNAUTHENTICATED / KEY_INVALID, RESOURCE_EXHAUSTED / MESSAGE_TOO_LARGE.
absl::Status FromRpcStatus(const google::rpc::Status& status);
absl::Status FromGrpcStatus(const ::grpc::Status& status);

}  // namespace sluice::rpc
