#include "services/satellite/app/tenancy/cell_view.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/kafka/grant_binding.h"

namespace sluice::satellite {
namespace {

// Far above what a broker of one cell lags behind its controller while it is not fenced.
constexpr absl::Duration kOwnChangeHolds = absl::Seconds(3);
constexpr size_t kTopicsPerConfigRequest = 200;

SeenTopic Seen(const kafka_admin::TopicDescription& topic, std::map<std::string, std::string> configs) {
  const int replicas = topic.partitions.empty() ? 0 : static_cast<int>(topic.partitions.front().replicas.size());
  return {static_cast<int32_t>(topic.partitions.size()), replicas, std::move(configs)};
}

// "lkc-a.key-b" is lkc-a's; "" for another user.
std::string TenantOfName(std::string_view name) {
  const size_t dot = name.find('.');
  if (!name.starts_with("lkc-") || dot == std::string_view::npos) return "";
  return std::string(name.substr(0, dot));
}

}  // namespace

bool CellView::SetSoleTenant(const std::string& logical_cluster) {
  return std::exchange(sole_tenant_, logical_cluster) != logical_cluster;
}

absl::Status CellView::LoadAccess(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto acls, admin.DescribeAcls({}, timeout));
  ASSIGN_OR_RETURN(const auto users, admin.DescribeScramUsers(std::nullopt, timeout));
  ASSIGN_OR_RETURN(const auto quotas,
                   admin.DescribeClientQuotas(
                       {.components = {{.entity_type = "user",
                                        .match = kafka_admin::ClientQuotaFilter::Component::Match::kAnySpecified}},
                        .strict = true},
                       timeout));

