#include "services/satellite/adapters/state/file_tenant_record_store.h"

#include <nlohmann/json.hpp>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

using nlohmann::json;

constexpr auto kInvalidUtf8 = json::error_handler_t::replace;

std::string Encode(const TenantRecord& record) {
  json wishes = json::object();
  for (const auto& [id, wish] : record.wishes) {
    wishes[id] = {{"attempted", wish.attempted},
                  {"done", wish.done},
                  {"error_reason", wish.error_reason},
                  {"error_message", wish.error_message}};
  }
  const json out = {{"admitted", record.admitted},
                    {"rejected_generation", record.rejected_generation},
                    {"rejected_why", record.rejected_why},
                    {"wishes", wishes},
                    {"verified_keys", record.verified_keys}};
  return out.dump(1, ' ', false, kInvalidUtf8);
}

TenantRecord Decode(const json& in) {
  TenantRecord record;
  record.admitted = in.at("admitted").get<bool>();
  record.rejected_generation = in.at("rejected_generation").get<int64_t>();
  record.rejected_why = in.at("rejected_why").get<std::string>();
  record.verified_keys = in.at("verified_keys").get<std::set<std::string>>();
  for (const auto& [id, wish] : in.at("wishes").items()) {
    record.wishes[id] = {.attempted = wish.at("attempted").get<bool>(),
                         .done = wish.at("done").get<bool>(),
                         .error_reason = wish.at("error_reason").get<std::string>(),
                         .error_message = wish.at("error_message").get<std::string>()};
  }
  return record;
}

}  // namespace

absl::StatusOr<TenantRecord> FileTenantRecordStore::Load(const std::string& key) {
  const absl::StatusOr<std::string> text = ReadWholeFile(PathOf(key));
  if (absl::IsNotFound(text.status())) return TenantRecord{};
  if (!text.ok()) return text.status();
  try {
    return Decode(json::parse(*text));
  } catch (const json::exception& error) {
    return MakeError(absl::StatusCode::kInternal, "the record of " + key + " cannot be read: " + error.what(),
                     {.reason = "STATE_READ_FAILED", .remedy = "Move the file " + PathOf(key).string() + " away."});
  }
}

absl::Status FileTenantRecordStore::Save(const std::string& key, const TenantRecord& record) {
  return WriteFileAtomically(PathOf(key), Encode(record));
}

absl::Status FileTenantRecordStore::Remove(const std::string& key) { return RemoveFile(PathOf(key)); }

}  // namespace sluice::satellite
