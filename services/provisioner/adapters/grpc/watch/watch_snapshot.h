#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/provisioner/adapters/grpc/watch/watch_news.h"
#include "services/provisioner/app/queries.h"

namespace sluice::provisioner {

// The present state of what a watch sees, a page at a time: environments, clusters with their keys and topics,
// operations that are not done; or the data planes. Holds one page, and the names of one page's clusters.
class WatchSnapshot {
 public:
  // `environment` empty: all of the organization.
  static WatchSnapshot OfOrganization(Queries& queries, std::string organization, std::string environment);
  static WatchSnapshot OfDataPlanes(Queries& queries);

  // Empty at the end. Not filtered by what the caller may see.
  absl::StatusOr<std::vector<WatchNews>> NextPage();

 private:
  enum class Part { kEnvironments, kClusters, kKeys, kTopics, kOperations, kDataPlanes, kEnd };
  WatchSnapshot(Queries& queries, Part part, std::string organization, std::string environment)
      : queries_(queries), part_(part), organization_(std::move(organization)), environment_(std::move(environment)) {}

  template <typename T>
  std::vector<WatchNews> Take(Page<T> page, Part after);
  absl::StatusOr<std::vector<WatchNews>> Environments();
  absl::StatusOr<std::vector<WatchNews>> Clusters();
  absl::StatusOr<std::vector<WatchNews>> Keys();
  absl::StatusOr<std::vector<WatchNews>> Topics();

  Queries& queries_;
  Part part_;
  const std::string organization_;
  const std::string environment_;
  PageRequest at_{.page_size = 200};
  // Clusters whose keys (by name) and topics (by lkc-…) come next, and where their own pages go on.
  std::vector<std::string> clusters_with_keys_;
  std::vector<std::string> clusters_with_topics_;
  std::optional<PagePosition> more_clusters_;
};

}  // namespace sluice::provisioner
