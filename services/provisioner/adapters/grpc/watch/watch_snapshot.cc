#include "services/provisioner/adapters/grpc/watch/watch_snapshot.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "libs/base/status.h"

namespace sluice::provisioner {
namespace {

// A family holds up to 512 KiB of topics.
constexpr std::size_t kClustersAtOnce = 20;

}  // namespace

WatchSnapshot WatchSnapshot::OfOrganization(Queries& queries, std::string organization, std::string environment) {
  return WatchSnapshot(queries, Part::kEnvironments, std::move(organization), std::move(environment));
}

WatchSnapshot WatchSnapshot::OfDataPlanes(Queries& queries) {
  return WatchSnapshot(queries, Part::kDataPlanes, "", "");
}

template <typename T>
std::vector<WatchNews> WatchSnapshot::Take(Page<T> page, Part after) {
  std::vector<WatchNews> taken;
  for (T& item : page.items) taken.push_back({Aggregate(std::move(item))});
  at_.position = page.next.value_or(PagePosition{});
  if (!page.next) part_ = after;
  return taken;
}

absl::StatusOr<std::vector<WatchNews>> WatchSnapshot::NextPage() {
  while (part_ != Part::kEnd) {
    std::vector<WatchNews> page;
    switch (part_) {
      case Part::kEnvironments: {
        ASSIGN_OR_RETURN(page, Environments());
        break;
      }
      case Part::kClusters: {
        ASSIGN_OR_RETURN(page, Clusters());
        break;
      }
      case Part::kKeys: {
        ASSIGN_OR_RETURN(page, Keys());
        break;
      }
      case Part::kTopics: {
        ASSIGN_OR_RETURN(page, Topics());
        break;
      }
      case Part::kOperations: {
        ASSIGN_OR_RETURN(auto found, queries_.ListOperations(organization_, "done = false", at_));
        page = Take(std::move(found), Part::kEnd);
        break;
      }
      case Part::kDataPlanes: {
        ASSIGN_OR_RETURN(auto found, queries_.ListDataPlanes(at_));
        Page<DataPlane> data_planes{.next = found.next};
        for (DataPlaneView& view : found.items) data_planes.items.push_back(std::move(view.data_plane));
        page = Take(std::move(data_planes), Part::kEnd);
        break;
      }
      case Part::kEnd:
        break;
    }
    if (!page.empty()) return page;
  }
  return std::vector<WatchNews>();
}

absl::StatusOr<std::vector<WatchNews>> WatchSnapshot::Environments() {
  ASSIGN_OR_RETURN(auto found, queries_.ListEnvironments(organization_, at_));
  if (!environment_.empty()) {
    std::erase_if(found.items, [this](const Environment& e) { return e.id != environment_; });
  }
  return Take(std::move(found), Part::kClusters);
}

absl::StatusOr<std::vector<WatchNews>> WatchSnapshot::Clusters() {
  ASSIGN_OR_RETURN(auto found, queries_.ListClusters({.organization = organization_,
                                                      .environment = environment_.empty() ? "-" : environment_,
                                                      .show_deleted = true,
                                                      .page = at_}));
  std::vector<WatchNews> taken;
  for (KafkaClusterView& view : found.page.items) {
    clusters_with_keys_.push_back(view.cluster.meta.name);
    clusters_with_topics_.push_back(view.cluster.meta.uid);
    taken.push_back({Aggregate(std::move(view.cluster))});
  }
  more_clusters_ = found.page.next;
  at_.position = {};
  part_ = clusters_with_keys_.empty() ? Part::kOperations : Part::kKeys;
  return taken;
}

absl::StatusOr<std::vector<WatchNews>> WatchSnapshot::Keys() {
  ASSIGN_OR_RETURN(auto found, queries_.ListKafkaKeys(clusters_with_keys_.back(), at_));
  const bool last_page = !found.next;
  std::vector<WatchNews> taken = Take(std::move(found), Part::kKeys);
  if (!last_page) return taken;
  clusters_with_keys_.pop_back();
  if (clusters_with_keys_.empty()) part_ = Part::kTopics;
  return taken;
}

absl::StatusOr<std::vector<WatchNews>> WatchSnapshot::Topics() {
  const std::size_t some = std::min(clusters_with_topics_.size(), kClustersAtOnce);
  const auto first = clusters_with_topics_.end() - static_cast<std::ptrdiff_t>(some);
  ASSIGN_OR_RETURN(auto found, queries_.PresentTopics({first, clusters_with_topics_.end()}));
  std::vector<WatchNews> taken;
  for (TopicNews& news : found) taken.push_back({std::move(news)});
  clusters_with_topics_.erase(first, clusters_with_topics_.end());
  if (!clusters_with_topics_.empty()) return taken;
  at_.position = more_clusters_.value_or(PagePosition{});
  part_ = more_clusters_ ? Part::kClusters : Part::kOperations;
  return taken;
}

}  // namespace sluice::provisioner
