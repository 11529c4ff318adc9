#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/grpc/server/call.h"

namespace sluice::rpc {

// Decides who may call at all, before the request's message is read: an unknown caller cannot make the server take in,
// parse or queue anything. Thread-safe.
class Gate {
 public:
  virtual ~Gate() = default;

  // On a thread of the transport's: must not block. `bearer` is what follows "Bearer " in the authorization header,
  // nothing when there is no such header. Sets call.identity (and call.response_metadata) and returns OK, or refuses,
  // or returns nothing: then LookUp is asked.
  virtual std::optional<absl::Status> Admit(Call& call, std::optional<std::string_view> bearer) = 0;

  // On a thread of its own pool, may block until call.deadline.
  virtual absl::Status LookUp(Call& call, std::string_view bearer) = 0;

  // The call has ended; for the audit of refusals. Must not block.
  virtual void Ended(const Call& call, const absl::Status& status) = 0;
};

}  // namespace sluice::rpc
