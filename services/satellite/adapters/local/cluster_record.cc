#include "services/satellite/adapters/local/cluster_record.h"

#include <openssl/sha.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "services/satellite/adapters/local/atomic_file.h"

namespace sluice::satellite {

ClusterRecord LoadClusterRecord(const std::string& folder) {
  ClusterRecord record;
  const auto text = ReadWholeFile(folder + "/cluster.json");
  if (!text.ok()) return record;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return record;
  try {
    record.provisioned = json.value("provisioned", false);
    record.brokers = json.value("brokers", 0);
    record.broker_disk_mib = json.value("broker_disk_mib", int64_t{0});
  } catch (const nlohmann::json::exception&) {
    return ClusterRecord();
  }
  return record;
}

absl::Status SaveClusterRecord(const std::string& folder, const ClusterRecord& record) {
  const nlohmann::json json = {
      {"provisioned", record.provisioned}, {"brokers", record.brokers}, {"broker_disk_mib", record.broker_disk_mib}};
  return WriteFileAtomically(folder + "/cluster.json", json.dump(2) + "\n");
}

std::string KafkaIdOf(const std::string& name) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest);
  digest[0] &= 0x7f;
  return absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<const char*>(digest), 16));
}

}  // namespace sluice::satellite
