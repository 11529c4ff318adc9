#pragma once

#include <string>
#include <vector>

#include "libs/grpc/server/call.h"
#include "services/provisioner/core/access/access_rules.h"
#include "services/provisioner/core/model/organization.h"

namespace sluice::provisioner {

// The caller behind a bearer key. `principal` is "apiKeys/{uid}", `tenant` its organization.
class ApiIdentity final : public rpc::Identity {
 public:
  ApiIdentity(const ApiKey& key, std::vector<RoleBinding> bound)
      : organization(key.organization), bindings(std::move(bound)), grants(GrantsOf(bindings)) {
    principal = "apiKeys/" + key.meta.uid;
    tenant = key.organization;
  }

  const std::string organization;
  const std::vector<RoleBinding> bindings;
  const std::vector<Grant> grants;
};

// Null for a method that is open to everyone.
inline const ApiIdentity* IdentityOf(const rpc::Call& call) {
  return static_cast<const ApiIdentity*>(call.identity.get());
}

}  // namespace sluice::provisioner
