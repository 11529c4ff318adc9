#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "libs/clock/clock.h"
#include "libs/grpc/server/gate.h"
#include "services/provisioner/adapters/grpc/gate/gate_limits.h"
#include "services/provisioner/adapters/grpc/gate/key_ring.h"
#include "services/provisioner/adapters/grpc/gate/refusal_log.h"
#include "services/provisioner/core/access/token_bucket.h"
#include "services/provisioner/ports/secrets.h"

namespace sluice::provisioner {

// Bearer keys and rate limits. A key in use is known from memory; all else is a stranger, and strangers are counted
// before anything is hashed or read: an address, or a key's public part, that failed too often is refused at once
// (RATE_LIMITED), while keys in use go on from the same address. KEY_INVALID says the same of a key that is unknown,
// revoked or has another secret; KEY_EXPIRED is said only to who has the secret. See docs/adr. Thread-safe.
class ApiGate final : public rpc::Gate {
 public:
  ApiGate(GateLimits limits, KeyRing& keys, const Secrets& secrets, RefusalLog& refusals, const clock::Clock& clock);

  std::optional<absl::Status> Admit(rpc::Call& call, std::optional<std::string_view> bearer) override;
  absl::Status LookUp(rpc::Call& call, std::string_view bearer) override;
  void Ended(const rpc::Call& call, const absl::Status& status) override;

  // For methods without a key: RATE_LIMITED while the peer failed too often; and that it failed.
  absl::Status CheckStranger(const std::string& peer);
  void StrangerFailed(const std::string& peer);

 private:
  // What the secret and its key's state say. Charges nothing.
  absl::Status Check(const KnownKey& known, std::string_view secret) const;
  // The last step for a good key: its organization's share.
  absl::Status Enter(rpc::Call& call, const KnownKey& known);
  absl::Status CheckFailures(const std::string& peer, const std::string& key_uid);
  absl::Status Failed(const std::string& peer, const std::string& key_uid, absl::Status status);

  KeyRing& keys_;
  const Secrets& secrets_;
  RefusalLog& refusals_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  TokenBuckets tenants_;
  TokenBuckets failures_of_peer_;
  TokenBuckets failures_of_key_;
};

}  // namespace sluice::provisioner
