#include "services/provisioner/adapters/grpc/gate/key_ring.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/log/log.h"

namespace sluice::provisioner {

std::shared_ptr<const KnownKey> KeyRing::Fresh(const std::string& uid) {
  const absl::Duration now = clock_.MonotonicNow();
  std::lock_guard lock(mutex_);
  auto it = entries_.find(uid);
  if (it == entries_.end()) return nullptr;
  it->second.used_at = now;
  if (now - it->second.read_at > kMaxAge) return nullptr;
  return it->second.known;
}

std::shared_ptr<const KnownKey> KeyRing::Remembered(const std::string& uid) {
  std::lock_guard lock(mutex_);
  auto it = entries_.find(uid);
  return it == entries_.end() ? nullptr : it->second.known;
}

absl::StatusOr<std::shared_ptr<const KnownKey>> KeyRing::LookUp(const std::string& uid) {
  const absl::Duration begun = clock_.MonotonicNow();
  ASSIGN_OR_RETURN(auto read, Read({uid}));
  std::lock_guard lock(mutex_);
  auto it = read.find(uid);
  if (it == read.end()) {
    entries_.erase(uid);
    return std::shared_ptr<const KnownKey>();
  }
  entries_[uid] = Entry{it->second, begun, clock_.MonotonicNow()};
  if (entries_.size() > kMaxKeys) Drop(begun);
  return it->second;
}

void KeyRing::Run(clock::StopSignal& stop) {
  while (!stop.WaitFor(kRefresh)) RefreshOnce();
}

void KeyRing::RefreshOnce() {
  const absl::Duration begun = clock_.MonotonicNow();
  std::vector<std::string> uids;
  {
    std::lock_guard lock(mutex_);
    Drop(begun);
    for (const auto& [uid, entry] : entries_) uids.push_back(uid);
  }
  if (uids.empty()) return;
  auto read = Read(uids);
  if (!read.ok()) {
    // What is known grows old and is then looked up: the caller hears that the database is away.
    log::Warn("API keys could not be read again", {{"error", Std(read.status().message())}});
    return;
  }
  std::lock_guard lock(mutex_);
  for (const std::string& uid : uids) {
    auto entry = entries_.find(uid);
    if (entry == entries_.end() || entry->second.read_at > begun) continue;
    auto it = read->find(uid);
    if (it == read->end()) {
      entries_.erase(entry);
    } else {
      entry->second.known = it->second;
      entry->second.read_at = begun;
    }
  }
}

absl::StatusOr<std::unordered_map<std::string, std::shared_ptr<const KnownKey>>> KeyRing::Read(
    const std::vector<std::string>& uids) {
  ASSIGN_OR_RETURN(std::vector<ApiKey> keys, reader_.find_keys(uids));
  std::vector<std::string> principals;
  for (const ApiKey& key : keys) principals.push_back("apiKeys/" + key.meta.uid);
  std::unordered_map<std::string, std::vector<RoleBinding>> bindings;
  if (!principals.empty()) {
    ASSIGN_OR_RETURN(std::vector<RoleBinding> all, reader_.bindings_of(principals));
    for (RoleBinding& binding : all) bindings[binding.principal].push_back(std::move(binding));
  }
  std::unordered_map<std::string, std::shared_ptr<const KnownKey>> read;
  for (ApiKey& key : keys) {
    auto identity = std::make_shared<const ApiIdentity>(key, std::move(bindings["apiKeys/" + key.meta.uid]));
    const std::string uid = key.meta.uid;
    read.emplace(uid, std::make_shared<const KnownKey>(KnownKey{std::move(key), std::move(identity)}));
  }
  return read;
}

void KeyRing::Drop(absl::Duration now) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    it = now - it->second.used_at > kIdle ? entries_.erase(it) : std::next(it);
  }
  while (entries_.size() > kMaxKeys) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                    [](const auto& a, const auto& b) { return a.second.used_at < b.second.used_at; }));
  }
}

}  // namespace sluice::provisioner
