#include "services/provisioner/core/topics/topic_view.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/provisioner/core/access/not_found.h"

namespace sluice::provisioner {
namespace {

const SeenLogical* LastSeen(const ClusterFamily& family) {
  const SeenStatus* status = LastStatusOf(family);
  return status == nullptr ? nullptr : std::get_if<SeenLogical>(&status->seen);
}

Topic Named(const KafkaCluster& cluster, const std::string& id) {
  return {.name = absl::StrCat(cluster.meta.name, "/topics/", id),
          .id = id,
          .kafka_name = cluster.prefix + id,
          .replication_factor = cluster.replication_factor};
}

// Kafka keeps no generation of a topic: the etag is made of what it is.
std::string EtagOf(const Topic& topic) {
  size_t hash = std::hash<int32_t>{}(topic.partitions);
  for (const auto& [key, value] : topic.configs) hash = hash * 31 + std::hash<std::string>{}(key + "=" + value);
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

void Overlay(const KafkaCluster& cluster, const TopicWish& wish, std::map<std::string, Topic>& topics) {
  const auto [entry, is_new] = topics.try_emplace(wish.topic, Named(cluster, wish.topic));
  Topic& topic = entry->second;
  if (wish.verb == TopicWish::Verb::kRemove) {
    topic.state = TopicState::kDeleting;
  } else {
    topic.state = is_new || wish.must_create ? TopicState::kCreating : TopicState::kUpdating;
    if (is_new) {
      topic.partitions = wish.partitions;
      topic.configs = wish.configs;
    }
  }
  topic.state_message =
      absl::StrCat("operation ", wish.wish_id, " waits for data plane ", cluster.placement.data_plane);
}

}  // namespace

const SeenStatus* LastStatusOf(const ClusterFamily& family) {
  if (family.cluster.placement.empty()) return nullptr;
  const std::string key = DocumentKey(family.cluster.placement, family.cluster.meta.uid);
  for (const SeenStatus& status : family.statuses) {
    if (status.key == key) return &status;
  }
  return nullptr;
}

std::vector<Topic> TopicsOf(const ClusterFamily& family) {
  const KafkaCluster& cluster = family.cluster;
  std::map<std::string, Topic> topics;
  if (const SeenLogical* seen = LastSeen(family)) {
    for (const SeenTopic& listed : seen->topics) {
      Topic topic = Named(cluster, listed.name);
      topic.partitions = listed.partitions;
      topic.configs = listed.configs;
      if (listed.replication_factor > 0) topic.replication_factor = listed.replication_factor;
      topics.emplace(listed.name, std::move(topic));
    }
  }
  for (const DesiredDocument& document : family.documents) {
    const auto* spec = std::get_if<LogicalSpec>(&document.wish);
    if (spec == nullptr || document.deleted) continue;
    for (const TopicWish& wish : spec->topic_wishes) Overlay(cluster, wish, topics);
  }
  std::vector<Topic> list;
  for (auto& [id, topic] : topics) {
    topic.etag = EtagOf(topic);
    list.push_back(std::move(topic));
  }
  return list;
}

absl::StatusOr<Topic> FindTopic(const ClusterFamily& family, const std::string& id) {
  for (Topic& topic : TopicsOf(family)) {
    if (topic.id == id) return std::move(topic);
  }
  const SeenLogical* seen = LastSeen(family);
  const bool listed_in_part = seen != nullptr && seen->topic_count > static_cast<int32_t>(seen->topics.size()) &&
                              !seen->topics.empty() && id > seen->topics.back().name;
  if (listed_in_part) {
    Topic topic = Named(family.cluster, id);
    topic.etag = EtagOf(topic);
    return topic;
  }
  return ResourceNotFound(absl::StrCat(family.cluster.meta.name, "/topics/", id));
}

}  // namespace sluice::provisioner
