#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libs/grpc/server/method.h"

namespace sluice::provisioner {

// One RPC served by a member function of `handlers`, which outlives it.
template <typename Handlers, typename Request, typename Response>
rpc::Method BindMethod(std::string_view service, std::string_view method, Handlers* handlers,
                       absl::StatusOr<Response> (Handlers::*handle)(const rpc::Call&, const Request&),
                       rpc::MethodOptions options = {}) {
  return rpc::UnaryMethod<Request, Response>(
      "/" + std::string(service) + "/" + std::string(method), options,
      [handlers, handle](const rpc::Call& call, const Request& request) { return (handlers->*handle)(call, request); });
}

}  // namespace sluice::provisioner
