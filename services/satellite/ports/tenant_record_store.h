#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/satellite/core/tenancy/tenant_wish.h"

namespace sluice::satellite {

// What the satellite remembers of one logical cluster besides its desired document.
struct TenantRecord {
  // Taken in once; a cell that fills up later does not throw it out.
  bool admitted = false;
  // The generation that was refused for want of room, and why: the answer stays until the document changes.
  int64_t rejected_generation = 0;
  std::string rejected_why;
  WishJournal wishes;
  // Uids of keys that have logged in on every live broker.
  std::set<std::string> verified_keys;

  friend bool operator==(const TenantRecord&, const TenantRecord&) = default;
};

// By the desired document's key, "pkc-…/lkc-…". Thread-safe.
class TenantRecordStore {
 public:
  virtual ~TenantRecordStore() = default;
  // An empty record when there is none.
  virtual absl::StatusOr<TenantRecord> Load(const std::string& key) = 0;
  // On disk when it returns.
  virtual absl::Status Save(const std::string& key, const TenantRecord& record) = 0;
  virtual absl::Status Remove(const std::string& key) = 0;
};

class FakeTenantRecordStore final : public TenantRecordStore {
 public:
  absl::StatusOr<TenantRecord> Load(const std::string& key) override {
    std::lock_guard lock(mutex_);
    return records_[key];
  }
  absl::Status Save(const std::string& key, const TenantRecord& record) override {
    std::lock_guard lock(mutex_);
    records_[key] = record;
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& key) override {
    std::lock_guard lock(mutex_);
    records_.erase(key);
    return absl::OkStatus();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, TenantRecord> records_;
};

}  // namespace sluice::satellite
