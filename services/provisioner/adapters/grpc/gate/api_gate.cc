#include "services/provisioner/adapters/grpc/gate/api_gate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::provisioner {
namespace {

absl::Status KeyInvalid() {
  return MakeError(absl::StatusCode::kUnauthenticated, "the API key is not valid",
                   {.reason = "KEY_INVALID", .remedy = "use a key that exists and is not revoked"});
}

absl::Status RateLimited(std::string_view whose, absl::Duration until_next) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("too many calls of this ", absl::string_view(whose.data(), whose.size())),
                   {.reason = "RATE_LIMITED",
                    .remedy = "slow down, and wait as RetryInfo says before the next try",
                    .retry_after = std::max(until_next, absl::Milliseconds(10)),
                    .metadata = {{"limit_of", std::string(whose)}}});
}

// Compared against when there is no such key, so that its absence takes as long as a wrong secret.
constexpr std::string_view kNoHash = "................................";

}  // namespace

ApiGate::ApiGate(GateLimits limits, KeyRing& keys, const Secrets& secrets, RefusalLog& refusals,
                 const clock::Clock& clock)
    : keys_(keys),
      secrets_(secrets),
      refusals_(refusals),
      clock_(clock),
      tenants_(limits.tenant, limits.names),
      failures_of_peer_(limits.failures_of_peer, limits.names),
      failures_of_key_(limits.failures_of_key, limits.names) {}

std::optional<absl::Status> ApiGate::Admit(rpc::Call& call, std::optional<std::string_view> bearer) {
  if (!bearer) {
    return MakeError(absl::StatusCode::kUnauthenticated, "the call carries no API key",
                     {.reason = "KEY_MISSING", .remedy = "send the header \"authorization: Bearer <API key>\""});
  }
  const auto parts = ParseBearer(*bearer);
  if (!parts) return KeyInvalid();
  const auto& [uid, secret] = *parts;
  if (std::shared_ptr<const KnownKey> known = keys_.Fresh(uid)) {
    absl::Status checked = Check(*known, secret);
    return checked.ok() ? Enter(call, *known) : Failed(call.peer, uid, std::move(checked));
  }
  // Known before and due for another look: no stranger, unless its secret is another.
  if (std::shared_ptr<const KnownKey> known = keys_.Remembered(uid); known && Check(*known, secret).ok()) {
    return std::nullopt;
  }
  if (absl::Status limited = CheckFailures(call.peer, uid); !limited.ok()) return limited;
  return std::nullopt;
}

absl::Status ApiGate::LookUp(rpc::Call& call, std::string_view bearer) {
  const auto parts = ParseBearer(bearer);
  if (!parts) return KeyInvalid();
  const auto& [uid, secret] = *parts;
  ASSIGN_OR_RETURN(std::shared_ptr<const KnownKey> known, keys_.LookUp(uid));
  if (known == nullptr) {
    if (secrets_.Matches(secret, kNoHash)) return KeyInvalid();
    return Failed(call.peer, uid, KeyInvalid());
  }
  absl::Status checked = Check(*known, secret);
  return checked.ok() ? Enter(call, *known) : Failed(call.peer, uid, std::move(checked));
}

void ApiGate::Ended(const rpc::Call& call, const absl::Status& status) {
  // PERMISSION_DENIED of a known caller is noted with its target where it is decided.
  const bool refused = status.code() == absl::StatusCode::kUnauthenticated ||
                       (status.code() == absl::StatusCode::kPermissionDenied && call.identity == nullptr) ||
                       status.code() == absl::StatusCode::kResourceExhausted;
  if (!refused) return;
  const std::string reason = ErrorReason(status);
  if (status.code() == absl::StatusCode::kResourceExhausted && reason != "RATE_LIMITED") return;
  const ApiIdentity* identity = IdentityOf(call);
  refusals_.Note({.principal = identity ? identity->principal : "",
                  .organization = identity ? identity->organization : "",
                  .method = std::string(call.method_name()),
                  .reason = reason,
                  .peer = call.peer,
                  .traceparent = call.traceparent});
}

absl::Status ApiGate::CheckStranger(const std::string& peer) { return CheckFailures(peer, ""); }

void ApiGate::StrangerFailed(const std::string& peer) {
  const absl::Duration now = clock_.MonotonicNow();
  std::lock_guard lock(mutex_);
  failures_of_peer_.Of(peer, now).Take(now);
}

absl::Status ApiGate::Check(const KnownKey& known, std::string_view secret) const {
  if (!secrets_.Matches(secret, known.key.secret_hash) || known.key.meta.delete_time) return KeyInvalid();
  if (known.key.expire_time && *known.key.expire_time <= clock_.Now()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "the API key has expired",
                     {.reason = "KEY_EXPIRED", .remedy = "make a new key"});
  }
  return absl::OkStatus();
}

absl::Status ApiGate::Enter(rpc::Call& call, const KnownKey& known) {
  const absl::Duration now = clock_.MonotonicNow();
  call.identity = known.identity;
  std::lock_guard lock(mutex_);
  TokenBucket& bucket = tenants_.Of(known.identity->organization, now);
  const bool taken = bucket.Take(now);
  call.response_metadata.emplace_back("ratelimit-limit", absl::StrCat(bucket.limits().burst));
  call.response_metadata.emplace_back("ratelimit-remaining", absl::StrCat(bucket.remaining()));
  // Seconds until the whole of it is there again (draft-ietf-httpapi-ratelimit-headers).
  call.response_metadata.emplace_back(
      "ratelimit-reset", absl::StrCat(absl::ToInt64Seconds(absl::Ceil(bucket.UntilFull(), absl::Seconds(1)))));
  return taken ? absl::OkStatus() : RateLimited("organization", bucket.UntilNext());
}

absl::Status ApiGate::CheckFailures(const std::string& peer, const std::string& key_uid) {
  const absl::Duration now = clock_.MonotonicNow();
  std::lock_guard lock(mutex_);
  TokenBucket& of_peer = failures_of_peer_.Of(peer, now);
  if (!of_peer.HasOne(now)) return RateLimited("address", of_peer.UntilNext());
  if (key_uid.empty()) return absl::OkStatus();
  TokenBucket& of_key = failures_of_key_.Of(key_uid, now);
  return of_key.HasOne(now) ? absl::OkStatus() : RateLimited("key", of_key.UntilNext());
}

absl::Status ApiGate::Failed(const std::string& peer, const std::string& key_uid, absl::Status status) {
  const absl::Duration now = clock_.MonotonicNow();
  std::lock_guard lock(mutex_);
  TokenBucket& of_peer = failures_of_peer_.Of(peer, now);
  if (!of_peer.Take(now)) return RateLimited("address", of_peer.UntilNext());
  failures_of_key_.Of(key_uid, now).Take(now);
  return status;
}

}  // namespace sluice::provisioner
