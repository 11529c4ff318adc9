#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/kafka_admin/admin_client.h"
#include "services/satellite/core/tenancy/tenant_seen.h"

namespace sluice::satellite {

// What one physical cluster holds of its tenants, as last read and as changed since by this satellite's own calls.
// Used by the cell's one worker thread only.
class CellView {
 public:
  explicit CellView(const clock::Clock& clock) : clock_(clock) {}

  // A tenant without a prefix owns every topic and group that is not Kafka's own.
  // True when that is news: then what was read of topics is to be read again.
  bool SetSoleTenant(const std::string& logical_cluster);

  // Rights, keys and quotas of all tenants, and what belongs to none of ours. Three calls.
  absl::Status LoadAccess(kafka_admin::AdminClient& admin, absl::Duration timeout);
  // All topics; gives the tenants whose topics are others than before.
  absl::StatusOr<std::set<std::string>> LoadTopics(kafka_admin::AdminClient& admin, absl::Duration timeout);
  // These topics alone, by their names on the wire.
  absl::Status RefreshTopics(kafka_admin::AdminClient& admin, const std::vector<std::string>& names,
                             absl::Duration timeout);
  // The configs set for each topic, in portions; gives the tenants for whom one changed.
  absl::StatusOr<std::set<std::string>> LoadConfigs(kafka_admin::AdminClient& admin, absl::Duration timeout);
  // Groups of all tenants. Unavailable when a broker did not answer: what it coordinates is not known then.
  absl::Status LoadGroups(kafka_admin::AdminClient& admin, absl::Duration timeout);

  const TenantSeen& Of(const std::string& logical_cluster) const;
  TenantSeen& Change(const std::string& logical_cluster) { return tenants_[logical_cluster]; }
  // A broker that lags may still answer with the old state for a moment: own changes are kept against that.
  void NoteOwnChange(const std::string& topic) { own_changes_[topic] = clock_.MonotonicNow(); }
  void Forget(const std::string& logical_cluster) { tenants_.erase(logical_cluster); }

  // Everybody that anything was seen of.
  std::vector<std::string> Tenants() const;
  // Of all topics, Kafka's own and strangers' too.
  int64_t replicas() const { return replicas_; }
  // Bindings of tenants' principals that no grant says: to be removed.
  const std::vector<kafka_admin::AclBinding>& strays() const { return strays_; }

 private:
  // "" for nobody's.
  std::string TenantOf(std::string_view topic_or_group) const;
  bool OwnChangeIsFresh(const std::string& topic) const;

  const clock::Clock& clock_;
  std::string sole_tenant_;
  std::map<std::string, TenantSeen> tenants_;
  std::map<std::string, absl::Duration> own_changes_;
  std::vector<kafka_admin::AclBinding> strays_;
  int64_t replicas_ = 0;
};

}  // namespace sluice::satellite