  for (auto& [id, seen] : tenants_) {
    seen.grants.clear();
    seen.users.clear();
    seen.quotas.clear();
  }
  strays_.clear();
  for (const kafka_admin::AclBinding& binding : acls) {
    const auto tenant = TenantOfPrincipal(binding.principal);
    if (!tenant) continue;
    if (const auto grant = GrantOf(binding)) {
      tenants_[*tenant].grants.insert(*grant);
    } else {
      strays_.push_back(binding);
    }
  }
  for (const kafka_admin::ScramUserDescription& user : users) {
    const std::string tenant = TenantOfName(user.user);
    const bool sha512 = std::any_of(user.credentials.begin(), user.credentials.end(), [](const auto& credential) {
      return credential.mechanism == kafka_admin::ScramMechanism::kSha512;
    });
    if (!tenant.empty() && sha512) tenants_[tenant].users.insert(user.user);
  }
  for (const kafka_admin::ClientQuota& quota : quotas) {
    const auto user = quota.entity.find("user");
    if (user == quota.entity.end() || !user->second || !user->second->starts_with("lkc-")) continue;
    tenants_[*user->second].quotas = quota.values;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> CellView::LoadTopics(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto topics, admin.DescribeTopics(std::nullopt, timeout));
  std::map<std::string, std::map<std::string, SeenTopic>> found;
  int64_t replicas = 0;
  for (const kafka_admin::TopicDescription& topic : topics) {
    for (const auto& partition : topic.partitions) replicas += static_cast<int64_t>(partition.replicas.size());
    if (topic.internal || !topic.status.ok()) continue;
    const std::string tenant = TenantOf(topic.name);
    if (tenant.empty() || OwnChangeIsFresh(topic.name)) continue;
    const auto& known = tenants_[tenant].topics;
    const auto before = known.find(topic.name);
    found[tenant][topic.name] =
        Seen(topic, before == known.end() ? std::map<std::string, std::string>{} : before->second.configs);
  }
  replicas_ = replicas;
  std::erase_if(own_changes_,
                [&](const auto& change) { return clock_.MonotonicNow() - change.second >= kOwnChangeHolds; });

  std::set<std::string> changed;
  for (auto& [id, seen] : tenants_) {
    auto& now = found[id];
    for (const auto& [name, topic] : seen.topics) {
      if (OwnChangeIsFresh(name)) now[name] = topic;
    }
    if (now == seen.topics) continue;
    seen.topics = std::move(now);
    changed.insert(id);
  }
  return changed;
}

absl::Status CellView::RefreshTopics(kafka_admin::AdminClient& admin, const std::vector<std::string>& names,
                                     absl::Duration timeout) {
  if (names.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto topics, admin.DescribeTopics(names, timeout));
  for (const kafka_admin::TopicDescription& topic : topics) {
    const std::string tenant = TenantOf(topic.name);
    if (tenant.empty() || topic.internal || OwnChangeIsFresh(topic.name)) continue;
    auto& known = tenants_[tenant].topics;
    if (topic.status.ok()) {
      known[topic.name] = Seen(topic, std::move(known[topic.name].configs));
    } else if (absl::IsNotFound(topic.status)) {
      known.erase(topic.name);
    } else if (!absl::IsInvalidArgument(topic.status)) {
      // A name that Kafka does not allow is the planner's to judge.
      return topic.status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> CellView::LoadConfigs(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  std::vector<std::pair<std::string, std::string>> owned;
  for (const auto& [id, seen] : tenants_) {
    for (const auto& [name, topic] : seen.topics) owned.emplace_back(id, name);
  }
  std::set<std::string> changed;
  for (size_t begin = 0; begin < owned.size(); begin += kTopicsPerConfigRequest) {
    const size_t end = std::min(owned.size(), begin + kTopicsPerConfigRequest);
    std::vector<kafka_admin::ConfigResource> resources;
    for (size_t i = begin; i < end; ++i) resources.push_back({.name = owned[i].second});
    ASSIGN_OR_RETURN(const auto descriptions, admin.DescribeConfigs(resources, {}, timeout));
    for (size_t i = 0; i < descriptions.size(); ++i) {
      if (!descriptions[i].status.ok()) continue;  // deleted since
      std::map<std::string, std::string> configs;
      for (const kafka_admin::ConfigEntry& entry : descriptions[i].entries) {
        // A throttle is ours, for as long as a move takes: nothing that the tenant set.
        if (entry.name.ends_with(".replication.throttled.replicas")) continue;
        if (entry.source == kafka_admin::ConfigEntry::Source::kDynamicTopic && entry.value) {
          configs[entry.name] = *entry.value;
        }
      }
      const auto& [tenant, name] = owned[begin + i];
      SeenTopic& topic = tenants_[tenant].topics[name];
      if (topic.configs == configs) continue;
      topic.configs = std::move(configs);
      changed.insert(tenant);
    }
  }
  return changed;
}

absl::Status CellView::LoadGroups(kafka_admin::AdminClient& admin, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto listings, admin.ListGroups(timeout));
  if (!listings.unanswered.empty()) {
    return MakeError(absl::StatusCode::kUnavailable,
                     "broker " + std::to_string(listings.unanswered.begin()->first) + " did not list its groups",
                     {.reason = "CELL_INCOMPLETE", .remedy = "It is tried again by itself."});
  }
  for (auto& [id, seen] : tenants_) seen.groups.clear();
  for (const kafka_admin::GroupListing& group : listings.groups) {
    const std::string tenant = TenantOf(group.group_id);
    if (!tenant.empty()) tenants_[tenant].groups.insert(group.group_id);
  }
  return absl::OkStatus();
}

const TenantSeen& CellView::Of(const std::string& logical_cluster) const {
  static const TenantSeen* const kNothing = new TenantSeen();
  const auto found = tenants_.find(logical_cluster);
  return found == tenants_.end() ? *kNothing : found->second;
}

std::vector<std::string> CellView::Tenants() const {
  std::vector<std::string> ids;
  for (const auto& [id, seen] : tenants_) ids.push_back(id);
  return ids;
}

std::string CellView::TenantOf(std::string_view topic_or_group) const {
  return sole_tenant_.empty() ? TenantOfName(topic_or_group) : sole_tenant_;
}

bool CellView::OwnChangeIsFresh(const std::string& topic) const {
  const auto found = own_changes_.find(topic);
  return found != own_changes_.end() && clock_.MonotonicNow() - found->second < kOwnChangeHolds;
}

}  // namespace sluice::satellite
