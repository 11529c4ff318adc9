#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/app/views.h"
#include "services/provisioner/core/model/aggregate.h"
#include "services/provisioner/core/model/topic_news.h"

namespace sluice::provisioner {

// Where a page begins: after the row with these keys. The adapter turns it into an opaque token that is bound to the
// request's parent, filter and order.
struct PagePosition {
  std::string after_order;  // the last row's order key, empty at the start
  std::string after_uid;
};

struct PageRequest {
  int32_t page_size = 0;  // 0: 100; at most 1000
  PagePosition position;
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::optional<PagePosition> next;
};

struct ListKafkaClusters {
  std::string organization;
  std::string environment;  // "-": all of the organization
  std::string filter;       // AIP-160 subset: core/listing/filter.h
  std::string order_by;
  bool show_deleted = false;
  PageRequest page;
};

struct KafkaClusterPage {
  Page<KafkaClusterView> page;
  std::vector<std::string> unreachable;  // dataPlanes/{id}
};

struct ListTopics {
  std::string cluster;
  std::string filter;  // name = "…", with * at the end for a prefix
  PageRequest page;
};

// The read side. Get of what does not exist: NOT_FOUND RESOURCE_NOT_FOUND, the same as for a foreign name. Thread-safe.
class Queries {
 public:
  explicit Queries(CommandPorts ports) : ports_(ports) {}

  absl::StatusOr<Organization> GetOrganization(const std::string& name);
  absl::StatusOr<Environment> GetEnvironment(const std::string& name);
  absl::StatusOr<ApiKey> GetApiKey(const std::string& name);
  absl::StatusOr<RoleBinding> GetRoleBinding(const std::string& name);
  absl::StatusOr<KafkaClusterView> GetKafkaCluster(const std::string& name);
  absl::StatusOr<KafkaKey> GetKafkaKey(const std::string& name);
  absl::StatusOr<Topic> GetTopic(const std::string& name);
  absl::StatusOr<DataPlaneView> GetDataPlane(const std::string& name);
  absl::StatusOr<Operation> GetOperation(const std::string& name);

  // `only` empty: all organizations (PLATFORM_ADMIN); else that one.
  absl::StatusOr<Page<Organization>> ListOrganizations(const std::string& only, const PageRequest& page);
  absl::StatusOr<Page<Environment>> ListEnvironments(const std::string& organization, const PageRequest& page);
  absl::StatusOr<Page<ApiKey>> ListApiKeys(const std::string& organization, const PageRequest& page);
  absl::StatusOr<Page<RoleBinding>> ListRoleBindings(const std::string& organization, const PageRequest& page);
  absl::StatusOr<KafkaClusterPage> ListClusters(const ListKafkaClusters& request);
  absl::StatusOr<Page<KafkaKey>> ListKafkaKeys(const std::string& cluster, const PageRequest& page);
  absl::StatusOr<Page<Topic>> ListTopicsOf(const ListTopics& request);
  // All topics of these clusters (lkc-…), as Watch tells of them.
  absl::StatusOr<std::vector<TopicNews>> PresentTopics(const std::vector<std::string>& cluster_uids);
  absl::StatusOr<Page<DataPlaneView>> ListDataPlanes(const PageRequest& page);
  // filter: done, target, verb ("done = false AND verb = create").
  absl::StatusOr<Page<Operation>> ListOperations(const std::string& organization, const std::string& filter,
                                                 const PageRequest& page);

  // What an operation ended with, as it is now; nothing when it is gone. A cluster as a view.
  using Result = std::variant<KafkaClusterView, KafkaKey, Topic>;
  absl::StatusOr<std::optional<Result>> ResultOf(const Operation& operation);
  // A cluster with its endpoint, a data plane with its cells, from memory: for Watch.
  KafkaClusterView ViewOf(KafkaCluster cluster);
  DataPlaneView ViewOf(DataPlane data_plane);

  // For authentication: the keys by their public parts, revoked and expired ones too; those that exist.
  absl::StatusOr<std::vector<ApiKey>> FindApiKeys(const std::vector<std::string>& uids);
  // All bindings of these principals ("apiKeys/ak-…").
  absl::StatusOr<std::vector<RoleBinding>> BindingsOf(const std::vector<std::string>& principals);

 private:
  CommandPorts ports_;
};

}  // namespace sluice::provisioner
