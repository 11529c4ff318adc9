#pragma once

#include <filesystem>
#include <string>

#include "services/satellite/ports/tenant_record_store.h"

namespace sluice::satellite {

// One JSON file per logical cluster below `folder`: <folder>/pkc-…/lkc-….json, written atomically.
class FileTenantRecordStore final : public TenantRecordStore {
 public:
  explicit FileTenantRecordStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // INTERNAL (STATE_READ_FAILED) for a file that is no record.
  absl::StatusOr<TenantRecord> Load(const std::string& key) override;
  absl::Status Save(const std::string& key, const TenantRecord& record) override;
  absl::Status Remove(const std::string& key) override;

 private:
  std::filesystem::path PathOf(const std::string& key) const { return folder_ / (key + ".json"); }

  const std::filesystem::path folder_;
};

}  // namespace sluice::satellite
