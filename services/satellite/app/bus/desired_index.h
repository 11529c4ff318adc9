#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace sluice::satellite {

// Which desired documents are known, in which generation: written by the intake, asked by everybody. Thread-safe.
class DesiredIndex {
 public:
  struct Entry {
    int64_t generation = 0;
    bool deleted = false;
  };

  void Set(const std::string& key, Entry entry) {
    std::lock_guard lock(mutex_);
    entries_[key] = entry;
  }
  void Erase(const std::string& key) {
    std::lock_guard lock(mutex_);
    entries_.erase(key);
  }
  std::optional<Entry> Find(const std::string& key) const {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return found->second;
  }

  // Everything that the desired topic held when this process began to read is known: only then does a document's
  // absence mean anything.
  void SetComplete() {
    std::lock_guard lock(mutex_);
    complete_ = true;
  }
  bool complete() const {
    std::lock_guard lock(mutex_);
    return complete_;
  }

  // No document says that this physical cluster shall be: it is deleted, or was never heard of.
  bool IsGone(const std::string& physical_cluster) const {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(physical_cluster);
    return found == entries_.end() ? complete_ : found->second.deleted;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  bool complete_ = false;
};

}  // namespace sluice::satellite
