#include "services/provisioner/app/queries.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/listing/filter.h"
#include "services/provisioner/core/topics/topic_news.h"
#include "services/provisioner/core/topics/topic_view.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;
// Rows that one call looks at, at most, however few of them its filter lets through.
constexpr int kMostScanned = 20'000;

absl::StatusOr<int> PageSize(const PageRequest& page) {
  if (page.page_size < 0 || page.page_size > kLargestPage) {
    return InvalidField("page_size", absl::StrCat("is ", page.page_size), "take 1 to 1000, or 0 for 100");
  }
  return page.page_size == 0 ? kDefaultPage : page.page_size;
}

// Rows of `query` that `keep` lets through, a page of them; where the next begins when there may be more.
template <typename T, typename Keep>
absl::StatusOr<Page<T>> PageOf(Store& store, ListQuery query, const PageRequest& request, Keep keep) {
  ASSIGN_OR_RETURN(const int size, PageSize(request));
  if (!request.position.after_uid.empty()) {
    query.after = {request.position.after_order, request.position.after_uid};
  }
  Page<T> page;
  for (int scanned = 0; scanned < kMostScanned;) {
    query.limit = std::max(size - static_cast<int>(page.items.size()) + 1, kDefaultPage);
    ASSIGN_OR_RETURN(std::vector<Aggregate> rows, store.List(query));
    for (Aggregate& row : rows) {
      if (static_cast<int>(page.items.size()) == size) {
        page.next = PagePosition{query.after->first, query.after->second};
        return page;
      }
      query.after = {OrderKey(MetaOf(row), query.order), MetaOf(row).uid};
      T& item = std::get<T>(row);
      if (keep(item)) page.items.push_back(std::move(item));
    }
    if (static_cast<int>(rows.size()) < query.limit) return page;
    scanned += query.limit;
  }
  page.next = PagePosition{query.after->first, query.after->second};
  return page;
}

template <typename T>
absl::StatusOr<Page<T>> All(Store& store, Kind kind, const std::string& prefix, const PageRequest& page) {
  return PageOf<T>(store, {.kind = kind, .name_prefix = prefix}, page, [](const T&) { return true; });
}

std::string Below(const std::string& organization, const std::string& collection) {
  return absl::StrCat("organizations/", organization, "/", collection, "/");
}

bool IsSilent(const FleetSnapshot& fleet, const std::string& data_plane) {
  const auto found = fleet.data_planes.find(data_plane);
  return found != fleet.data_planes.end() && found->second.state == DataPlaneState::kUnreachable;
}

}  // namespace

absl::StatusOr<Organization> Queries::GetOrganization(const std::string& name) {
  return GetByName<Organization>(ports_.store, Kind::kOrganization, name);
}
absl::StatusOr<Environment> Queries::GetEnvironment(const std::string& name) {
  return GetByName<Environment>(ports_.store, Kind::kEnvironment, name);
}
absl::StatusOr<ApiKey> Queries::GetApiKey(const std::string& name) {
  return GetByName<ApiKey>(ports_.store, Kind::kApiKey, name);
}
absl::StatusOr<RoleBinding> Queries::GetRoleBinding(const std::string& name) {
  return GetByName<RoleBinding>(ports_.store, Kind::kRoleBinding, name);
}
absl::StatusOr<KafkaKey> Queries::GetKafkaKey(const std::string& name) {
  return GetByName<KafkaKey>(ports_.store, Kind::kKafkaKey, name);
}

KafkaClusterView Queries::ViewOf(KafkaCluster cluster) {
  const auto fleet = ports_.fleet.Snapshot();
  KafkaClusterView view;
  view.unreachable = IsSilent(*fleet, cluster.placement.data_plane);
  const auto physical = fleet->physical_clusters.find(cluster.placement.physical_cluster);
  if (physical != fleet->physical_clusters.end()) {
    view.bootstrap_servers = physical->second.bootstrap_servers;
    view.ca_certificate_pem = physical->second.ca_certificate_pem;
    view.effective_kafka_version = physical->second.kafka_version;
    view.effective_brokers = physical->second.brokers_ready;
  }
  view.cluster = std::move(cluster);
  return view;
}

absl::StatusOr<KafkaClusterView> Queries::GetKafkaCluster(const std::string& name) {
  ASSIGN_OR_RETURN(KafkaCluster cluster, GetByName<KafkaCluster>(ports_.store, Kind::kKafkaCluster, name));
  return ViewOf(std::move(cluster));
}

