#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/stop_signal.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"
#include "services/provisioner/core/model/organization.h"

namespace sluice::provisioner {

// Where the ring reads keys and their bindings: Queries in the service.
struct KeyReader {
  std::function<absl::StatusOr<std::vector<ApiKey>>(const std::vector<std::string>& uids)> find_keys;
  std::function<absl::StatusOr<std::vector<RoleBinding>>(const std::vector<std::string>& principals)> bindings_of;
};

struct KnownKey {
  ApiKey key;
  std::shared_ptr<const ApiIdentity> identity;
};

// API keys in use, in memory, so that a call costs no query. A key is trusted for kMaxAge after it was read, so a
// revocation or a changed role holds within a second in every process; keys in use are read again together each
// kRefresh, one pair of queries however many they are. Keys that do not exist are never kept: strangers cannot fill it,
// and a new key works at once. Thread-safe.
class KeyRing {
 public:
  static constexpr absl::Duration kMaxAge = absl::Milliseconds(900);
  static constexpr absl::Duration kRefresh = absl::Milliseconds(400);
  // A key that is not used for so long is forgotten.
  static constexpr absl::Duration kIdle = absl::Seconds(30);
  static constexpr std::size_t kMaxKeys = 10'000;

  KeyRing(KeyReader reader, const clock::Clock& clock) : reader_(std::move(reader)), clock_(clock) {}

  // What was read at most kMaxAge ago; null otherwise.
  std::shared_ptr<const KnownKey> Fresh(const std::string& uid);
  // What was read at any time and is still remembered: good only to tell a friend in need of a look from a stranger.
  std::shared_ptr<const KnownKey> Remembered(const std::string& uid);
  // Reads it now. Null when there is no such key. Blocks; errors are the store's.
  absl::StatusOr<std::shared_ptr<const KnownKey>> LookUp(const std::string& uid);
  // Reads again what is in use, until `stop`.
  void Run(clock::StopSignal& stop);
  // Once, now: after this process changed keys or bindings, so that the change holds when its call returns.
  void RefreshOnce();

 private:
  struct Entry {
    std::shared_ptr<const KnownKey> known;
    absl::Duration read_at;
    absl::Duration used_at;
  };
  absl::StatusOr<std::unordered_map<std::string, std::shared_ptr<const KnownKey>>> Read(
      const std::vector<std::string>& uids);
  void Drop(absl::Duration now);  // under mutex_

  const KeyReader reader_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace sluice::provisioner
