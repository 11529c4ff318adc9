#include "services/provisioner/core/topics/topic_news.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "services/provisioner/core/topics/topic_view.h"

namespace sluice::provisioner {
namespace {

const DesiredDocument* PlacedDocumentOf(const ClusterFamily& family) {
  if (family.cluster.placement.empty()) return nullptr;
  const std::string key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
  const auto found = std::find_if(family.documents.begin(), family.documents.end(),
                                  [&](const DesiredDocument& document) { return document.meta.uid == key; });
  return found == family.documents.end() ? nullptr : &*found;
}

// What of the family topics are made from, and nothing else.
struct Sources {
  explicit Sources(const ClusterFamily& family)
      : document(PlacedDocumentOf(family)), status(LastStatusOf(family)), erased(family.erased) {
    if (status != nullptr) seen = std::get_if<SeenLogical>(&status->seen);
    if (document != nullptr && !document->deleted) spec = std::get_if<LogicalSpec>(&document->wish);
  }

  bool SameAs(const Sources& other) const {
    const auto same = [](const auto* a, const auto* b, auto member) {
      if (a == nullptr || b == nullptr) return a == b;
      return a->*member == b->*member;
    };
    return erased == other.erased && same(seen, other.seen, &SeenLogical::topics) &&
           same(spec, other.spec, &LogicalSpec::topic_wishes);
  }
  // Both of its parts only grow.
  int64_t version() const {
    return (document == nullptr ? 0 : document->meta.generation) + (status == nullptr ? 0 : status->meta.version);
  }
  bool ListsAll() const {
    if (erased) return true;
    if (seen == nullptr) return false;
    switch (seen->state) {
      case SeenLogicalState::kReady:
      case SeenLogicalState::kSuspended:
      case SeenLogicalState::kDeleting:
      case SeenLogicalState::kGone:
        return true;
      default:
        return !seen->topics.empty();
    }
  }
  bool IsBeyondList(const std::string& id) const {
    return !erased && seen != nullptr && seen->topic_count > static_cast<int32_t>(seen->topics.size()) &&
           (seen->topics.empty() || id > seen->topics.back().name);
  }

  const DesiredDocument* document;
  const SeenStatus* status;
  const bool erased;
  const SeenLogical* seen = nullptr;
  const LogicalSpec* spec = nullptr;
};

std::map<std::string, Topic> ById(const ClusterFamily& family) {
  std::map<std::string, Topic> topics;
  if (family.erased) return topics;
  for (Topic& topic : TopicsOf(family)) topics.emplace(topic.id, std::move(topic));
  return topics;
}

TopicNews NewsOf(const KafkaCluster& cluster, Topic topic, int64_t version, bool erased) {
  return {.organization = cluster.organization,
          .environment = cluster.environment,
          .cluster_uid = cluster.meta.uid,
          .version = version,
          .topic = std::move(topic),
          .erased = erased};
}

}  // namespace

std::vector<TopicNews> TopicNewsOf(const ClusterFamily& before, const ClusterFamily& after) {
  const Sources was(before);
  const Sources is(after);
  if (was.SameAs(is)) return {};
  // The status is not numbered before it is written.
  const bool status_moves = is.status != nullptr && (was.status == nullptr || !(*was.status == *is.status));
  const int64_t version = std::max(was.version() + 1, is.version() + (status_moves ? 1 : 0));
  const std::map<std::string, Topic> old = ById(before);
  std::map<std::string, Topic> now = ById(after);
  std::vector<TopicNews> news;
  for (const auto& [id, topic] : old) {
    // A wish that is over without a result on the cell takes back what it announced.
    const bool was_announced = topic.state == TopicState::kCreating;
    if (now.contains(id) || is.IsBeyondList(id) || !(is.ListsAll() || was_announced)) continue;
    news.push_back(NewsOf(before.cluster, topic, version, true));
  }
  for (auto& [id, topic] : now) {
    const auto known = old.find(id);
    if (known != old.end() && known->second == topic) continue;
    news.push_back(NewsOf(after.cluster, std::move(topic), version, false));
  }
  return news;
}

std::vector<TopicNews> PresentTopicsOf(const ClusterFamily& family) {
  const int64_t version = Sources(family).version();
  std::vector<TopicNews> present;
  for (Topic& topic : TopicsOf(family)) present.push_back(NewsOf(family.cluster, std::move(topic), version, false));
  return present;
}

}  // namespace sluice::provisioner
