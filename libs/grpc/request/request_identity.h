#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::rpc {

// A request_id (AIP-155) in lower case, "" for none. INVALID_ARGUMENT REQUEST_ID_INVALID unless it is a UUID of version
// 4 (RFC 9562).
absl::StatusOr<std::string> CheckRequestId(std::string_view request_id);

// What a repeat must have in common with the first: SHA-256 (32 bytes) over the method's name and the request's
// deterministic bytes, its field request_id cleared.
std::string PayloadHash(std::string_view method, const google::protobuf::Message& request);

}  // namespace sluice::rpc