absl::StatusOr<Operation> Queries::GetOperation(const std::string& name) {
  ASSIGN_OR_RETURN(Operation operation, GetByName<Operation>(ports_.store, Kind::kOperation, name));
  if (operation.done) return operation;
  const auto fleet = ports_.fleet.Snapshot();
  const auto physical =
      fleet->physical_clusters.find(operation.document_key.substr(0, operation.document_key.find('/')));
  if (physical != fleet->physical_clusters.end() && IsSilent(*fleet, physical->second.data_plane)) {
    absl::StrAppend(&operation.status_message, "; data plane ", physical->second.data_plane,
                    " has been silent for more than 15 s");
  }
  return operation;
}

absl::StatusOr<Topic> Queries::GetTopic(const std::string& name) {
  const size_t at = name.rfind("/topics/");
  if (at == std::string::npos) return NotFound(name);
  ASSIGN_OR_RETURN(const KafkaCluster cluster,
                   GetByName<KafkaCluster>(ports_.store, Kind::kKafkaCluster, name.substr(0, at)));
  ASSIGN_OR_RETURN(auto families, ports_.store.Families({cluster.meta.uid}, false));
  const auto family = families.find(cluster.meta.uid);
  if (family == families.end()) return NotFound(name);
  return FindTopic(family->second, name.substr(at + std::string("/topics/").size()));
}

absl::StatusOr<DataPlaneView> Queries::GetDataPlane(const std::string& name) {
  ASSIGN_OR_RETURN(DataPlane data_plane, GetByName<DataPlane>(ports_.store, Kind::kDataPlane, name));
  return ViewOf(std::move(data_plane));
}

DataPlaneView Queries::ViewOf(DataPlane data_plane) {
  const auto fleet = ports_.fleet.Snapshot();
  DataPlaneView view;
  view.last_seen_time = ports_.fleet.LastSeen(data_plane.id);
  for (const auto& [uid, physical] : fleet->physical_clusters) {
    if (physical.data_plane != data_plane.id) continue;
    const auto count = fleet->logical_clusters.find(uid);
    view.physical_clusters.push_back({physical, count == fleet->logical_clusters.end() ? 0 : count->second});
  }
  view.data_plane = std::move(data_plane);
  return view;
}

absl::StatusOr<Page<Organization>> Queries::ListOrganizations(const std::string& only, const PageRequest& page) {
  return PageOf<Organization>(
      ports_.store, {.kind = Kind::kOrganization, .name_prefix = "organizations/" + only}, page,
      [&](const Organization& organization) { return only.empty() || organization.id == only; });
}

absl::StatusOr<Page<Environment>> Queries::ListEnvironments(const std::string& organization, const PageRequest& page) {
  return All<Environment>(ports_.store, Kind::kEnvironment, Below(organization, "environments"), page);
}

absl::StatusOr<Page<ApiKey>> Queries::ListApiKeys(const std::string& organization, const PageRequest& page) {
  return All<ApiKey>(ports_.store, Kind::kApiKey, Below(organization, "apiKeys"), page);
}

absl::StatusOr<Page<RoleBinding>> Queries::ListRoleBindings(const std::string& organization, const PageRequest& page) {
  return All<RoleBinding>(ports_.store, Kind::kRoleBinding, Below(organization, "roleBindings"), page);
}

absl::StatusOr<KafkaClusterPage> Queries::ListClusters(const ListKafkaClusters& request) {
  ASSIGN_OR_RETURN(const Filter filter, ParseFilter(request.filter, ClusterFilterFields()));
  ASSIGN_OR_RETURN(const Order order, ParseOrder(request.order_by));
  ListQuery query{.kind = Kind::kKafkaCluster,
                  .name_prefix = Below(request.organization, "environments"),
                  .order = order.by_create_time ? ListQuery::Order::kCreateTime : ListQuery::Order::kName,
                  .descending = order.descending,
                  .organization = request.organization};
  if (request.environment != "-") absl::StrAppend(&query.name_prefix, request.environment, "/kafkaClusters/");
  ASSIGN_OR_RETURN(Page<KafkaCluster> clusters,
                   PageOf<KafkaCluster>(ports_.store, query, request.page, [&](const KafkaCluster& cluster) {
                     return (request.show_deleted || !cluster.meta.delete_time) && Matches(filter, cluster);
                   }));
  KafkaClusterPage page;
  page.page.next = std::move(clusters.next);
  std::set<std::string> unreachable;
  for (KafkaCluster& cluster : clusters.items) {
    page.page.items.push_back(ViewOf(std::move(cluster)));
    const KafkaClusterView& view = page.page.items.back();
    if (view.unreachable) unreachable.insert("dataPlanes/" + view.cluster.placement.data_plane);
  }
  page.unreachable.assign(unreachable.begin(), unreachable.end());
  return page;
}

