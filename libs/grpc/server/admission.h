#pragma once

#include <grpcpp/server_context.h>

#include <functional>
#include <optional>
#include <string>

#include "libs/grpc/server/call.h"
#include "libs/grpc/server/method.h"
#include "libs/grpc/server/runtime.h"

namespace sluice::rpc {

// Fills `call` from the transport's context and checks its deadline: DEADLINE_REQUIRED, DEADLINE_EXPIRED.
absl::Status Begin(const ::grpc::CallbackServerContext& context, const Method& method, Runtime& runtime, Call& call);

// Asks the gate, and calls `then` once with its answer: at once, or later on a look-up thread.
void Admit(const ::grpc::CallbackServerContext& context, const Method& method, Runtime& runtime, Call& call,
           std::function<void(absl::Status)> then);

// Puts call.response_metadata and the traceparent into the initial metadata.
void AddResponseMetadata(const Call& call, ::grpc::CallbackServerContext& context);

// MESSAGE_TOO_LARGE naming the largest field; DEADLINE_EXPIRED or CANCELLED when nobody waits any more.
absl::Status CheckSize(const Method& method, const Runtime& runtime, ::grpc::ByteBuffer& request);
absl::Status CheckStillWanted(const Call& call, Runtime& runtime);

// UNAVAILABLE / OVERLOADED, for a pool that took no more.
absl::Status Overloaded();

// Runs `work` with whatever it throws contained: INTERNAL, logged.
absl::Status Contained(const Call& call, const std::function<absl::Status()>& work);

}  // namespace sluice::rpc
