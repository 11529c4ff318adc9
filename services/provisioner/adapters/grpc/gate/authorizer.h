#pragma once

#include <string>

#include "absl/status/status.h"
#include "libs/grpc/server/call.h"
#include "services/provisioner/adapters/grpc/gate/refusal_log.h"
#include "services/provisioner/core/access/access_rules.h"

namespace sluice::provisioner {

// Asks core/access and says what it decided: OK, PERMISSION_DENIED (ROLE_TOO_WEAK, metadata: role_needed) or, for what
// the caller may not know of, exactly what is said of a name that does not exist. Refusals are noted for the audit,
// with their target. Thread-safe.
class Authorizer {
 public:
  explicit Authorizer(RefusalLog& refusals) : refusals_(refusals) {}

  // By the row of the call's own RPC. `target`: the resource name that the request gives.
  absl::Status Allow(const rpc::Call& call, const Scope& scope, const std::string& target) const;
  // For a right that depends on what was read.
  absl::Status AllowRight(const rpc::Call& call, Right right, const Scope& scope, const std::string& target) const;
  // Without a trace: for filtering what is shown.
  bool MaySee(const rpc::Call& call, const Scope& scope) const;
  bool IsPlatformAdmin(const rpc::Call& call) const;

 private:
  RefusalLog& refusals_;
};

}  // namespace sluice::provisioner