absl::StatusOr<Page<KafkaKey>> Queries::ListKafkaKeys(const std::string& cluster, const PageRequest& page) {
  return All<KafkaKey>(ports_.store, Kind::kKafkaKey, cluster + "/keys/", page);
}

absl::StatusOr<Page<Topic>> Queries::ListTopicsOf(const ListTopics& request) {
  ASSIGN_OR_RETURN(const Filter filter, ParseFilter(request.filter, TopicFilterFields()));
  ASSIGN_OR_RETURN(const int size, PageSize(request.page));
  ASSIGN_OR_RETURN(const KafkaCluster cluster,
                   GetByName<KafkaCluster>(ports_.store, Kind::kKafkaCluster, request.cluster));
  ASSIGN_OR_RETURN(auto families, ports_.store.Families({cluster.meta.uid}, false));
  const auto family = families.find(cluster.meta.uid);
  if (family == families.end()) return NotFound(request.cluster);
  Page<Topic> page;
  for (Topic& topic : TopicsOf(family->second)) {
    if (topic.id <= request.page.position.after_order || !Matches(filter, topic)) continue;
    if (static_cast<int>(page.items.size()) == size) {
      page.next = PagePosition{page.items.back().id, page.items.back().id};
      break;
    }
    page.items.push_back(std::move(topic));
  }
  return page;
}

absl::StatusOr<std::vector<TopicNews>> Queries::PresentTopics(const std::vector<std::string>& cluster_uids) {
  ASSIGN_OR_RETURN(const auto families, ports_.store.Families(cluster_uids, /*lock=*/false));
  std::vector<TopicNews> present;
  for (const auto& [uid, family] : families) {
    std::vector<TopicNews> topics = PresentTopicsOf(family);
    present.insert(present.end(), std::make_move_iterator(topics.begin()), std::make_move_iterator(topics.end()));
  }
  return present;
}

absl::StatusOr<Page<DataPlaneView>> Queries::ListDataPlanes(const PageRequest& request) {
  ASSIGN_OR_RETURN(Page<DataPlane> data_planes, All<DataPlane>(ports_.store, Kind::kDataPlane, "dataPlanes/", request));
  Page<DataPlaneView> page{.items = {}, .next = std::move(data_planes.next)};
  for (DataPlane& data_plane : data_planes.items) page.items.push_back(ViewOf(std::move(data_plane)));
  return page;
}

absl::StatusOr<Page<Operation>> Queries::ListOperations(const std::string& organization, const std::string& filter_text,
                                                        const PageRequest& page) {
  ASSIGN_OR_RETURN(const Filter filter, ParseFilter(filter_text, OperationFilterFields()));
  return PageOf<Operation>(ports_.store, {.kind = Kind::kOperation, .name_prefix = Below(organization, "operations")},
                           page, [&](const Operation& operation) { return Matches(filter, operation); });
}

absl::StatusOr<std::optional<Queries::Result>> Queries::ResultOf(const Operation& operation) {
  const auto missing_is_nothing = [](const absl::Status& status) -> absl::StatusOr<std::optional<Result>> {
    if (absl::IsNotFound(status)) return std::nullopt;
    return status;
  };
  switch (operation.target_kind) {
    case TargetKind::kKafkaCluster: {
      ASSIGN_OR_RETURN(std::optional<Aggregate> found,
                       ports_.store.FindByUid(Kind::kKafkaCluster, operation.target_uid));
      if (!found) return std::nullopt;
      return std::optional<Result>(ViewOf(std::get<KafkaCluster>(*std::move(found))));
    }
    case TargetKind::kKafkaKey: {
      ASSIGN_OR_RETURN(std::optional<Aggregate> found, ports_.store.FindByUid(Kind::kKafkaKey, operation.target_uid));
      if (!found) return std::nullopt;
      return std::optional<Result>(std::get<KafkaKey>(*std::move(found)));
    }
    case TargetKind::kTopic: {
      absl::StatusOr<Topic> topic = GetTopic(operation.target);
      if (!topic.ok()) return missing_is_nothing(topic.status());
      return std::optional<Result>(*std::move(topic));
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<ApiKey>> Queries::FindApiKeys(const std::vector<std::string>& uids) {
  ASSIGN_OR_RETURN(std::vector<Aggregate> rows, ports_.store.FindByUids(Kind::kApiKey, uids));
  std::vector<ApiKey> keys;
  for (Aggregate& row : rows) keys.push_back(std::get<ApiKey>(std::move(row)));
  return keys;
}

absl::StatusOr<std::vector<RoleBinding>> Queries::BindingsOf(const std::vector<std::string>& principals) {
  return ports_.store.BindingsOf(principals);
}

}  // namespace sluice::provisioner
