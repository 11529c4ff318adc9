#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "libs/grpc/server/gate.h"
#include "services/balancer-planner/ports/cluster_access.h"

namespace sluice::balancer_planner {

// The caller behind a bearer key. `principal` is "apiKeys/{uid}", `tenant` its organization.
class BearerIdentity final : public rpc::Identity {
 public:
  explicit BearerIdentity(Caller who) : caller(std::move(who)) {
    principal = caller.principal;
    tenant = caller.organization;
  }
  const Caller caller;
};

// Lets those in whom the provisioner knows. What is no key at all is refused before anybody is asked; the provisioner
// itself counts who fails too often.
class BalancerGate final : public rpc::Gate {
 public:
  explicit BalancerGate(ClusterAccess& access) : access_(access) {}

  std::optional<absl::Status> Admit(rpc::Call& call, std::optional<std::string_view> bearer) override;
  absl::Status LookUp(rpc::Call& call, std::string_view bearer) override;
  void Ended(const rpc::Call&, const absl::Status&) override {}

 private:
  ClusterAccess& access_;
};

// Of a call that the gate let in.
inline const Caller& CallerOf(const rpc::Call& call) {
  return static_cast<const BearerIdentity&>(*call.identity).caller;
}

}  // namespace sluice::balancer_planner
