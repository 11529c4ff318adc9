#include "services/provisioner/adapters/grpc/gate/authorizer.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"
#include "services/provisioner/core/access/not_found.h"

namespace sluice::provisioner {

absl::Status Authorizer::Allow(const rpc::Call& call, const Scope& scope, const std::string& target) const {
  const AccessRule* rule = RuleOf(call.method);
  if (rule == nullptr) return absl::InternalError(absl::StrCat("no access rule for ", call.method));
  return AllowRight(call, rule->right, scope, target);
}

absl::Status Authorizer::AllowRight(const rpc::Call& call, Right right, const Scope& scope,
                                    const std::string& target) const {
  if (right == Right::kOpen) return absl::OkStatus();
  const ApiIdentity* identity = IdentityOf(call);
  if (identity == nullptr) return absl::InternalError(absl::StrCat("no caller is known in ", call.method));
  const Verdict verdict = Decide(right, scope, identity->grants, identity->organization);
  if (verdict == Verdict::kAllowed) return absl::OkStatus();
  const std::string role(RoleNeeded(right, scope));
  absl::Status status =
      verdict == Verdict::kHidden
          ? ResourceNotFound(target)
          : MakeError(absl::StatusCode::kPermissionDenied,
                      absl::StrCat(std::string(call.method_name()), " needs the role ", role),
                      {.reason = "ROLE_TOO_WEAK",
                       .remedy = absl::StrCat("ask an organization admin for a role binding of ", role),
                       .metadata = {{"role_needed", role}}});
  refusals_.Note({.principal = identity->principal,
                  .organization = identity->organization,
                  .method = std::string(call.method_name()),
                  .target = target,
                  .reason = verdict == Verdict::kHidden ? "FOREIGN_RESOURCE" : "ROLE_TOO_WEAK",
                  .peer = call.peer,
                  .traceparent = call.traceparent});
  return status;
}

bool Authorizer::MaySee(const rpc::Call& call, const Scope& scope) const {
  const ApiIdentity* identity = IdentityOf(call);
  return identity != nullptr &&
         Decide(Right::kView, scope, identity->grants, identity->organization) == Verdict::kAllowed;
}

bool Authorizer::IsPlatformAdmin(const rpc::Call& call) const {
  const ApiIdentity* identity = IdentityOf(call);
  return identity != nullptr &&
         Decide(Right::kPlatform, {}, identity->grants, identity->organization) == Verdict::kAllowed;
}

}  // namespace sluice::provisioner
