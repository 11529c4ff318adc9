#pragma once

#include <cstdint>
#include <string>

#include "services/provisioner/core/model/kafka_cluster.h"

namespace sluice::provisioner {

// That a topic appeared, changed or went. Kafka owns topics and they have no row: it is told when the family of their
// cluster changes, by a status or by a wish.
struct TopicNews {
  std::string organization;
  std::string environment;
  std::string cluster_uid;
  // Grows with each change of the cluster's topics.
  int64_t version = 0;
  Topic topic;
  // It is gone; `topic` is what it was last.
  bool erased = false;

  // "lkc-…/{topic id}": the key of its events.
  std::string key() const { return cluster_uid + "/" + topic.id; }

  friend bool operator==(const TopicNews&, const TopicNews&) = default;
};

}  // namespace sluice::provisioner
