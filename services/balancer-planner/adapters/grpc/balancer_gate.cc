#include "services/balancer-planner/adapters/grpc/balancer_gate.h"

#include <string>

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::balancer_planner {
namespace {

// "sk_{ak uid}_{secret}" has 60 or so.
constexpr size_t kLongestKey = 256;

}  // namespace

std::optional<absl::Status> BalancerGate::Admit(rpc::Call&, std::optional<std::string_view> bearer) {
  if (!bearer) {
    return MakeError(absl::StatusCode::kUnauthenticated, "the call carries no API key",
                     {.reason = "KEY_MISSING", .remedy = "send the header \"authorization: Bearer <API key>\""});
  }
  if (!bearer->starts_with("sk_") || bearer->size() > kLongestKey) {
    return MakeError(absl::StatusCode::kUnauthenticated, "the API key is not valid",
                     {.reason = "KEY_INVALID", .remedy = "use a key that exists and is not revoked"});
  }
  return std::nullopt;
}

absl::Status BalancerGate::LookUp(rpc::Call& call, std::string_view bearer) {
  ASSIGN_OR_RETURN(Caller caller, access_.WhoIs(std::string(bearer), call.deadline));
  call.identity = std::make_shared<const BearerIdentity>(std::move(caller));
  return absl::OkStatus();
}

}  // namespace sluice::balancer_planner
